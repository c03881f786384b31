/** The list of schedules; the one that is looked at lies beside it. */
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

type Schedule = Awaited<ReturnType<typeof api.schedules.list>>['items'][number]

const AddButton = () => {
  const { t } = useTranslation('schedules')
  if (!useMay('schedules:write')) return null
  return (
    <LinkButton to="/schedules/new" leftSection={<Icon name="add" />}>
      {t('add')}
    </LinkButton>
  )
}

const useColumns = (): readonly Column<Schedule>[] => {
  const { t } = useTranslation('schedules')
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/schedules/$id" params={{ id }}>
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
      id: 'pattern',
      header: t('columns.pattern'),
      cell: ({ pattern, timeZone }) => (
        <span>
          <code>{pattern}</code>{' '}
          <Text span c="dimmed" fz="xs">
            {timeZone}
          </Text>
        </span>
      ),
    },
    {
      id: 'what',
      header: t('columns.what'),
      isWideOnly: true,
      cell: ({ eventType, subscriptionId }) => subscriptionId ?? eventType,
    },
    { id: 'next', header: t('columns.next'), cell: ({ nextRunAt }) => <When at={nextRunAt} /> },
  ]
}

/** The page at /schedules. */
export const SchedulesPage = () => {
  const { t } = useTranslation('schedules')
  const pages = usePages(['schedules'], (more, signal) => api.schedules.list(more, { signal }))
  return (
    <Page title={t('title')} about={t('about')} actions={<AddButton />}>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon="calendar"
            title={t('empty.title')}
            text={t('empty.text')}
            action={<AddButton />}
            call={{
              method: 'POST',
              path: '/api/v1/schedules',
              body: { name: 'Every working morning', pattern: '30 5 * * 1-5' },
            }}
          />
        }
      />
      <Outlet />
    </Page>
  )
}
