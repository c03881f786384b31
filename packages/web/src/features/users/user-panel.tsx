/** One account: its rights, whether it may sign in, a link for a new password, and its end. */
import { Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { Facts } from '../../components/facts.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import { UserActions } from './user-actions.tsx'
import { UserSessions } from './user-sessions.tsx'

const route = getRouteApi('/app/users/$id')

/** The panel at /users/<id>. */
export const UserPanel = () => {
  const { t } = useTranslation('users')
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery({
    queryKey: ['users', 'one', id],
    queryFn: async ({ signal }) => await api.users.get(id, { signal }),
  })
  const close = async (): Promise<void> => await navigate({ to: '/users', search: true })
  return (
    <ObjectPanel
      query={query}
      title={t('account')}
      onClose={close}
      view={(user) => ({
        id,
        title: user.name,
        badge: (
          <StateBadge
            tone={user.state === 'active' ? 'good' : 'neutral'}
            label={t(`states.${user.state}`)}
          />
        ),
        change: { isOfPlatform: true },
        tabs: [
          { id: 'what', label: t('account'), content: <What user={user} onGone={close} /> },
          { id: 'sessions', label: t('sessions.title'), content: <UserSessions id={id} /> },
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/users/${id}` },
          sdk: `users.get('${id}')`,
        },
      })}
    />
  )
}

type User = Awaited<ReturnType<typeof api.users.get>>
type Props = { readonly user: User; readonly onGone: () => Promise<void> }

const What = ({ user, onGone }: Props) => {
  const { t } = useTranslation('users')
  return (
    <Stack gap="lg">
      {user.platformAdmin || user.twoFactorEnabled ? (
        <Group gap="xs">
          {user.platformAdmin ? (
            <StateBadge tone="warning" icon="shield" label={t('platformAdmin')} />
          ) : null}
          {user.twoFactorEnabled ? (
            <StateBadge tone="neutral" icon="lock" label={t('twoFactor')} />
          ) : null}
        </Group>
      ) : null}
      <Facts
        items={[
          [t('columns.email'), user.email],
          [t('verified'), user.emailVerified ? t('yes') : t('no')],
          [t('columns.since'), <When key="since" at={user.createdAt} />],
        ]}
      />
      <UserActions user={user} onGone={onGone} />
    </Stack>
  )
}
