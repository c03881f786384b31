/** Everything that brings events in: mailboxes, polled services, hooks, schedules; how each stands. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { sourceTones } from '../integrations/source-state.ts'

type Source = Awaited<ReturnType<typeof api.sources.list>>['items'][number]

const AddButton = () => {
  const { t } = useTranslation('integrations')
  if (!useMay('integrations:write')) return null
  return (
    <LinkButton to="/integrations/new" leftSection={<Icon name="add" />}>
      {t('sources.add')}
    </LinkButton>
  )
}

const NameLink = ({ source }: { readonly source: Source }) =>
  source.kind === 'schedule' ? (
    <RowLink to="/schedules/$id" params={{ id: source.id }}>
      {source.name}
    </RowLink>
  ) : (
    <RowLink to="/integrations/$id" params={{ id: source.id }} search={{ tab: 'source' }}>
      {source.name}
    </RowLink>
  )

const useColumns = (): readonly Column<Source>[] => {
  const { t } = useTranslation('integrations')
  const { say } = useReason()
  return [
    { id: 'name', header: t('columns.name'), cell: (source) => <NameLink source={source} /> },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ enabled, state }) => {
        const shown = enabled ? state : 'off'
        return <StateBadge tone={sourceTones[shown]} label={t(`source.states.${shown}`)} />
      },
    },
    {
      id: 'ways',
      header: t('sources.ways'),
      cell: ({ ways, connector }) => (
        <>
          {ways.map((way) => t(`sources.way.${way}`)).join(', ')}{' '}
          <Text span c="dimmed" fz="xs">
            {connector}
          </Text>
        </>
      ),
    },
    {
      id: 'last',
      header: t('source.lastEvent'),
      cell: ({ lastEventAt }) => <When at={lastEventAt} short />,
    },
    {
      id: 'next',
      header: t('source.next'),
      isWideOnly: true,
      cell: ({ nextRunAt }) => <When at={nextRunAt} short />,
    },
    {
      id: 'reason',
      header: t('source.reason'),
      isWideOnly: true,
      cell: ({ reason }) => (
        <Text fz="sm" style={{ overflowWrap: 'anywhere' }}>
          {reason === null ? null : say(reason)}
        </Text>
      ),
    },
  ]
}

/** The page at /sources. */
export const SourcesPage = () => {
  const { t } = useTranslation('integrations')
  const pages = usePages(['sources'], (more, signal) => api.sources.list(more, { signal }))
  return (
    <Page title={t('sources.title')} about={t('sources.about')} actions={<AddButton />}>
      <DataTable
        label={t('sources.title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon="mail"
            title={t('sources.emptyTitle')}
            text={t('sources.emptyText')}
            action={<AddButton />}
            call={{
              method: 'POST',
              path: '/api/v1/events',
              body: { id: '1', source: 'shop', type: 'order.paid', data: { total: 12.5 } },
            }}
          />
        }
      />
    </Page>
  )
}
