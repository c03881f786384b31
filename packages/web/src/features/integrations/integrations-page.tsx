/** The list of integrations: what is connected, and how each fares. */
import { Group, Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { IntegrationState } from './integration-state.tsx'
import { connectorsQuery, integrationsQuery, type Integration } from './queries.ts'

const route = getRouteApi('/app/integrations')

const AddButton = () => {
  const { t } = useTranslation('integrations')
  if (!useMay('integrations:write')) return null
  return (
    <LinkButton to="/integrations/new" leftSection={<Icon name="add" />}>
      {t('add')}
    </LinkButton>
  )
}

const matches = ({ name, connector, id }: Integration, words: string): boolean =>
  `${name} ${connector} ${id}`.toLowerCase().includes(words.toLowerCase())

const useColumns = (): readonly Column<Integration>[] => {
  const { t } = useTranslation('integrations')
  const reasons = useReason()
  const connectors = useQuery(connectorsQuery).data ?? []
  const nameOf = (connector: string): string =>
    connectors.find(({ id }) => id === connector)?.name ?? connector
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/integrations/$id" params={{ id }}>
          {name}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: (integration) => <IntegrationState integration={integration} />,
    },
    {
      id: 'connector',
      header: t('columns.connector'),
      cell: ({ connector, channel, isDefault }) => (
        <Group gap={6}>
          {nameOf(connector)}
          <Text span c="dimmed" fz="xs">
            {channel === null ? t('notASender') : reasons.channel(channel)}
            {isDefault && channel !== null ? ` · ${t('default')}` : ''}
          </Text>
        </Group>
      ),
    },
    {
      id: 'error',
      header: t('columns.error'),
      isWideOnly: true,
      cell: ({ health }) =>
        health.lastError === null ? null : (
          <Text fz="sm" lineClamp={2} title={health.lastError}>
            {reasons.say(health.lastError)} <When at={health.lastErrorAt} short />
          </Text>
        ),
    },
  ]
}

const searchOf = (q: string | undefined, channel: string | undefined) => ({
  ...(q === undefined || q === '' ? {} : { q }),
  ...(channel === undefined ? {} : { channel }),
})

/** The page at /integrations. */
export const IntegrationsPage = () => {
  const { t } = useTranslation('integrations')
  const { q = '', channel } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(integrationsQuery)
  const reasons = useReason()
  const all = query.data ?? []
  const shown = all.filter(
    (one) => matches(one, q) && (channel === undefined || one.channel === channel),
  )
  const channels = [...new Set(all.flatMap((one) => one.channel ?? []))].toSorted()
  return (
    <Page title={t('title')} about={t('about')} actions={<AddButton />}>
      <FilterBar>
        <SearchBox
          value={q}
          onChange={(text) => void navigate({ search: searchOf(text, channel), replace: true })}
          label={t('search')}
        />
        <Select
          aria-label={t('columns.channel')}
          data={channels.map((value) => ({ value, label: reasons.channel(value) }))}
          value={channel ?? null}
          clearable
          placeholder={t('allChannels')}
          onChange={(next) =>
            void navigate({ search: searchOf(q, next ?? undefined), replace: true })
          }
        />
      </FilterBar>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={{
          items: shown,
          isLoading: query.isPending,
          isStale: false,
          error: query.error,
          hasMore: false,
          isLoadingMore: false,
          loadMore: () => undefined,
        }}
        rowKey={({ id }) => id}
        empty={all.length === 0 ? <NothingYet /> : <Text c="dimmed">{t('nothingFound')}</Text>}
      />
    </Page>
  )
}

const NothingYet = () => {
  const { t } = useTranslation('integrations')
  return (
    <EmptyState
      icon="link"
      title={t('empty.title')}
      text={t('empty.text')}
      action={<AddButton />}
      call={{
        method: 'POST',
        path: '/api/v1/integrations',
        body: {
          connector: 'webhook',
          name: 'My endpoint',
          settings: { url: 'https://example.org/hook' },
        },
      }}
    />
  )
}
