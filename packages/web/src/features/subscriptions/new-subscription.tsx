/** A new subscription: its name in paths and its name for people. Its texts come afterwards. */
import { Button, Group, Modal, Stack, Switch, TextInput, Textarea } from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMe } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'

const shownFields = ['subscriptionId', 'label', 'description', 'isSystem']

const empty = { subscriptionId: '', label: '', description: '', isSystem: false }

/** A dialog; it leads to the new one. */
export const NewSubscription = ({ onClose }: { readonly onClose: () => void }) => {
  const { t } = useTranslation('subscriptions')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const form = useForm({ initialValues: empty })
  const create = useMutation({
    mutationFn: async ({ subscriptionId, label, description, isSystem }: typeof form.values) =>
      await api.subscriptions.create({
        subscriptionId,
        ...(label === '' ? {} : { label }),
        ...(description === '' ? {} : { description }),
        ...(isSystem ? { isSystem } : {}),
      }),
    onSuccess: async ({ subscriptionId }) => {
      await queries.invalidateQueries({ queryKey: ['subscriptions', 'list'] })
      await navigate({
        to: '/subscriptions/$subscriptionId',
        params: { subscriptionId },
        search: { tab: 'texts' },
      })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('add')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack gap="sm">
          <Fields form={form} />
          <ErrorNotice error={create.error} shown={pointersOf(shownFields)} />
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending}>
              {t('form.create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

const Fields = ({ form }: { readonly form: UseFormReturnType<typeof empty> }) => {
  const { t } = useTranslation('subscriptions')
  const { platformAdmin } = useMe()
  return (
    <>
      <TextInput
        label={t('fields.subscriptionId')}
        description={t('form.subscriptionId')}
        required
        data-autofocus
        {...form.getInputProps('subscriptionId')}
      />
      <TextInput
        label={t('fields.label')}
        description={t('form.label')}
        {...form.getInputProps('label')}
      />
      <Textarea
        label={t('fields.description')}
        autosize
        minRows={2}
        {...form.getInputProps('description')}
      />
      {platformAdmin ? (
        <Switch
          label={t('form.isSystem')}
          description={t('form.isSystemAbout')}
          {...form.getInputProps('isSystem', { type: 'checkbox' })}
        />
      ) : null}
    </>
  )
}
