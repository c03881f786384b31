/** What came and could not be read: kept as it came, to be downloaded, tried again, or dropped. */
import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { SaveButton } from '../../components/save-button.tsx'
import { Section } from '../../components/section.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'

type Kept = Awaited<ReturnType<typeof api.integrations.listQuarantine>>['items'][number]
type Props = { readonly id: string; readonly count: number }

const useColumns = (id: string): readonly Column<Kept>[] => {
  const { t } = useTranslation('integrations')
  return [
    {
      id: 'received',
      header: t('source.received'),
      cell: ({ receivedAt }) => <When at={receivedAt} />,
    },
    { id: 'reason', header: t('source.reason'), cell: ({ reason }) => reason },
    { id: 'actions', header: '', cell: (kept) => <Actions id={id} kept={kept} /> },
  ]
}

/** Nothing but a sentence as long as everything could be read. */
export const Quarantine = ({ id, count }: Props) => {
  const { t } = useTranslation('integrations')
  const pages = usePages(['integrations', id, 'quarantine', count], (more, signal) =>
    api.integrations.listQuarantine(id, { limit: 20, ...more }, { signal }),
  )
  return (
    <Section title={t('source.quarantine')}>
      <Text c="dimmed">{t('source.quarantineAbout')}</Text>
      <DataTable
        label={t('source.quarantine')}
        columns={useColumns(id)}
        pages={pages}
        rowKey={(kept) => kept.id}
        empty={<Text c="dimmed">{t('source.nothingKept')}</Text>}
      />
    </Section>
  )
}

type ActionsProps = { readonly id: string; readonly kept: Kept }

const Actions = ({ id, kept }: ActionsProps) => {
  const { t } = useTranslation('integrations')
  const queries = useQueryClient()
  const retry = useMutation({
    mutationFn: async () => await api.integrations.quarantineRetry(id, kept.id),
    onSuccess: async ({ ok, reason }) => {
      notifications.show({ message: ok ? t('source.retried') : reason })
      await queries.invalidateQueries({ queryKey: ['integrations', id] })
    },
  })
  const mayWrite = useMay('integrations:write')
  return (
    <Group gap="xs" justify="flex-end">
      {kept.bytes === 0 ? null : (
        <SaveButton
          label={t('source.raw')}
          name={`${kept.id}.bin`}
          load={async () => await api.integrations.getQuarantineRaw(id, kept.id)}
        />
      )}
      {mayWrite ? (
        <>
          <Button
            size="compact-sm"
            variant="default"
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {t('source.retry')}
          </Button>
          <Drop id={id} kept={kept} />
        </>
      ) : null}
      <ErrorNotice error={retry.error} />
    </Group>
  )
}

const Drop = ({ id, kept }: ActionsProps) => {
  const { t } = useTranslation('integrations')
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const drop = useMutation({
    mutationFn: async () => await api.integrations.deleteQuarantine(id, kept.id),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: ['integrations', id] }),
  })
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>
        {t('source.drop')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('source.dropQuestion')}
        action={t('source.drop')}
        onConfirm={() => drop.mutate()}
        isPending={drop.isPending}
        error={drop.error}
      >
        {t('source.dropAbout')}
      </ConfirmWithCount>
    </>
  )
}
