/** Where one is signed in, and the way to end that. */
import { Button, Group, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { usePages } from '../../components/use-pages.ts'
import { useSessionColumns, type Session } from './session-columns.tsx'

const useEndSession = () => {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string | undefined) =>
      id === undefined ? await api.me.deleteAllSessions() : await api.me.deleteSessions(id),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: ['my sessions'] }),
  })
}

/** A table, and a button that ends all but this one. */
export const SessionList = () => {
  const { t } = useTranslation('profile')
  const end = useEndSession()
  const pages = usePages(
    ['my sessions'],
    async (more, signal) => await api.me.listSessions(more, { signal }),
  )
  const own = useSessionColumns()
  const columns: readonly Column<Session>[] = [
    ...own,
    {
      id: 'end',
      header: t('sessions.action'),
      cell: ({ id, current }) =>
        current ? null : (
          <Button size="compact-xs" variant="default" onClick={() => end.mutate(id)}>
            {t('sessions.end')}
          </Button>
        ),
    },
  ]
  return (
    <Stack gap="sm">
      <ErrorNotice error={end.error} />
      <DataTable
        label={t('sessions.title')}
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={null}
      />
      {pages.items.length > 1 ? (
        <Group>
          <Button variant="default" loading={end.isPending} onClick={() => end.mutate(undefined)}>
            {t('sessions.endOthers')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}
