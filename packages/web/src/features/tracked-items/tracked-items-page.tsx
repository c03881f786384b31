/** The list of tracked items: what is followed over there, and how far each is. */
import { Button, Select, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { FollowDialog } from './follow-dialog.tsx'
import { isItemState, itemStates, tones, type Item } from './item-state.ts'
import type { ItemFilter } from './routes.ts'

const route = getRouteApi('/app/tracked-items')

type Listed = Pick<
  Item,
  | 'id'
  | 'reference'
  | 'remoteId'
  | 'name'
  | 'localState'
  | 'isStalled'
  | 'lastSyncedAt'
  | 'lastError'
>

const useColumns = (): readonly Column<Listed>[] => {
  const { t } = useTranslation('tracked-items')
  const reasons = useReason()
  return [
    {
      id: 'reference',
      header: t('columns.reference'),
      cell: ({ id, reference, remoteId }) => (
        <RowLink to="/tracked-items/$id" params={{ id }} search={true}>
          {reference ?? remoteId}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ localState, isStalled }) => (
        <>
          <StateBadge tone={tones[localState]} label={t(`states.${localState}`)} />
          {isStalled === true ? (
            <Text span fz="xs">
              {' '}
              {t('stalled')}
            </Text>
          ) : null}
        </>
      ),
    },
    { id: 'name', header: t('columns.name'), isWideOnly: true, cell: ({ name }) => name },
    {
      id: 'synced',
      header: t('columns.synced'),
      cell: ({ lastSyncedAt }) => <When at={lastSyncedAt} short />,
    },
    {
      id: 'error',
      header: t('columns.error'),
      isWideOnly: true,
      cell: ({ lastError }) => (
        <Text fz="sm" lineClamp={2}>
          {lastError === null ? null : reasons.say(lastError)}
        </Text>
      ),
    },
  ]
}

const Filters = () => {
  const { t } = useTranslation('tracked-items')
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const put = (change: Partial<Record<keyof ItemFilter, unknown>>): void => {
    const kept = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined)
    void navigate({ search: Object.fromEntries(kept), replace: true })
  }
  return (
    <FilterBar>
      <SearchBox
        label={t('columns.reference')}
        value={filter.reference}
        onChange={(reference) => put({ reference })}
      />
      <Select
        aria-label={t('columns.state')}
        placeholder={t('allStates')}
        data={itemStates.map((value) => ({ value, label: t(`states.${value}`) }))}
        value={filter.state ?? null}
        clearable
        onChange={(state) => put({ state: isItemState(state) ? state : undefined })}
      />
      <Select
        aria-label={t('open')}
        placeholder={t('openOrNot')}
        data={[
          { value: 'true', label: t('open') },
          { value: 'false', label: t('closed') },
        ]}
        value={filter.needsSync === undefined ? null : String(filter.needsSync)}
        clearable
        onChange={(text) => put({ needsSync: text === null ? undefined : text === 'true' })}
      />
    </FilterBar>
  )
}

/** The page at /tracked-items. */
export const TrackedItemsPage = () => {
  const { t } = useTranslation('tracked-items')
  const filter = route.useSearch()
  const [isOpen, { open, close }] = useDisclosure(false)
  const mayWrite = useMay('syncs:write')
  const pages = usePages(['tracked-items', filter], (more, signal) =>
    api.trackedItems.list({ ...filter, ...more }, { signal }),
  )
  const add = mayWrite ? (
    <Button leftSection={<Icon name="add" />} onClick={open}>
      {t('follow.button')}
    </Button>
  ) : null
  const isFiltered = Object.keys(filter).length > 0
  return (
    <Page title={t('title')} about={t('about')} actions={add}>
      <Filters />
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          isFiltered ? (
            <Text c="dimmed">{t('nothingFound')}</Text>
          ) : (
            <EmptyState
              icon="history"
              title={t('empty.title')}
              text={t('empty.text')}
              action={add}
              call={{
                method: 'POST',
                path: '/api/v1/tracked-items',
                body: { integration: 'int_…', remoteId: 'tx_…', reference: 'DE00012' },
              }}
            />
          )
        }
      />
      <FollowDialog isOpen={isOpen} onClose={close} />
      <Outlet />
    </Page>
  )
}
