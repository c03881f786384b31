/** One account: its rights, whether it may sign in, a link for a new password, and its end. */
import { Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Section } from '../../components/section.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { UserActions } from './user-actions.tsx'

const route = getRouteApi('/app/users/$id')

/** The panel at /users/<id>. */
export const UserPanel = () => {
  const { t } = useTranslation('users')
  const { id } = route.useParams()
  const navigate = useNavigate()
  const { data, error } = useQuery({
    queryKey: ['users', id],
    queryFn: async ({ signal }) => await api.users.get(id, { signal }),
  })
  const close = (): void => void navigate({ to: '/users', search: true })
  return (
    <SidePanel title={data?.name ?? t('account')} onClose={close}>
      <ErrorNotice error={error} />
      {data === undefined && error === null ? <Waiting /> : null}
      {data === undefined ? null : (
        <Stack gap="lg">
          <Group gap="xs">
            <StateBadge
              tone={data.state === 'active' ? 'good' : 'neutral'}
              label={t(`states.${data.state}`)}
            />
            {data.platformAdmin ? (
              <StateBadge tone="warning" icon="shield" label={t('platformAdmin')} />
            ) : null}
            {data.twoFactorEnabled ? (
              <StateBadge tone="neutral" icon="lock" label={t('twoFactor')} />
            ) : null}
          </Group>
          <Facts
            items={[
              [t('columns.email'), data.email],
              [t('verified'), data.emailVerified ? t('yes') : t('no')],
              [t('columns.since'), <When key="since" at={data.createdAt} />],
              ['ID', <CopyId key="id" id={data.id} />],
            ]}
          />
          <UserActions user={data} onGone={close} />
          <Section title="API">
            <ApiTab
              call={{ method: 'GET', path: `/api/v1/users/${data.id}` }}
              sdk={`users.get('${data.id}')`}
            />
          </Section>
        </Stack>
      )}
    </SidePanel>
  )
}
