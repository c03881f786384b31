/** The list of addresses that must not be written to, with filters in the address. */
import { Button, Select, Switch, Text } from '@mantine/core'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SaveButton } from '../../components/save-button.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { peopleChannels } from '../subscriptions/channels.ts'
import { AddSuppression } from './add-suppression.tsx'
import { reasons, type SuppressionSearch } from './search.ts'
import { useScopeName } from './scope-name.ts'

const route = getRouteApi('/app/suppressions')

type Suppression = Awaited<ReturnType<typeof api.suppressions.get>>

/** What the API takes: it says of those that hold, or of those that do not. */
const filterOf = ({ ended, ...filter }: SuppressionSearch) => ({
  ...filter,
  active: ended !== true,
})

/** The page at /suppressions; one's panel is drawn over it. */
export const SuppressionsPage = () => {
  const { t } = useTranslation('suppressions')
  const search = route.useSearch()
  const [isAdding, setAdding] = useState(false)
  const pages = usePages(
    ['suppressions', 'list', search],
    async (more, signal) =>
      await api.suppressions.list({ ...filterOf(search), ...more }, { signal }),
  )
  const isFiltered = Object.keys(search).length > 0
  return (
    <Page
      title={t('title')}
      about={t('about')}
      actions={<Actions search={search} onAdd={() => setAdding(true)} />}
    >
      <Filters />
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={isFiltered ? <Text c="dimmed">{t('nothingFound')}</Text> : <NothingYet />}
      />
      {isAdding ? <AddSuppression onClose={() => setAdding(false)} /> : null}
      <Outlet />
    </Page>
  )
}

type ActionsProps = { readonly search: SuppressionSearch; readonly onAdd: () => void }

const Actions = ({ search, onAdd }: ActionsProps) => {
  const { t } = useTranslation('suppressions')
  const mayWrite = useMay('suppressions:write')
  return (
    <>
      {mayWrite ? (
        <>
          <Button leftSection={<Icon name="add" />} onClick={onAdd}>
            {t('add.action')}
          </Button>
          <LinkButton
            variant="default"
            to="/suppressions/import"
            leftSection={<Icon name="upload" />}
          >
            {t('import.action')}
          </LinkButton>
        </>
      ) : null}
      <SaveButton
        label={t('export')}
        name="suppressions.csv"
        load={async () => await api.suppressions.export(filterOf(search))}
      />
    </>
  )
}

const Filters = () => {
  const { t } = useTranslation('suppressions')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const put = (change: { readonly [Name in keyof SuppressionSearch]: unknown }): void => {
    const all = Object.entries({ ...search, ...change })
    const kept = all.filter(([, value]) => value !== undefined && value !== null && value !== false)
    void navigate({ search: Object.fromEntries(kept), replace: true })
  }
  return (
    <FilterBar>
      <SearchBox
        value={search.address}
        label={t('searchAddress')}
        onChange={(address) => put({ address })}
      />
      <Select
        aria-label={t('fields.channel')}
        placeholder={t('fields.channel')}
        data={peopleChannels.map((value) => ({
          value,
          label: t(`channels.${value}`, { defaultValue: value }),
        }))}
        value={search.channel ?? null}
        onChange={(channel) => put({ channel })}
        clearable
        w={{ base: '100%', xs: '11rem' }}
      />
      <Select
        aria-label={t('fields.reason')}
        placeholder={t('fields.reason')}
        data={reasons.map((value) => ({ value, label: t(`reasons.${value}`) }))}
        value={search.reason ?? null}
        onChange={(reason) => put({ reason })}
        clearable
        w={{ base: '100%', xs: '13rem' }}
      />
      <Switch
        label={t('ended')}
        checked={search.ended ?? false}
        onChange={({ currentTarget }) => put({ ended: currentTarget.checked })}
        mb={8}
      />
    </FilterBar>
  )
}

const useColumns = (): readonly Column<Suppression>[] => {
  const { t } = useTranslation('suppressions')
  const scopeName = useScopeName()
  return [
    {
      id: 'address',
      header: t('fields.address'),
      cell: ({ id, address }) => (
        <RowLink to="/suppressions/$id" params={{ id }} search={(now) => now}>
          {address}
        </RowLink>
      ),
    },
    {
      id: 'channel',
      header: t('fields.channel'),
      cell: ({ channel }) => t(`channels.${channel}`, { defaultValue: channel }),
    },
    {
      id: 'reason',
      header: t('fields.reason'),
      cell: ({ reason, active }) => (
        <StateBadge tone={active ? 'warning' : 'neutral'} label={t(`reasons.${reason}`)} />
      ),
    },
    { id: 'scope', header: t('fields.scope'), cell: ({ scope }) => scopeName(scope) },
    {
      id: 'since',
      header: t('fields.createdAt'),
      cell: ({ createdAt }) => <When at={createdAt} short />,
    },
    {
      id: 'until',
      header: t('fields.expiresAt'),
      isWideOnly: true,
      cell: ({ expiresAt }) => (expiresAt === null ? t('forGood') : <When at={expiresAt} />),
    },
  ]
}

const NothingYet = () => {
  const { t } = useTranslation('suppressions')
  const mayWrite = useMay('suppressions:write')
  return (
    <EmptyState
      icon="shield"
      title={t('empty.title')}
      text={t('empty.text')}
      action={
        mayWrite ? (
          <LinkButton to="/suppressions/import" leftSection={<Icon name="upload" />}>
            {t('import.action')}
          </LinkButton>
        ) : null
      }
      call={{
        method: 'POST',
        path: '/api/v1/suppressions',
        body: { channel: 'email', address: 'anna@example.org', note: 'asked by phone' },
      }}
    />
  )
}
