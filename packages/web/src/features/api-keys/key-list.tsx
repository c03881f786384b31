/** Keys, of the tenant or of the installation: what each may do, when it was last used; making and revoking them. */
import { Button, Code, Group, Select, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import type { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { keyStates, type KeyState } from './key-states.ts'
import { keysOf, type KeysOf } from './keys-of.ts'
import { NewKeyDialog } from './new-key-dialog.tsx'
import { RevokeKey } from './revoke-key.tsx'

type Key = Awaited<ReturnType<typeof api.apiKeys.list>>['items'][number]

const tones = { active: 'good', expired: 'neutral', revoked: 'neutral' } as const satisfies Record<
  Key['state'],
  Tone
>
const scopesShown = 3

const useColumns = (of: KeysOf): readonly Column<Key>[] => {
  const { t } = useTranslation('api-keys')
  const mayWrite = useMay('keys:write')
  const columns: readonly Column<Key>[] = [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ name, prefix }) => (
        // One thing, also where a card puts a cell's things beside each other.
        <div>
          <Text fw={500}>{name}</Text>
          <Code>{prefix}…</Code>
        </div>
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
        mayWrite && state === 'active' ? <RevokeKey of={of} id={id} name={name} /> : null,
    },
  ]
  // A key of the installation may do everything.
  return columns.filter(({ id }) => of === 'tenant' || id !== 'scopes')
}

type Props = {
  readonly of: KeysOf
  readonly state: KeyState | undefined
  readonly onState: (state: KeyState | undefined) => void
}

/** The page of either kind of keys. */
export const KeyList = ({ of, state, onState }: Props) => {
  const { t } = useTranslation('api-keys')
  const mayWrite = useMay('keys:write')
  const [isMaking, { open, close }] = useDisclosure(false)
  const { resource, queryKey, call } = keysOf[of]
  const pages = usePages(
    [...queryKey, state],
    async (more, signal) =>
      await resource.list({ ...(state === undefined ? {} : { state }), ...more }, { signal }),
  )
  const make = mayWrite ? (
    <Button leftSection={<Icon name="add" />} onClick={open}>
      {t('make.button')}
    </Button>
  ) : null
  return (
    <Page title={t(`${of}.title`)} about={t(`${of}.about`)} actions={make}>
      <FilterBar>
        <Select
          aria-label={t('columns.state')}
          placeholder={t('anyState')}
          clearable
          data={keyStates.map((value) => ({
            value,
            label: t(`states.${value}`),
          }))}
          value={state ?? null}
          onChange={(value) => onState(keyStates.find((one) => one === value))}
        />
      </FilterBar>
      <DataTable
        label={t(`${of}.title`)}
        columns={useColumns(of)}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon="key"
            title={t('empty.title')}
            text={t(`${of}.empty`)}
            action={<Group>{make}</Group>}
            call={call}
          />
        }
      />
      {isMaking ? <NewKeyDialog of={of} onClose={close} /> : null}
    </Page>
  )
}
