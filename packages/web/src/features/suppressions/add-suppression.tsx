/** Puts an address on the list by hand. */
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { ZonedTimeInput } from '../../components/zoned-time-input.tsx'
import { peopleChannels } from '../subscriptions/channels.ts'

const shownFields = ['channel', 'address', 'scope', 'note', 'expiresAt']

const empty = { channel: 'email', address: '', scope: 'all', note: '', expiresAt: '' }

/** A dialog. */
export const AddSuppression = ({ onClose }: { readonly onClose: () => void }) => {
  const { t } = useTranslation('suppressions')
  const queries = useQueryClient()
  const form = useForm({ initialValues: empty })
  const add = useMutation({
    mutationFn: async ({ note, expiresAt, ...body }: typeof form.values) =>
      await api.suppressions.create({
        ...body,
        ...(note === '' ? {} : { note }),
        ...(expiresAt === '' ? {} : { expiresAt }),
      }),
    onSuccess: async () => {
      onClose()
      await queries.invalidateQueries({ queryKey: ['suppressions'] })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('add.title')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form onSubmit={form.onSubmit((values) => add.mutate(values))}>
        <Stack gap="sm">
          <Fields form={form} />
          <ErrorNotice error={add.error} shown={pointersOf(shownFields)} />
          <Group justify="flex-end">
            <Button type="submit" loading={add.isPending}>
              {t('add.action')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

const Fields = ({ form }: { readonly form: UseFormReturnType<typeof empty> }) => {
  const { t } = useTranslation('suppressions')
  const expiresError: unknown = form.errors['expiresAt']
  return (
    <>
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
        label={t('fields.address')}
        required
        data-autofocus
        {...form.getInputProps('address')}
      />
      <Select
        label={t('fields.scope')}
        data={(['all', 'campaigns'] as const).map((value) => ({
          value,
          label: t(`scopes.${value}`),
        }))}
        allowDeselect={false}
        {...form.getInputProps('scope')}
      />
      <TextInput
        label={t('fields.note')}
        description={t('add.noteAbout')}
        {...form.getInputProps('note')}
      />
      <ZonedTimeInput
        label={t('fields.expiresAt')}
        description={t('add.expiresAbout')}
        value={form.values.expiresAt}
        onChange={(value) => form.setFieldValue('expiresAt', value)}
        error={typeof expiresError === 'string' ? expiresError : undefined}
      />
    </>
  )
}
