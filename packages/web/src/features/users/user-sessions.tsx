/** Where a person is signed in, and the way to end all of it: for a device that was lost. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable } from '../../components/data-table.tsx'
import { DeleteButton } from '../../components/delete-button.tsx'
import { usePages } from '../../components/use-pages.ts'
import { useSessionColumns } from '../profile/session-columns.tsx'

/** A table; the API ends all sessions of a person at once, not single ones. */
export const UserSessions = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('users')
  const key = ['users', 'one', id, 'sessions']
  const pages = usePages(
    key,
    async (more, signal) => await api.users.listSessions(id, more, { signal }),
  )
  return (
    <>
      <DataTable
        label={t('sessions.title')}
        columns={useSessionColumns()}
        pages={pages}
        rowKey={(session) => session.id}
        empty={<Text c="dimmed">{t('sessions.none')}</Text>}
      />
      {pages.items.length === 0 ? null : (
        <DeleteButton
          action={t('signOut')}
          question={t('sessions.question')}
          name={id}
          done={t('signedOut')}
          remove={async () => await api.users.deleteAllSessions(id)}
          changes={key}
        >
          {t('sessions.about')}
        </DeleteButton>
      )}
    </>
  )
}
