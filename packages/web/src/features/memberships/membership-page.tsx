/** One membership sync: what it would change, its runs, its settings. */
import { Button, Group, Stack, Tabs } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { IntegrationLink } from '../integrations/integration-link.tsx'
import { DryRun } from './dry-run.tsx'
import { syncQuery, type Sync } from './queries.ts'
import { SyncForm, type SyncBody } from './sync-form.tsx'
import { SyncRuns } from './sync-runs.tsx'

const route = getRouteApi('/app/memberships/$id')

/** The page at /memberships/<id>. */
export const MembershipPage = () => {
  const { t } = useTranslation('memberships')
  const { id } = route.useParams()
  const { data: sync, error, isPending } = useQuery(syncQuery(id))
  if (sync === undefined)
    return (
      <Page title={id}>
        <ErrorNotice error={error} />
        {isPending ? <Waiting lines={8} /> : null}
      </Page>
    )
  return (
    <Page
      title={sync.name}
      about={sync.to.list}
      badge={
        <StateBadge
          tone={sync.enabled ? 'good' : 'neutral'}
          label={t(sync.enabled ? 'on' : 'off')}
        />
      }
    >
      <Parts sync={sync} />
      <Outlet />
    </Page>
  )
}

type Props = { readonly sync: Sync }

const Parts = ({ sync }: Props) => {
  const { t } = useTranslation('memberships')
  const mayWrite = useMay('syncs:write')
  return (
    <Tabs defaultValue="runs" keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="runs">{t('tabs.runs')}</Tabs.Tab>
        {mayWrite ? <Tabs.Tab value="settings">{t('tabs.settings')}</Tabs.Tab> : null}
        <Tabs.Tab value="api">API</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="runs" pt="md">
        <Stack gap="lg">
          <SyncFacts sync={sync} />
          {mayWrite ? <DryRun sync={sync} /> : null}
          <SyncRuns id={sync.id} />
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="settings" pt="md">
        <Settings sync={sync} />
      </Tabs.Panel>
      <Tabs.Panel value="api" pt="md">
        <ApiTab
          call={{
            method: 'POST',
            path: `/api/v1/membership-syncs/${sync.id}/run`,
            body: { dryRun: true },
          }}
          sdk={`membershipSyncs.run('${sync.id}', { dryRun: true })`}
        />
      </Tabs.Panel>
    </Tabs>
  )
}

const SyncFacts = ({ sync }: Props) => {
  const { t } = useTranslation('memberships')
  return (
    <Facts
      items={[
        ['ID', <CopyId key="id" id={sync.id} />],
        [t('fields.from'), <IntegrationLink key="from" id={sync.from} />],
        [t('fields.toIntegration'), <IntegrationLink key="to" id={sync.to.integration} />],
        [t('fields.onInactive'), t(`onInactive.${sync.onInactive}`)],
        [t('fields.guard'), `${sync.guard.maxRemovalsPercent} %`],
        [
          t('columns.next'),
          sync.nextRunAt === null ? t('when.hand') : <When at={sync.nextRunAt} />,
        ],
      ]}
    />
  )
}

const Settings = ({ sync }: Props) => {
  const { t } = useTranslation('memberships')
  const queries = useQueryClient()
  const save = async (body: SyncBody): Promise<void> => {
    await api.membershipSyncs.update(sync.id, body)
    notifications.show({ message: t('saved') })
    await queries.invalidateQueries({ queryKey: ['memberships'] })
  }
  return (
    <Stack gap="xl">
      <SyncForm key={sync.updatedAt} sync={sync} onSave={save} saveLabel={t('save')} />
      <Deletion sync={sync} />
    </Stack>
  )
}

const Deletion = ({ sync }: Props) => {
  const { t } = useTranslation('memberships')
  const queries = useQueryClient()
  const navigate = route.useNavigate()
  const [isAsking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: async () => await api.membershipSyncs.delete(sync.id),
    onSuccess: async () => {
      await navigate({ to: '/memberships' })
      await queries.invalidateQueries({ queryKey: ['memberships'] })
    },
  })
  return (
    <Section title={t('delete.title')}>
      <Group>
        <Button variant="default" onClick={() => setAsking(true)}>
          {t('delete.button')}
        </Button>
      </Group>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('delete.question', { name: sync.name })}
        action={t('delete.button')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        {t('delete.about')}
      </ConfirmWithCount>
    </Section>
  )
}
