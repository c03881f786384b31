/** The runs of a sync, newest first. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { wholeNumber } from '../../components/format.ts'
import { RowLink } from '../../components/row-link.tsx'
import { Section } from '../../components/section.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import type { Run } from './queries.ts'
import { RunState } from './run-state.tsx'

const useColumns = (id: string): readonly Column<Run>[] => {
  const { t, i18n } = useTranslation('memberships')
  const number = (value: number): string => wholeNumber(value, i18n.language)
  return [
    {
      id: 'started',
      header: t('runs.started'),
      cell: (run) => (
        <RowLink to="/memberships/$id/runs/$runId" params={{ id, runId: run.id }}>
          <When at={run.startedAt} />
        </RowLink>
      ),
    },
    { id: 'state', header: t('columns.state'), cell: (run) => <RunState run={run} /> },
    {
      id: 'subscribed',
      header: t('counts.subscribed'),
      align: 'end',
      cell: ({ counts }) => number(counts.subscribed),
    },
    {
      id: 'gone',
      header: t('counts.unsubscribed'),
      align: 'end',
      cell: ({ counts }) => number(counts.unsubscribed + counts.held),
    },
    {
      id: 'error',
      header: t('counts.error'),
      align: 'end',
      isWideOnly: true,
      cell: ({ counts }) => number(counts.error),
    },
    {
      id: 'total',
      header: t('counts.total'),
      align: 'end',
      isWideOnly: true,
      cell: ({ counts }) => number(counts.total),
    },
  ]
}

/** The table under its heading. */
export const SyncRuns = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('memberships')
  const pages = usePages(['memberships', id, 'runs'], (more, signal) =>
    api.membershipSyncs.listRuns(id, { limit: 20, ...more }, { signal }),
  )
  return (
    <Section title={t('runs.title')}>
      <DataTable
        label={t('runs.title')}
        columns={useColumns(id)}
        pages={pages}
        rowKey={(run) => run.id}
        empty={<Text c="dimmed">{t('runs.none')}</Text>}
      />
    </Section>
  )
}
