/** What a schedule has done, newest first. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Section } from '../../components/section.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'

type Run = Awaited<ReturnType<typeof api.schedules.listRuns>>['items'][number]

const useColumns = (): readonly Column<Run>[] => {
  const { t } = useTranslation('schedules')
  return [
    { id: 'due', header: t('runs.due'), cell: ({ dueAt }) => <When at={dueAt} /> },
    {
      id: 'result',
      header: t('runs.result'),
      cell: ({ error, byHand, missed }) => (
        <span>
          <StateBadge
            tone={error === null ? 'good' : 'bad'}
            label={t(error === null ? 'runs.good' : 'runs.failed')}
          />{' '}
          <Text span fz="xs" c="dimmed">
            {[
              byHand ? t('runs.byHand') : undefined,
              missed > 0 ? t('runs.missed', { count: missed }) : undefined,
              error,
            ]
              .filter((word) => word !== undefined && word !== null)
              .join(' · ')}
          </Text>
        </span>
      ),
    },
    {
      id: 'event',
      header: t('runs.event'),
      cell: ({ event }) =>
        event === null ? null : (
          <LinkText to="/events/$id" params={{ id: event }}>
            {t('runs.show')}
          </LinkText>
        ),
    },
  ]
}

/** The runs under their heading. */
export const ScheduleRuns = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('schedules')
  const pages = usePages(['schedules', id, 'runs'], (more, signal) =>
    api.schedules.listRuns(id, { limit: 20, ...more }, { signal }),
  )
  return (
    <Section title={t('runs.title')}>
      <DataTable
        label={t('runs.title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ dueAt }) => dueAt}
        empty={<Text c="dimmed">{t('runs.none')}</Text>}
      />
    </Section>
  )
}
