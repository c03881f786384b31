/** The list of deliveries, newest first and live; the one that is looked at lies beside it. */
import { Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useLiveState } from '../../app/live.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { wholeNumber } from '../../components/format.ts'
import { LinkButton } from '../../components/link-button.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { DeliveryFilters } from './delivery-filters.tsx'
import { DeliveryStateBadge } from './delivery-state.tsx'
import { ReplayButton } from './replay-button.tsx'
import { toQuery, type DeliverySearch } from './search.ts'
import { useLiveDeliveries } from './use-live-deliveries.ts'
import { useNames } from './use-names.ts'

const route = getRouteApi('/app/deliveries')

type Delivery = Awaited<ReturnType<typeof api.deliveries.list>>['items'][number]

const Through = ({ delivery }: { readonly delivery: Delivery }) => {
  const names = useNames()
  const { channel } = useReason()
  return (
    <span>
      {names.of(delivery.integration)}{' '}
      <Text span c="dimmed" fz="xs">
        {channel(delivery.channel)}
      </Text>
    </span>
  )
}

const useColumns = (): readonly Column<Delivery>[] => {
  const { t } = useTranslation('deliveries')
  const names = useNames()
  const search = route.useSearch()
  const reasons = useReason()
  return [
    {
      id: 'to',
      header: t('columns.to'),
      width: '22%',
      cell: ({ id, to }) => (
        <RowLink to="/deliveries/$id" params={{ id }} search={search}>
          {to === '' ? t('noAddress') : to}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      // As wide as its badge.
      width: '1%',
      cell: ({ state, pendingReason }) => (
        <DeliveryStateBadge state={state} reason={pendingReason} />
      ),
    },
    {
      id: 'through',
      header: t('columns.through'),
      width: '22%',
      cell: (delivery) => <Through delivery={delivery} />,
    },
    {
      id: 'why',
      header: t('columns.why'),
      width: '24%',
      isWideOnly: true,
      cell: ({ lastError, rule, subscription }) => (
        <Text span fz="sm" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
          {lastError === null
            ? (subscription ?? (rule === null ? '' : names.of(rule)))
            : reasons.say(lastError)}
        </Text>
      ),
    },
    {
      id: 'attempts',
      header: t('columns.attempts'),
      align: 'end',
      isWideOnly: true,
      cell: ({ attemptCount }) => attemptCount,
    },
    {
      id: 'made',
      header: t('columns.made'),
      width: '7rem',
      cell: ({ createdAt }) => <When at={createdAt} short />,
    },
  ]
}

const Count = ({ filter }: { readonly filter: DeliverySearch }) => {
  const { t, i18n } = useTranslation('deliveries')
  const { data } = useQuery({
    queryKey: ['deliveries', 'count', filter],
    queryFn: async ({ signal }) => await api.deliveries.count(toQuery(filter), { signal }),
  })
  // What has no index is counted among the newest only: none of these is no count.
  if (data === undefined || (data.count === 0 && !data.isExact)) return null
  const number = wholeNumber(data.count, i18n.language)
  const isMore = !data.isExact && data.count > 0
  return (
    <Text c="dimmed" role="status">
      {isMore ? t('countMore', { number }) : t('count', { count: data.count, number })}
    </Text>
  )
}

const Live = () => {
  const { t } = useTranslation('deliveries')
  const { state } = useLiveState()
  return state === 'connected' ? (
    <StateBadge tone="good" label={t('live')} icon="bolt" />
  ) : (
    <StateBadge tone="waiting" label={t('notLive')} />
  )
}

/** The page at /deliveries. */
export const DeliveriesPage = () => {
  const { t } = useTranslation('deliveries')
  const filter = route.useSearch()
  const mayWrite = useMay('deliveries:write')
  const seesAll = useMay('deliveries:read')
  useLiveDeliveries(filter)
  const pages = usePages(['deliveries', 'list', filter], (more, signal) =>
    api.deliveries.list({ ...toQuery(filter), ...more }, { signal }),
  )
  const isFiltered = Object.keys(filter).length > 0
  return (
    <Page
      title={t(seesAll ? 'title' : 'own.title')}
      about={t(seesAll ? 'about' : 'own.about')}
      badge={<Live />}
      actions={
        mayWrite ? (
          <>
            <ReplayButton filter={filter} />
            <LinkButton to="/replays" variant="default">
              {t('replays.title')}
            </LinkButton>
          </>
        ) : null
      }
    >
      <DeliveryFilters />
      <Group justify="space-between" mih={22}>
        <Count filter={filter} />
      </Group>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={isFiltered ? <NothingFits /> : seesAll ? <Nothing /> : <NothingOwn />}
      />
      <Outlet />
    </Page>
  )
}

const NothingFits = () => {
  const { t } = useTranslation('deliveries')
  return (
    <EmptyState
      icon="filter"
      title={t('nothingFits.title')}
      text={t('nothingFits.text')}
      action={
        <LinkButton to="/deliveries" variant="default">
          {t('nothingFits.clear')}
        </LinkButton>
      }
    />
  )
}

/** For members, who see what was sent to themselves. */
const NothingOwn = () => {
  const { t } = useTranslation('deliveries')
  return (
    <EmptyState
      icon="send"
      title={t('own.none')}
      text={t('own.noneText')}
      action={<LinkButton to="/my-subscriptions">{t('own.action')}</LinkButton>}
    />
  )
}

const Nothing = () => {
  const { t } = useTranslation('deliveries')
  return (
    <EmptyState
      icon="send"
      title={t('empty.title')}
      text={t('empty.text')}
      action={
        useMay('rules:write') ? <LinkButton to="/rules">{t('empty.action')}</LinkButton> : null
      }
      call={{
        method: 'POST',
        path: '/api/v1/events',
        body: { id: '1', source: 'shop', type: 'order.paid', data: { total: 12.5 } },
      }}
    />
  )
}
