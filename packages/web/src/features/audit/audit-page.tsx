/** The audit log: who changed what and when, chained by hashes so that a change of it shows. */
import { Group, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { Page } from '../../components/page.tsx'
import { SaveButton } from '../../components/save-button.tsx'
import { SearchBox } from '../../components/search-box.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { AuditDetails } from './audit-details.tsx'
import { VerifyLog } from './verify-log.tsx'

const route = getRouteApi('/app/audit')

type Entry = Awaited<ReturnType<typeof api.auditLog.list>>['items'][number]

const filters = ['actor', 'action', 'kind', 'object'] as const

const useColumns = (): readonly Column<Entry>[] => {
  const { t } = useTranslation('audit')
  return [
    { id: 'number', header: t('columns.number'), cell: ({ number }) => number, width: '4.5rem' },
    { id: 'at', header: t('columns.at'), cell: ({ at }) => <When at={at} /> },
    {
      id: 'actor',
      header: t('columns.actor'),
      cell: ({ actor, actorName }) => (
        <Text span title={actor}>
          {actorName ?? actor}
        </Text>
      ),
    },
    {
      id: 'action',
      header: t('columns.action'),
      cell: ({ action }) => (
        <Text span fw={500}>
          {action}
        </Text>
      ),
    },
    {
      id: 'object',
      header: t('columns.object'),
      cell: ({ kind, object }) => `${kind} ${object ?? ''}`,
    },
    {
      id: 'details',
      header: t('columns.details'),
      cell: (entry) => <AuditDetails entry={entry} />,
    },
  ]
}

/** The page at /audit. */
export const AuditPage = () => {
  const { t } = useTranslation('audit')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const pages = usePages(
    ['audit', search],
    async (more, signal) => await api.auditLog.list({ ...search, ...more }, { signal }),
  )
  return (
    <Page
      title={t('title')}
      about={t('about')}
      actions={
        <SaveButton
          label={t('export')}
          name="audit-log.ndjson"
          load={async () => await api.auditLog.export(search)}
        />
      }
    >
      <VerifyLog />
      <FilterBar>
        <Group gap="xs">
          {filters.map((name) => (
            <SearchBox
              key={name}
              label={t(`filters.${name}`)}
              value={search[name]}
              onChange={(value) =>
                void navigate({
                  search: ({ [name]: _old, ...rest }) => ({
                    ...rest,
                    ...(value === undefined ? {} : { [name]: value }),
                  }),
                })
              }
            />
          ))}
        </Group>
      </FilterBar>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ number }) => String(number)}
        empty={
          <EmptyState
            icon="history"
            title={t('empty.title')}
            text={t('empty.text')}
            call={{ method: 'GET', path: '/api/v1/audit-log' }}
          />
        }
      />
    </Page>
  )
}
