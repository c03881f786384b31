/** The list of rules; the one that is looked at lies beside it. */
import { Text } from '@mantine/core'
import { Outlet } from '@tanstack/react-router'
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
import { useNames } from '../deliveries/use-names.ts'
import { kindOf } from './draft.ts'

type Rule = Awaited<ReturnType<typeof api.rules.list>>['items'][number]

const AddButton = () => {
  const { t } = useTranslation('rules')
  if (!useMay('rules:write')) return null
  return (
    <LinkButton to="/rules/new" leftSection={<Icon name="add" />}>
      {t('add')}
    </LinkButton>
  )
}

const useColumns = (): readonly Column<Rule>[] => {
  const { t } = useTranslation('rules')
  const names = useNames()
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/rules/$id" params={{ id }}>
          {name}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ enabled }) => <OnOff isOn={enabled} />,
    },
    { id: 'type', header: t('columns.type'), cell: ({ eventType }) => <code>{eventType}</code> },
    {
      id: 'to',
      header: t('columns.to'),
      cell: ({ steps, action }) => (
        <span>
          {t(`kinds.${kindOf(action)}`)}{' '}
          <Text span c="dimmed">
            {[...new Set(steps.map(({ integration }) => names.of(integration)))].join(' → ')}
          </Text>
        </span>
      ),
    },
    {
      id: 'changed',
      header: t('columns.changed'),
      isWideOnly: true,
      cell: ({ updatedAt }) => <When at={updatedAt} short />,
    },
  ]
}

/** The page at /rules. */
export const RulesPage = () => {
  const { t } = useTranslation('rules')
  const pages = usePages(['rules', 'list'], (more, signal) => api.rules.list(more, { signal }))
  return (
    <Page title={t('title')} about={t('about')} actions={<AddButton />}>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon="filter"
            title={t('empty.title')}
            text={t('empty.text')}
            action={<AddButton />}
            call={{
              method: 'POST',
              path: '/api/v1/rules',
              body: {
                name: 'Orders to the shop',
                eventType: 'order.*',
                filter: { 'data.total': { gt: 10 } },
                action: { type: 'notify', route: [{ channel: 'email', to: 'shop@example.org' }] },
              },
            }}
          />
        }
      />
      <Outlet />
    </Page>
  )
}
