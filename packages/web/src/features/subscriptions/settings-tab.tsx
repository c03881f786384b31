/** The settings of a subscription, and its end. */
import { Button, Group, Stack, Switch, TextInput, Textarea } from '@mantine/core'
import { useForm } from '@mantine/form'
import { CarillonError } from '@carillon/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { Icon } from '../../components/icon.tsx'
import { When } from '../../components/when.tsx'
import { subscriptionQuery, type Subscription } from './queries.ts'

type Props = { readonly subscription: Subscription }

/** The fourth tab of a subscription's page. */
export const SettingsTab = ({ subscription }: Props) => {
  const { t } = useTranslation('subscriptions')
  const queries = useQueryClient()
  const { subscriptionId, version } = subscription
  const form = useForm({
    initialValues: {
      label: subscription.label,
      description: subscription.description ?? '',
      enabled: subscription.enabled,
    },
  })
  const save = useMutation({
    mutationFn: async ({ label, description, enabled }: typeof form.values) =>
      await api.subscriptions.update(subscriptionId, {
        label,
        description: description === '' ? null : description,
        enabled,
        version,
      }),
    onSuccess: (saved) => {
      queries.setQueryData(subscriptionQuery(subscriptionId).queryKey, saved)
      void queries.invalidateQueries({ queryKey: ['subscriptions'] })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <Stack gap="lg" maw="40rem">
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap="sm">
          <TextInput label={t('fields.label')} required {...form.getInputProps('label')} />
          <Textarea
            label={t('fields.description')}
            autosize
            minRows={2}
            {...form.getInputProps('description')}
          />
          <Switch
            label={t('fields.enabled')}
            description={t('form.enabled')}
            {...form.getInputProps('enabled', { type: 'checkbox' })}
          />
          <ErrorNotice error={save.error} shown={pointersOf(['label', 'description'])} />
          <Group>
            <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
              {t('form.save')}
            </Button>
          </Group>
        </Stack>
      </form>
      <Facts
        items={[
          [t('fields.subscriptionId'), subscriptionId],
          [t('fields.updatedAt'), <When key="u" at={subscription.updatedAt} />],
          [t('fields.modifiedBy'), subscription.modifiedBy],
        ]}
      />
      <DeleteSubscription subscription={subscription} />
    </Stack>
  )
}

/** The server says how many registrations it has; only then it is asked whether they shall go with it. */
const DeleteSubscription = ({ subscription: { subscriptionId, label } }: Props) => {
  const { t } = useTranslation('subscriptions')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const [isUsed, setUsed] = useState(false)
  const remove = useMutation({
    mutationFn: async () => await api.subscriptions.delete(subscriptionId, { force: isUsed }),
    onSuccess: async () => {
      await navigate({ to: '/subscriptions' })
      await queries.invalidateQueries({ queryKey: ['subscriptions', 'list'] })
    },
    onError: (error) => setUsed(isUsed || (error instanceof CarillonError && error.status === 409)),
  })
  return (
    <Group>
      <Button variant="default" leftSection={<Icon name="trash" />} onClick={() => setAsked(true)}>
        {t('delete.action')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        title={t('delete.title', { label })}
        action={t(isUsed ? 'delete.force' : 'delete.action')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        {t('delete.text')}
      </ConfirmWithCount>
    </Group>
  )
}
