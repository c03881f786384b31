/** An audit log, of a tenant or of the installation: who changed what and when, chained by hashes so that a change of it shows. */
import { Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { Page } from '../../components/page.tsx'
import { SaveButton } from '../../components/save-button.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { AuditDetails } from './audit-details.tsx'
import type { AuditSearch } from './routes.ts'
import { VerifyLog } from './verify-log.tsx'

type Entry = Awaited<ReturnType<typeof api.auditLog.list>>['items'][number]

const filters = ['actor', 'action', 'kind', 'object'] as const

/** The way to the thing, where its kind has a page. */
const Thing = ({ kind, id }: { readonly kind: string; readonly id: string }) => (
  <Text span fz="xs" ff="monospace">
    <ObjectLink type={kind} id={id}>
      {id}
    </ObjectLink>
  </Text>
)

const useColumns = (): readonly Column<Entry>[] => {
  const { t } = useTranslation('audit')
  return [
    {
      id: 'action',
      header: t('columns.action'),
      cell: ({ action }) => (
        <Text span fw={500}>
          {action}
        </Text>
      ),
    },
    { id: 'at', header: t('columns.at'), cell: ({ at }) => <When at={at} />, width: '19%' },
    {
      id: 'actor',
      width: '24%',
      header: t('columns.actor'),
      cell: ({ actor, actorName }) => (
        <Text span title={actor} style={{ overflowWrap: 'anywhere' }}>
          {actorName ?? actor}
        </Text>
      ),
    },
    {
      id: 'object',
      width: '28%',
      header: t('columns.object'),
      cell: ({ kind, object }) => (
        <Text span style={{ overflowWrap: 'anywhere' }}>
          {kind} {object === null ? null : <Thing kind={kind} id={object} />}
        </Text>
      ),
    },
    {
      id: 'number',
      header: t('columns.number'),
      cell: ({ number }) => number,
      align: 'end',
      width: '4.5rem',
    },
    {
      id: 'details',
      header: t('columns.details'),
      cell: (entry) => <AuditDetails entry={entry} />,
    },
  ]
}

type Props = {
  readonly of: 'tenant' | 'platform'
  readonly search: AuditSearch
  readonly onSearch: (next: (now: AuditSearch) => AuditSearch) => void
}

/** The page of one log, with its filters as the address has them. */
export const AuditLog = ({ of, search, onSearch }: Props) => {
  const { t } = useTranslation('audit')
  const log = of === 'tenant' ? api.auditLog : api.platformAuditLog
  const pages = usePages(
    ['audit', of, search],
    async (more, signal) => await log.list({ ...search, ...more }, { signal }),
  )
  return (
    <Page
      title={t(`${of}.title`)}
      about={t(`${of}.about`)}
      actions={
        <SaveButton
          label={t('export')}
          name={of === 'tenant' ? 'audit-log.ndjson' : 'platform-audit-log.ndjson'}
          load={async () => await log.export(search)}
        />
      }
    >
      <VerifyLog log={log} />
      <FilterBar>
        <Group gap="xs">
          {filters.map((name) => (
            <SearchBox
              key={name}
              label={t(`filters.${name}`)}
              value={search[name]}
              onChange={(value) =>
                onSearch(({ [name]: _old, ...rest }) => ({
                  ...rest,
                  ...(value === undefined ? {} : { [name]: value }),
                }))
              }
            />
          ))}
        </Group>
      </FilterBar>
      <DataTable
        label={t(`${of}.title`)}
        columns={useColumns()}
        pages={pages}
        rowKey={({ number }) => String(number)}
        empty={
          <EmptyState
            icon="history"
            title={t('empty.title')}
            text={t(`${of}.empty`)}
            call={{
              method: 'GET',
              path: of === 'tenant' ? '/api/v1/audit-log' : '/api/v1/platform-audit-log',
            }}
          />
        }
      />
    </Page>
  )
}
