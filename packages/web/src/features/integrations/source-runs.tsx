/** The runs of a source, newest first. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { shortDuration, wholeNumber } from '../../components/format.ts'
import { Section } from '../../components/section.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'

type Run = Awaited<ReturnType<typeof api.integrations.listRuns>>['items'][number]

const tones: Readonly<Record<NonNullable<Run['outcome']>, Tone>> = {
  ok: 'good',
  retry: 'warning',
  stop: 'bad',
  stopped: 'neutral',
  lost: 'warning',
}

const useColumns = (): readonly Column<Run>[] => {
  const { t, i18n } = useTranslation('integrations')
  return [
    {
      id: 'started',
      header: t('source.columns.started'),
      cell: ({ startedAt, byHand }) => (
        <>
          <When at={startedAt} />{' '}
          <Text span fz="xs" c="dimmed">
            {byHand === null ? '' : t('source.byHand')}
          </Text>
        </>
      ),
    },
    {
      id: 'result',
      header: t('source.columns.result'),
      cell: ({ outcome, error }) => (
        <>
          <StateBadge
            tone={outcome === null ? 'busy' : tones[outcome]}
            label={t(`source.outcomes.${outcome ?? 'going'}`)}
          />{' '}
          <Text span fz="xs">
            {error}
          </Text>
        </>
      ),
    },
    {
      id: 'events',
      header: t('source.columns.events'),
      align: 'end',
      cell: ({ events }) => wholeNumber(events, i18n.language),
    },
    {
      id: 'duplicates',
      header: t('source.columns.duplicates'),
      align: 'end',
      isWideOnly: true,
      cell: ({ duplicates }) => wholeNumber(duplicates, i18n.language),
    },
    {
      id: 'took',
      header: t('source.columns.took'),
      align: 'end',
      isWideOnly: true,
      cell: ({ startedAt, endedAt }) =>
        endedAt === null
          ? null
          : shortDuration(Date.parse(endedAt) - Date.parse(startedAt), i18n.language),
    },
  ]
}

/** The table under its heading. */
export const SourceRuns = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('integrations')
  const pages = usePages(['integrations', id, 'runs'], (more, signal) =>
    api.integrations.listRuns(id, { limit: 20, ...more }, { signal }),
  )
  return (
    <Section title={t('source.runs')}>
      <DataTable
        label={t('source.runs')}
        columns={useColumns()}
        pages={pages}
        rowKey={(run) => run.id}
        empty={<Text c="dimmed">{t('source.noRuns')}</Text>}
      />
    </Section>
  )
}
