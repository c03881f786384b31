/** The tenants: enter one, make one, and in a panel suspend, limit or delete it. */
import { Anchor, Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { NewTenantDialog } from './new-tenant-dialog.tsx'

const route = getRouteApi('/app/tenants')

type Tenant = Awaited<ReturnType<typeof api.tenants.list>>['items'][number]

const tones = { active: 'good', suspended: 'warning', deleted: 'bad' } as const satisfies Record<
  Tenant['state'],
  Tone
>

const useColumns = (): readonly Column<Tenant>[] => {
  const { t } = useTranslation('tenants')
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/tenants/$id" params={{ id }} search={true}>
          {name}
        </RowLink>
      ),
    },
    { id: 'slug', header: t('columns.slug'), cell: ({ slug }) => slug },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ state }) => <StateBadge tone={tones[state]} label={t(`states.${state}`)} />,
    },
    { id: 'zone', header: t('columns.zone'), cell: ({ timeZone }) => timeZone, isWideOnly: true },
    {
      id: 'since',
      header: t('columns.since'),
      cell: ({ createdAt }) => <When at={createdAt} />,
      isWideOnly: true,
    },
    {
      id: 'enter',
      header: t('columns.enter'),
      cell: ({ slug, name, state }) =>
        state === 'deleted' ? null : (
          <Anchor href={`/t/${slug}/`} aria-label={`${t('enter')}: ${name}`}>
            {t('enter')}
          </Anchor>
        ),
    },
  ]
}

/** The page at /tenants. */
export const TenantsPage = () => {
  const { t } = useTranslation('tenants')
  const [isMaking, { open, close }] = useDisclosure(false)
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const pages = usePages(
    ['tenants', 'list', q],
    async (more, signal) =>
      await api.tenants.list({ ...(q === undefined ? {} : { q }), ...more }, { signal }),
  )
  return (
    <Page
      title={t('title')}
      about={t('about')}
      actions={
        <Button leftSection={<Icon name="add" />} onClick={open}>
          {t('make.button')}
        </Button>
      }
    >
      <FilterBar>
        <SearchBox
          label={t('filter')}
          value={q}
          onChange={(text) => void navigate({ search: text === undefined ? {} : { q: text } })}
        />
      </FilterBar>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={<EmptyState icon="search" title={t('none')} text={t('noneText')} />}
      />
      {isMaking ? <NewTenantDialog onClose={close} /> : null}
      <Outlet />
    </Page>
  )
}
