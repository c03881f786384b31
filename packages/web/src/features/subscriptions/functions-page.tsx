/** The functions that write messages: files of the server, how they fare, and what went wrong last. They are changed on disk. */
import { Code, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { shortDuration, wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import { functionsQuery, type FunctionState } from './queries.ts'

/** The page at /functions. */
export const FunctionsPage = () => {
  const { t } = useTranslation('subscriptions')
  const query = useQuery(functionsQuery)
  return (
    <Page title={t('functions.title')} about={t('functions.about')}>
      <LinkText to="/subscriptions">{t('title')}</LinkText>
      <DataTable
        label={t('functions.title')}
        columns={useColumns()}
        pages={{
          items: query.data ?? [],
          isLoading: query.isPending,
          isStale: false,
          error: query.error,
          hasMore: false,
          isLoadingMore: false,
          loadMore: () => undefined,
        }}
        rowKey={({ subscriptionId }) => subscriptionId}
        empty={
          <EmptyState
            icon="code"
            title={t('functions.noneTitle')}
            text={t('functions.none')}
            call={{ method: 'GET', path: '/api/v1/functions' }}
          />
        }
      />
    </Page>
  )
}

const useColumns = (): readonly Column<FunctionState>[] => {
  const { t } = useTranslation('subscriptions')
  return [
    {
      id: 'name',
      header: t('fields.subscriptionId'),
      cell: ({ subscriptionId, lastError }) => (
        <span>
          <RowLink to="/subscriptions/$subscriptionId" params={{ subscriptionId }}>
            {subscriptionId}
          </RowLink>
          {lastError === null ? null : (
            <Text fz="sm" style={{ overflowWrap: 'anywhere' }}>
              {t('functions.lastError')}: {lastError}
            </Text>
          )}
        </span>
      ),
    },
    {
      id: 'state',
      header: t('fields.state'),
      cell: ({ lastError, version }) =>
        lastError === null ? (
          <StateBadge
            tone={version === null ? 'waiting' : 'good'}
            label={t(version === null ? 'functions.notLoaded' : 'functions.works')}
          />
        ) : (
          <StateBadge tone="bad" label={t('states.failing')} />
        ),
    },
    {
      id: 'file',
      header: t('functions.file'),
      cell: ({ file, origin }) => (
        <span>
          <Code>{file}</Code>{' '}
          <Text span c="dimmed" fz="xs">
            {t(`functions.origins.${origin}`)}
          </Text>
        </span>
      ),
    },
    ...useCounts(),
  ]
}

const useCounts = (): readonly Column<FunctionState>[] => {
  const { t, i18n } = useTranslation('subscriptions')
  return [
    {
      id: 'runs',
      header: t('functions.runs'),
      align: 'end',
      cell: ({ runs, failures }) =>
        t('functions.runsOf', {
          runs: wholeNumber(runs, i18n.language),
          failures: wholeNumber(failures, i18n.language),
        }),
    },
    {
      id: 'time',
      header: t('functions.time'),
      align: 'end',
      isWideOnly: true,
      cell: ({ averageMs }) => (averageMs === null ? '–' : shortDuration(averageMs, i18n.language)),
    },
    {
      id: 'last',
      header: t('functions.lastRun'),
      isWideOnly: true,
      cell: ({ lastRunAt }) => <When at={lastRunAt} short />,
    },
  ]
}
