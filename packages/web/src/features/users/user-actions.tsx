/** What a platform admin can do with an account. */
import { Button, Group, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMe } from '../../app/session.ts'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkOnce } from '../../components/link-once.tsx'

type User = Awaited<ReturnType<typeof api.users.get>>
type Change = Parameters<typeof api.users.update>[1]
type Props = { readonly user: User; readonly onGone: () => void }

const useChanges = ({ user, onGone }: Props) => {
  const { t } = useTranslation('users')
  const queries = useQueryClient()
  const refresh = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['users'] })
  return {
    change: useMutation({
      mutationFn: async (body: Change) => await api.users.update(user.id, body),
      onSuccess: refresh,
    }),
    makeLink: useMutation({ mutationFn: async () => await api.users.passwordLink(user.id) }),
    signOut: useMutation({
      mutationFn: async () => await api.users.deleteAllSessions(user.id),
      onSuccess: () => notifications.show({ message: t('signedOut') }),
    }),
    remove: useMutation({
      mutationFn: async () => await api.users.delete(user.id),
      onSuccess: async () => {
        onGone()
        await refresh()
      },
    }),
  }
}

/** Buttons; what can't be undone asks first. Nobody locks out oneself here. */
export const UserActions = (props: Props) => {
  const { t } = useTranslation('users')
  const { user } = props
  const isMyself = useMe().id === user.id
  const { change, makeLink, signOut, remove } = useChanges(props)
  const [isAsking, { open, close }] = useDisclosure(false)
  return (
    <Stack gap="sm">
      <ErrorNotice error={change.error ?? makeLink.error ?? signOut.error} />
      <Group gap="xs">
        <Button variant="default" loading={makeLink.isPending} onClick={() => makeLink.mutate()}>
          {t('link.button')}
        </Button>
        <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('signOut')}
        </Button>
        {isMyself ? null : (
          <>
            <Button
              variant="default"
              onClick={() => change.mutate({ platformAdmin: !user.platformAdmin })}
            >
              {user.platformAdmin ? t('demote') : t('promote')}
            </Button>
            <Button
              variant="default"
              onClick={() => change.mutate({ disabled: user.state === 'active' })}
            >
              {user.state === 'active' ? t('disable') : t('enable')}
            </Button>
            <Button variant="light" color="red" onClick={open}>
              {t('remove.button')}
            </Button>
          </>
        )}
      </Group>
      {makeLink.data === undefined ? null : (
        <LinkOnce
          title={t('link.title')}
          about={t('link.about')}
          secret={makeLink.data.passwordLink}
        />
      )}
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={close}
        title={t('remove.title', { name: user.name })}
        action={t('remove.button')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        {t('remove.about')}
      </ConfirmWithCount>
    </Stack>
  )
}
