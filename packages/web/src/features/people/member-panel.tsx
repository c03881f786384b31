/** One member: role, sessions, and the way out of the tenant. */
import { Button, Group, Select, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DeleteButton } from '../../components/delete-button.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'

const route = getRouteApi('/app/people/$id')

type Member = Awaited<ReturnType<typeof api.members.get>>

/** The panel at /people/<id>. */
export const MemberPanel = () => {
  const { t } = useTranslation('people')
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery({
    queryKey: ['members', 'one', id],
    queryFn: async ({ signal }) => await api.members.get(id, { signal }),
  })
  const close = async (): Promise<void> => await navigate({ to: '/people', search: true })
  return (
    <ObjectPanel
      query={query}
      title={t('member')}
      onClose={close}
      view={(member) => ({
        id,
        title: member.name,
        badge: (
          <StateBadge
            tone={member.state === 'active' ? 'good' : 'neutral'}
            label={t(`states.${member.state}`)}
          />
        ),
        change: {},
        tabs: [
          { id: 'what', label: t('member'), content: <Details member={member} onGone={close} /> },
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/members/${id}` },
          sdk: `members.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly member: Member; readonly onGone: () => Promise<void> }

const Details = ({ member, onGone }: Props) => {
  const { t } = useTranslation('people')
  const mayWrite = useMay('members:write')
  return (
    <Stack gap="lg">
      <Facts
        items={[
          [t('columns.email'), member.email],
          [t('twoFactor'), member.twoFactorEnabled ? t('yes') : t('no')],
          [t('columns.since'), <When key="since" at={member.createdAt} />],
        ]}
      />
      {mayWrite ? <Actions member={member} onGone={onGone} /> : null}
    </Stack>
  )
}

const Actions = ({ member, onGone }: Props) => {
  const { t } = useTranslation('people')
  const queries = useQueryClient()
  const refresh = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['members'] })
  const change = useMutation({
    mutationFn: async (role: 'admin' | 'member') => await api.members.update(member.id, { role }),
    onSuccess: refresh,
  })
  const signOut = useMutation({
    mutationFn: async () => await api.members.deleteAllSessions(member.id),
    onSuccess: () => notifications.show({ message: t('signedOut') }),
  })
  return (
    <Stack gap="sm">
      <ErrorNotice error={change.error ?? signOut.error} />
      <Select
        label={t('columns.role')}
        description={t(`roleAbout.${member.role}`)}
        maw="20rem"
        allowDeselect={false}
        data={[
          { value: 'member', label: t('roles.member') },
          { value: 'admin', label: t('roles.admin') },
        ]}
        value={member.role}
        onChange={(role) => {
          if (role === 'admin' || role === 'member') change.mutate(role)
        }}
      />
      <Group>
        <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('signOut')}
        </Button>
        <DeleteButton
          action={t('remove.button')}
          question={t('remove.title', { name: member.name })}
          name={member.name}
          done={t('remove.done', { name: member.name })}
          remove={async () => await api.members.delete(member.id)}
          changes={['members']}
          gone={['members', 'one', member.id]}
          onGone={onGone}
        >
          {t('remove.about')}
        </DeleteButton>
      </Group>
    </Stack>
  )
}
