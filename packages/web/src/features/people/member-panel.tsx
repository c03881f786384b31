/** One member: role, sessions, and the way out of the tenant. */
import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Section } from '../../components/section.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'

const route = getRouteApi('/app/people/$id')

type Member = Awaited<ReturnType<typeof api.members.get>>

/** The panel at /people/<id>. */
export const MemberPanel = () => {
  const { t } = useTranslation('people')
  const { id } = route.useParams()
  const navigate = useNavigate()
  const { data, error } = useQuery({
    queryKey: ['members', id],
    queryFn: async ({ signal }) => await api.members.get(id, { signal }),
  })
  const close = (): void => void navigate({ to: '/people', search: true })
  return (
    <SidePanel title={data?.name ?? t('member')} onClose={close}>
      <ErrorNotice error={error} />
      {data === undefined && error === null ? <Waiting /> : null}
      {data === undefined ? null : <Details member={data} onGone={close} />}
    </SidePanel>
  )
}

type Props = { readonly member: Member; readonly onGone: () => void }

const Details = ({ member, onGone }: Props) => {
  const { t } = useTranslation('people')
  const mayWrite = useMay('members:write')
  return (
    <Stack gap="lg">
      <Facts
        items={[
          [t('columns.email'), member.email],
          [
            t('columns.state'),
            <StateBadge
              key="state"
              tone={member.state === 'active' ? 'good' : 'neutral'}
              label={t(`states.${member.state}`)}
            />,
          ],
          [t('twoFactor'), member.twoFactorEnabled ? t('yes') : t('no')],
          [t('columns.since'), <When key="since" at={member.createdAt} />],
          ['ID', <CopyId key="id" id={member.id} />],
        ]}
      />
      {mayWrite ? <Actions member={member} onGone={onGone} /> : null}
      <Section title="API">
        <ApiTab
          call={{ method: 'GET', path: `/api/v1/members/${member.id}` }}
          sdk={`members.get('${member.id}')`}
        />
      </Section>
    </Stack>
  )
}

const Actions = ({ member, onGone }: Props) => {
  const { t } = useTranslation('people')
  const queries = useQueryClient()
  const [isAsking, { open, close }] = useDisclosure(false)
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
  const remove = useMutation({
    mutationFn: async () => await api.members.delete(member.id),
    onSuccess: async () => {
      onGone()
      await refresh()
    },
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
        <Button color="red" variant="light" onClick={open}>
          {t('remove.button')}
        </Button>
      </Group>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={close}
        title={t('remove.title', { name: member.name })}
        action={t('remove.button')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        <Text>{t('remove.about')}</Text>
      </ConfirmWithCount>
    </Stack>
  )
}
