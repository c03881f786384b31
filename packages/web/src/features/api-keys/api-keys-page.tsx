/** The keys of the tenant: what each may do, when it was last used; making and revoking them. */
import { Button, Code, Group, Select, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { NewKeyDialog } from './new-key-dialog.tsx'
import { RevokeKey } from './revoke-key.tsx'

const route = getRouteApi('/app/api-keys')

type Key = Awaited<ReturnType<typeof api.apiKeys.list>>['items'][number]

const tones = { active: 'good', expired: 'neutral', revoked: 'neutral' } as const satisfies Record<
  Key['state'],
  Tone
>
const scopesShown = 3

const useColumns = (): readonly Column<Key>[] => {
  const { t } = useTranslation('api-keys')
  const mayWrite = useMay('keys:write')
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ name, prefix }) => (
        <>
          <Text fw={500}>{name}</Text>
          <Code>{prefix}…</Code>
        </>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ state }) => <StateBadge tone={tones[state]} label={t(`states.${state}`)} />,
    },
    {
      id: 'scopes',
      header: t('columns.scopes'),
      cell: ({ scopes }) => (
        <Text span title={scopes.join(', ')}>
          {scopes.includes('*') ? t('everything') : scopes.slice(0, scopesShown).join(', ')}
          {scopes.length > scopesShown
            ? ` ${t('more', { count: scopes.length - scopesShown })}`
            : ''}
        </Text>
      ),
    },
    {
      id: 'used',
      header: t('columns.used'),
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? t('never') : <When at={lastUsedAt} short />),
    },
    {
      id: 'ends',
      header: t('columns.ends'),
      cell: ({ expiresAt }) => (expiresAt === null ? t('noEnd') : <When at={expiresAt} />),
    },
    {
      id: 'actions',
      header: t('columns.actions'),
      cell: ({ id, name, state }) =>
        mayWrite && state === 'active' ? <RevokeKey id={id} name={name} /> : null,
    },
  ]
}

/** The page at /api-keys. */
export const ApiKeysPage = () => {
  const { t } = useTranslation('api-keys')
  const { state } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay('keys:write')
  const [isMaking, { open, close }] = useDisclosure(false)
  const pages = usePages(
    ['api keys', state],
    async (more, signal) =>
      await api.apiKeys.list({ ...(state === undefined ? {} : { state }), ...more }, { signal }),
  )
  const make = mayWrite ? (
    <Button leftSection={<Icon name="add" />} onClick={open}>
      {t('make.button')}
    </Button>
  ) : null
  return (
    <Page title={t('title')} about={t('about')} actions={make}>
      <FilterBar>
        <Select
          aria-label={t('columns.state')}
          placeholder={t('anyState')}
          clearable
          data={(['active', 'expired', 'revoked'] as const).map((value) => ({
            value,
            label: t(`states.${value}`),
          }))}
          value={state ?? null}
          onChange={(value) => {
            const next = (['active', 'expired', 'revoked'] as const).find((one) => one === value)
            void navigate({ search: next === undefined ? {} : { state: next } })
          }}
        />
      </FilterBar>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon="key"
            title={t('empty.title')}
            text={t('empty.text')}
            action={<Group>{make}</Group>}
            call={{
              method: 'POST',
              path: '/api/v1/api-keys',
              body: { name: 'shop', role: 'write' },
            }}
          />
        }
      />
      {isMaking ? <NewKeyDialog onClose={close} /> : null}
    </Page>
  )
}
