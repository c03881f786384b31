/** The list of subscriptions: what people can register for, and whether it works. */
import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { NewSubscription } from './new-subscription.tsx'
import { functionsQuery, type FunctionState, type SubscriptionItem } from './queries.ts'

const route = getRouteApi('/app/subscriptions')

/** The page at /subscriptions. */
export const SubscriptionsPage = () => {
  const { t } = useTranslation('subscriptions')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isAdding, setAdding] = useState(false)
  const mayWrite = useMay('subscriptions:write')
  const pages = usePages(
    ['subscriptions', 'list', search],
    async (more, signal) => await api.subscriptions.list({ ...search, ...more }, { signal }),
  )
  const add = mayWrite ? (
    <Button leftSection={<Icon name="add" />} onClick={() => setAdding(true)}>
      {t('add')}
    </Button>
  ) : null
  return (
    <Page title={t('title')} about={t('about')} actions={add}>
      <FilterBar>
        <SearchBox
          value={search.q}
          label={t('search')}
          onChange={(q) => void navigate({ search: q === undefined ? {} : { q }, replace: true })}
        />
        <Group gap="sm" ms={{ base: 0, sm: 'auto' }}>
          <LinkText to="/my-subscriptions">{t('own.title')}</LinkText>
          {mayWrite ? <LinkText to="/functions">{t('functions.title')}</LinkText> : null}
        </Group>
      </FilterBar>
      <DataTable
        label={t('title')}
        columns={useColumns(mayWrite)}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          search.q === undefined ? (
            <NothingYet action={add} />
          ) : (
            <Text c="dimmed">{t('nothingFound')}</Text>
          )
        }
      />
      {isAdding ? <NewSubscription onClose={() => setAdding(false)} /> : null}
    </Page>
  )
}

const useColumns = (mayWrite: boolean): readonly Column<SubscriptionItem>[] => {
  const { t } = useTranslation('subscriptions')
  const functions = useQuery({ ...functionsQuery, enabled: mayWrite }).data ?? []
  return [
    {
      id: 'label',
      header: t('fields.label'),
      cell: ({ subscriptionId, label }) => (
        <RowLink to="/subscriptions/$subscriptionId" params={{ subscriptionId }}>
          {label}
        </RowLink>
      ),
    },
    { id: 'id', header: t('fields.subscriptionId'), cell: ({ subscriptionId }) => subscriptionId },
    {
      id: 'state',
      header: t('fields.state'),
      cell: (one) => (
        <SubscriptionState
          subscription={one}
          own={functions.find(({ subscriptionId }) => subscriptionId === one.subscriptionId)}
          isKnown={mayWrite}
        />
      ),
    },
    {
      id: 'system',
      header: t('fields.kind'),
      isWideOnly: true,
      cell: ({ isSystem }) => t(isSystem ? 'kinds.system' : 'kinds.own'),
    },
    {
      id: 'updated',
      header: t('fields.updatedAt'),
      isWideOnly: true,
      cell: ({ updatedAt }) => <When at={updatedAt} />,
    },
  ]
}

type StateProps = {
  readonly subscription: Pick<SubscriptionItem, 'enabled' | 'hasContent'>
  readonly own: FunctionState | undefined
  /** May the person see functions? Otherwise nothing is said of them. */
  readonly isKnown: boolean
}

/** Off; without words; with a function that fails; or fine. */
export const SubscriptionState = ({ subscription, own, isKnown }: StateProps) => {
  const { t } = useTranslation('subscriptions')
  const { enabled, hasContent } = subscription
  if (!enabled) return <StateBadge tone="neutral" label={t('states.off')} />
  if (isKnown && own !== undefined && own.lastError !== null)
    return <StateBadge tone="bad" label={t('states.failing')} />
  if (isKnown && own === undefined && !hasContent)
    return <StateBadge tone="warning" label={t('states.noWords')} />
  return <StateBadge tone="good" label={t(own === undefined ? 'states.on' : 'states.byFunction')} />
}

const NothingYet = ({ action }: { readonly action: ReactNode }) => {
  const { t } = useTranslation('subscriptions')
  return (
    <EmptyState
      icon="bell"
      title={t('empty.title')}
      text={t('empty.text')}
      action={action}
      call={{
        method: 'POST',
        path: '/api/v1/subscriptions',
        body: { subscriptionId: 'SystemErrors', label: 'System errors' },
      }}
    />
  )
}
