/** The list of events, newest first; the one that is looked at lies beside it. */
import { Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useLive } from '../../app/live.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { toEventQuery, type EventSearch } from './search.ts'

const route = getRouteApi('/app/events')

type Event = Awaited<ReturnType<typeof api.events.list>>['items'][number]

const useColumns = (): readonly Column<Event>[] => {
  const { t } = useTranslation('events')
  const search = route.useSearch()
  return [
    {
      id: 'type',
      header: t('columns.type'),
      cell: ({ id, type }) => (
        <RowLink to="/events/$id" params={{ id }} search={search}>
          {type}
        </RowLink>
      ),
    },
    { id: 'source', header: t('columns.source'), cell: ({ source }) => source },
    {
      id: 'subject',
      header: t('columns.subject'),
      isWideOnly: true,
      width: '34%',
      cell: ({ subject }) => (
        <Text span style={{ overflowWrap: 'anywhere' }}>
          {subject}
        </Text>
      ),
    },
    {
      id: 'accepted',
      header: t('columns.accepted'),
      width: '9rem',
      cell: ({ acceptedAt }) => <When at={acceptedAt} short />,
    },
  ]
}

const Filters = () => {
  const { t } = useTranslation('events')
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: { readonly [Name in keyof EventSearch]: string | undefined }): void =>
    void navigate({
      search: (before) => {
        const { type, source } = { ...before, ...part }
        return {
          ...(type === undefined ? {} : { type }),
          ...(source === undefined ? {} : { source }),
        }
      },
      replace: true,
    })
  return (
    <FilterBar>
      <SearchBox
        label={t('filters.type')}
        value={filter.type}
        onChange={(type) => change({ type })}
      />
      <SearchBox
        label={t('filters.source')}
        value={filter.source}
        onChange={(source) => change({ source })}
      />
    </FilterBar>
  )
}

/** The page at /events. */
export const EventsPage = () => {
  const { t } = useTranslation('events')
  const filter = route.useSearch()
  const queries = useQueryClient()
  const pages = usePages(['events', 'list', filter], (more, signal) =>
    api.events.list({ ...toEventQuery(filter), ...more }, { signal }),
  )
  useLive(({ kind }) => {
    if (kind === 'event' || kind === 'reset')
      void queries.invalidateQueries({ queryKey: ['events', 'list'] })
  })
  const isFiltered = Object.keys(filter).length > 0
  return (
    <Page title={t('title')} about={t('about')}>
      <Filters />
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={isFiltered ? <NothingFits /> : <Nothing />}
      />
      <Outlet />
    </Page>
  )
}

const NothingFits = () => {
  const { t } = useTranslation('events')
  return (
    <EmptyState
      icon="filter"
      title={t('nothingFits.title')}
      text={t('nothingFits.text')}
      action={
        <LinkButton to="/events" variant="default">
          {t('nothingFits.clear')}
        </LinkButton>
      }
    />
  )
}

const Nothing = () => {
  const { t } = useTranslation('events')
  return (
    <EmptyState
      icon="bolt"
      title={t('empty.title')}
      text={t('empty.text')}
      action={<LinkButton to="/sources">{t('empty.action')}</LinkButton>}
      call={{
        method: 'POST',
        path: '/api/v1/events',
        body: { id: '1', source: 'shop', type: 'order.paid', data: { total: 12.5 } },
      }}
    />
  )
}
