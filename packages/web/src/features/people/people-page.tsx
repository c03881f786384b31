/** Who is in the tenant, and who is invited. */
import { Button, Group, Select } from '@mantine/core'
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
import { Section } from '../../components/section.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { InvitationList } from './invitation-list.tsx'
import { InviteDialog } from './invite-dialog.tsx'

const route = getRouteApi('/app/people')

type Member = Awaited<ReturnType<typeof api.members.list>>['items'][number]

const useColumns = (): readonly Column<Member>[] => {
  const { t } = useTranslation('people')
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/people/$id" params={{ id }} search={true}>
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
    { id: 'role', header: t('columns.role'), cell: ({ role }) => t(`roles.${role}`) },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ state, twoFactorEnabled }) => (
        <Group gap={6}>
          <StateBadge tone={state === 'active' ? 'good' : 'neutral'} label={t(`states.${state}`)} />
          {twoFactorEnabled ? (
            <StateBadge tone="neutral" icon="lock" label={t('twoFactor')} />
          ) : null}
        </Group>
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

/** The page at /people. */
export const PeoplePage = () => {
  const { t } = useTranslation('people')
  const mayInvite = useMay('members:write')
  const [isInviting, { open, close }] = useDisclosure(false)
  return (
    <Page
      title={t('title')}
      about={t('about')}
      actions={
        mayInvite ? (
          <Button leftSection={<Icon name="add" />} onClick={open}>
            {t('invite.button')}
          </Button>
        ) : null
      }
    >
      <Members onInvite={open} />
      <Section title={t('invitations.title')}>
        <InvitationList />
      </Section>
      {isInviting ? <InviteDialog onClose={close} /> : null}
      <Outlet />
    </Page>
  )
}

const MemberFilters = () => {
  const { t } = useTranslation('people')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <FilterBar>
      <SearchBox
        label={t('filters.text')}
        value={search.q}
        onChange={(q) =>
          void navigate({
            search: ({ q: _old, ...rest }) => ({ ...rest, ...(q === undefined ? {} : { q }) }),
          })
        }
      />
      <Select
        aria-label={t('columns.role')}
        placeholder={t('filters.anyRole')}
        clearable
        data={[
          { value: 'admin', label: t('roles.admin') },
          { value: 'member', label: t('roles.member') },
        ]}
        value={search.role ?? null}
        onChange={(role) =>
          void navigate({
            search: ({ role: _old, ...rest }) => ({
              ...rest,
              ...(role === 'admin' || role === 'member' ? { role } : {}),
            }),
          })
        }
      />
    </FilterBar>
  )
}

const Members = ({ onInvite }: { readonly onInvite: () => void }) => {
  const { t } = useTranslation('people')
  const search = route.useSearch()
  const pages = usePages(
    ['members', search],
    async (more, signal) => await api.members.list({ ...search, ...more }, { signal }),
  )
  return (
    <>
      <MemberFilters />
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon="people"
            title={t('empty.title')}
            text={t('empty.text')}
            action={<Button onClick={onInvite}>{t('invite.button')}</Button>}
            call={{
              method: 'POST',
              path: '/api/v1/invitations',
              body: { email: 'bruno@example.org' },
            }}
          />
        }
      />
    </>
  )
}
