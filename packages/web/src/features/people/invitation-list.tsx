/** Invitations that were not accepted yet: a new link, or take them back. */
import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkOnce } from '../../components/link-once.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'

type Invitation = Awaited<ReturnType<typeof api.invitations.list>>['items'][number]

const useActions = () => {
  const queries = useQueryClient()
  const again = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['invitations'] })
  const resend = useMutation({
    mutationFn: async (id: string) => await api.invitations.resend(id, { deliver: 'link' }),
    onSuccess: again,
  })
  const revoke = useMutation({
    mutationFn: async (id: string) => await api.invitations.delete(id),
    onSuccess: again,
  })
  return { resend, revoke }
}

/** A table with the open ones. */
export const InvitationList = () => {
  const { t } = useTranslation('people')
  const mayWrite = useMay('members:write')
  const { resend, revoke } = useActions()
  const pages = usePages(
    ['invitations', 'open'],
    async (more, signal) => await api.invitations.list({ state: 'open', ...more }, { signal }),
  )
  const columns: readonly Column<Invitation>[] = [
    { id: 'email', header: t('columns.email'), cell: ({ email }) => <Text fw={500}>{email}</Text> },
    { id: 'role', header: t('columns.role'), cell: ({ role }) => t(`roles.${role}`) },
    { id: 'ends', header: t('invitations.ends'), cell: ({ expiresAt }) => <When at={expiresAt} /> },
    {
      id: 'actions',
      header: t('columns.actions'),
      cell: ({ id, email }) =>
        mayWrite ? (
          <Group gap="xs">
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`${t('invitations.resend')}: ${email}`}
              onClick={() => resend.mutate(id)}
            >
              {t('invitations.resend')}
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`${t('invitations.revoke')}: ${email}`}
              onClick={() => revoke.mutate(id)}
            >
              {t('invitations.revoke')}
            </Button>
          </Group>
        ) : null,
    },
  ]
  return (
    <Stack gap="sm">
      <ErrorNotice error={resend.error ?? revoke.error} />
      {typeof resend.data?.link === 'string' ? (
        <LinkOnce
          title={t('invite.linkTitle')}
          about={t('invite.linkAbout')}
          secret={resend.data.link}
        />
      ) : null}
      <DataTable
        label={t('invitations.title')}
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={<Text c="dimmed">{t('invitations.none')}</Text>}
      />
    </Stack>
  )
}
