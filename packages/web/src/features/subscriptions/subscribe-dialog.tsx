/** Registers somebody for a subscription: oneself, or by who may, anybody. */
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMe } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { peopleChannels } from './channels.ts'

type Props = {
  readonly subscriptionId: string
  /** Ask for whom. */
  readonly isForOthers: boolean
  readonly onClose: () => void
}

type Values = {
  readonly userId: string
  readonly channel: string
  readonly channelConfig: string
  readonly language: string
}

const shownFields = ['userId', 'channel', 'channelConfig', 'language']

/** A dialog. The mail address of who is signed in is there already. */
export const SubscribeDialog = ({ subscriptionId, isForOthers, onClose }: Props) => {
  const { t } = useTranslation('subscriptions')
  const queries = useQueryClient()
  const me = useMe()
  const own = isForOthers ? '' : me.email
  const form = useForm<Values>({
    initialValues: { userId: '', channel: 'email', channelConfig: own, language: '' },
  })
  const subscribe = useMutation({
    mutationFn: async ({ userId, channel, channelConfig, language }: typeof form.values) =>
      await api.subscriptions.subscribe(subscriptionId, {
        channel,
        channelConfig,
        ...(userId === '' ? {} : { userId }),
        ...(language === '' ? {} : { language }),
      }),
    onSuccess: async () => {
      onClose()
      await queries.invalidateQueries({ queryKey: ['registrations'] })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(isForOthers ? 'registrations.add' : 'own.subscribe')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form onSubmit={form.onSubmit((values) => subscribe.mutate(values))}>
        <Stack gap="sm">
          <Fields form={form} isForOthers={isForOthers} />
          <ErrorNotice error={subscribe.error} shown={pointersOf(shownFields)} />
          <Group justify="flex-end">
            <Button type="submit" loading={subscribe.isPending}>
              {t('own.subscribe')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

type FieldsProps = { readonly form: UseFormReturnType<Values>; readonly isForOthers: boolean }

const Fields = ({ form, isForOthers }: FieldsProps) => {
  const { t } = useTranslation('subscriptions')
  return (
    <>
      {isForOthers ? (
        <TextInput
          label={t('fields.userId')}
          description={t('form.userId')}
          {...form.getInputProps('userId')}
        />
      ) : null}
      <Select
        label={t('fields.channel')}
        data={peopleChannels.map((value) => ({
          value,
          label: t(`channels.${value}`, { defaultValue: value }),
        }))}
        allowDeselect={false}
        {...form.getInputProps('channel')}
      />
      <TextInput
        label={t('fields.channelConfig')}
        description={t(`addresses.${form.values.channel}`, {
          defaultValue: t('addresses.other'),
        })}
        required
        {...form.getInputProps('channelConfig')}
      />
      <TextInput
        label={t('fields.language')}
        description={t('form.language')}
        placeholder="it"
        {...form.getInputProps('language')}
      />
    </>
  )
}
