/** Who is registered for a subscription, on which channel; each can be switched off and removed, and others added. */
import { ActionIcon, Button, Group, Select, Stack, Switch, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { Icon } from '../../components/icon.tsx'
import { notifyError } from '../../components/notify-error.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { peopleChannels } from './channels.ts'
import type { Registration } from './queries.ts'
import { SubscribeDialog } from './subscribe-dialog.tsx'

/** The first tab of a subscription's page. */
export const RegistrationsTab = ({ subscriptionId }: { readonly subscriptionId: string }) => {
  const { t } = useTranslation('subscriptions')
  const [channel, setChannel] = useState<string | null>(null)
  const [isAdding, setAdding] = useState(false)
  const [removed, setRemoved] = useState<Registration>()
  const mayWrite = useMay('registrations:write')
  const filter = channel === null ? {} : { channel }
  const pages = usePages(
    ['registrations', subscriptionId, filter],
    async (more, signal) =>
      await api.subscriptions.listRegistrations(subscriptionId, { ...filter, ...more }, { signal }),
  )
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-end">
        <Select
          label={t('fields.channel')}
          placeholder={t('allChannels')}
          data={peopleChannels.map((one) => ({
            value: one,
            label: t(`channels.${one}`, { defaultValue: one }),
          }))}
          value={channel}
          onChange={setChannel}
          clearable
        />
        {mayWrite ? (
          <Button leftSection={<Icon name="add" />} onClick={() => setAdding(true)}>
            {t('registrations.add')}
          </Button>
        ) : null}
      </Group>
      <DataTable
        label={t('tabs.registrations')}
        columns={useColumns(setRemoved)}
        pages={pages}
        rowKey={({ id }) => id}
        empty={<Text c="dimmed">{t('registrations.none')}</Text>}
      />
      {isAdding ? (
        <SubscribeDialog
          subscriptionId={subscriptionId}
          isForOthers
          onClose={() => setAdding(false)}
        />
      ) : null}
      {removed === undefined ? null : (
        <RemoveRegistration registration={removed} onClose={() => setRemoved(undefined)} />
      )}
    </Stack>
  )
}

const useColumns = (
  onRemove: (registration: Registration) => void,
): readonly Column<Registration>[] => {
  const { t } = useTranslation('subscriptions')
  const mayWrite = useMay('registrations:write')
  return [
    { id: 'user', header: t('fields.userId'), cell: ({ userId }) => userId },
    {
      id: 'channel',
      header: t('fields.channel'),
      cell: ({ channel }) => t(`channels.${channel}`, { defaultValue: channel }),
    },
    { id: 'to', header: t('fields.channelConfig'), cell: ({ channelConfig }) => channelConfig },
    {
      id: 'language',
      header: t('fields.language'),
      isWideOnly: true,
      cell: ({ language }) => language ?? '–',
    },
    {
      id: 'on',
      header: t('fields.enabled'),
      cell: (one) => <RegistrationSwitch registration={one} />,
    },
    {
      id: 'since',
      header: t('fields.createdAt'),
      isWideOnly: true,
      cell: ({ createdAt }) => <When at={createdAt} />,
    },
    ...(mayWrite
      ? [
          {
            id: 'remove',
            header: t('actions'),
            align: 'end' as const,
            cell: (one: Registration) => (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('registrations.removeOf', { address: one.channelConfig })}
                onClick={() => onRemove(one)}
              >
                <Icon name="trash" />
              </ActionIcon>
            ),
          },
        ]
      : []),
  ]
}

/** Moves at once, and back when the server refuses. */
export const RegistrationSwitch = ({ registration }: { readonly registration: Registration }) => {
  const { t } = useTranslation('subscriptions')
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: async (enabled: boolean) =>
      await api.registrations.update(registration.id, { enabled }),
    onSettled: async () => await queries.invalidateQueries({ queryKey: ['registrations'] }),
    onError: notifyError,
  })
  const isOn = change.isPending ? change.variables : registration.enabled
  return (
    <Switch
      display="inline-block"
      checked={isOn}
      onChange={({ currentTarget }) => change.mutate(currentTarget.checked)}
      aria-label={t('registrations.switchOf', { address: registration.channelConfig })}
    />
  )
}

type RemoveProps = { readonly registration: Registration; readonly onClose: () => void }

/** The question before a registration goes. */
export const RemoveRegistration = ({ registration, onClose }: RemoveProps) => {
  const { t } = useTranslation('subscriptions')
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: async () => await api.registrations.delete(registration.id),
    onSuccess: async () => {
      onClose()
      await queries.invalidateQueries({ queryKey: ['registrations'] })
    },
  })
  return (
    <ConfirmWithCount
      isOpen
      onClose={onClose}
      title={t('registrations.removeOf', { address: registration.channelConfig })}
      action={t('registrations.remove')}
      onConfirm={() => remove.mutate()}
      isPending={remove.isPending}
      error={remove.error}
    >
      {t('registrations.removeText')}
    </ConfirmWithCount>
  )
}
