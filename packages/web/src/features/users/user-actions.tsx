/** What a platform admin can do with an account. */
import { Button, Group, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMe } from '../../app/session.ts'
import { DeleteButton } from '../../components/delete-button.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkOnce } from '../../components/link-once.tsx'

type User = Awaited<ReturnType<typeof api.users.get>>
type Change = Parameters<typeof api.users.update>[1]
type Props = { readonly user: User; readonly onGone: () => Promise<void> }

const useChanges = ({ user }: Pick<Props, 'user'>) => {
  const queries = useQueryClient()
  const refresh = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['users'] })
  return {
    change: useMutation({
      mutationFn: async (body: Change) => await api.users.update(user.id, body),
      onSuccess: refresh,
    }),
    makeLink: useMutation({ mutationFn: async () => await api.users.passwordLink(user.id) }),
  }
}

/** Buttons; what can't be undone asks first. Nobody locks out oneself here. */
export const UserActions = (props: Props) => {
  const { t } = useTranslation('users')
  const { user, onGone } = props
  const isMyself = useMe().id === user.id
  const { change, makeLink } = useChanges(props)
  return (
    <Stack gap="sm">
      <ErrorNotice error={change.error ?? makeLink.error} />
      <Group gap="xs">
        <Button variant="default" loading={makeLink.isPending} onClick={() => makeLink.mutate()}>
          {t('link.button')}
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
            <DeleteButton
              action={t('remove.button')}
              question={t('remove.title', { name: user.name })}
              name={user.name}
              remove={async () => await api.users.delete(user.id)}
              changes={['users']}
              gone={['users', 'one', user.id]}
              onGone={onGone}
            >
              {t('remove.about')}
            </DeleteButton>
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
    </Stack>
  )
}
