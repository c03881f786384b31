/** Everybody who has an account, in whatever tenants. */
import { Button } from '@mantine/core'
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
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { NewUserDialog } from './new-user-dialog.tsx'

const route = getRouteApi('/app/users')

type User = Awaited<ReturnType<typeof api.users.list>>['items'][number]

const useColumns = (): readonly Column<User>[] => {
  const { t } = useTranslation('users')
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/users/$id" params={{ id }} search={true}>
          {name}
        </RowLink>
      ),
    },
    {
      id: 'email',
      header: t('columns.email'),
      width: '30%',
      cell: ({ email }) => <span style={{ overflowWrap: 'anywhere' }}>{email}</span>,
    },
    {
      id: 'rights',
      header: t('columns.rights'),
      cell: ({ platformAdmin }) => (platformAdmin ? t('platformAdmin') : t('ordinary')),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ state }) => (
        <StateBadge tone={state === 'active' ? 'good' : 'neutral'} label={t(`states.${state}`)} />
      ),
    },
    {
      id: 'since',
      header: t('columns.since'),
      cell: ({ createdAt }) => <When at={createdAt} />,
      isWideOnly: true,
    },
  ]
}

/** The page at /users. */
export const UsersPage = () => {
  const { t } = useTranslation('users')
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const [isMaking, { open, close }] = useDisclosure(false)
  const pages = usePages(
    ['users', q],
    async (more, signal) =>
      await api.users.list({ ...(q === undefined ? {} : { q }), ...more }, { signal }),
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
        empty={<EmptyState icon="people" title={t('empty.title')} text={t('empty.text')} />}
      />
      {isMaking ? <NewUserDialog onClose={close} /> : null}
      <Outlet />
    </Page>
  )
}
