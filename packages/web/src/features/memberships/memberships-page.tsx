/** The list of membership syncs. */
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { OnOff } from '../../components/on-off.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { integrationsQuery } from '../integrations/queries.ts'

type Listed = Awaited<ReturnType<typeof api.membershipSyncs.list>>['items'][number]

const AddButton = () => {
  const { t } = useTranslation('memberships')
  if (!useMay('syncs:write')) return null
  return (
    <LinkButton to="/memberships/new" leftSection={<Icon name="add" />}>
      {t('add')}
    </LinkButton>
  )
}

const useColumns = (): readonly Column<Listed>[] => {
  const { t } = useTranslation('memberships')
  const integrations = useQuery(integrationsQuery).data ?? []
  const nameOf = (of: string): string => integrations.find(({ id }) => id === of)?.name ?? of
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/memberships/$id" params={{ id }}>
          {name}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ enabled }) => <OnOff isOn={enabled} />,
    },
    {
      id: 'way',
      header: t('columns.way'),
      cell: ({ from, to }) => (
        <span>
          {nameOf(from)} → {to.list}{' '}
          <Text span c="dimmed" fz="xs">
            {nameOf(to.integration)}
          </Text>
        </span>
      ),
    },
    {
      id: 'next',
      header: t('columns.next'),
      cell: ({ nextRunAt }) => <When at={nextRunAt} short />,
    },
  ]
}

/** The page at /memberships. */
export const MembershipsPage = () => {
  const { t } = useTranslation('memberships')
  const pages = usePages(['memberships'], (more, signal) =>
    api.membershipSyncs.list(more, { signal }),
  )
  return (
    <Page title={t('title')} about={t('about')} actions={<AddButton />}>
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
            action={<AddButton />}
            call={{
              method: 'POST',
              path: '/api/v1/membership-syncs',
              body: {
                name: 'Members',
                from: 'int_novi',
                to: { integration: 'int_mailman', list: 'members@example.org' },
              },
            }}
          />
        }
      />
    </Page>
  )
}
