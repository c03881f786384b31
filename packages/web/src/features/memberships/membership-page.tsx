/** One membership sync: what it would change, its runs, its settings. */
import { Group, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DeleteButton } from '../../components/delete-button.tsx'
import { Facts } from '../../components/facts.tsx'
import { ObjectPage } from '../../components/object-page.tsx'
import { OnOff } from '../../components/on-off.tsx'
import { Section } from '../../components/section.tsx'
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
  const navigate = route.useNavigate()
  const mayWrite = useMay('syncs:write')
  const query = useQuery(syncQuery(id))
  const leave = async (): Promise<void> => await navigate({ to: '/memberships' })
  return (
    <>
      <ObjectPage
        query={query}
        title={id}
        onBack={leave}
        view={(sync) => ({
          id,
          title: sync.name,
          about: sync.to.list,
          badge: <OnOff isOn={sync.enabled} />,
          change: { at: sync.updatedAt },
          tabs: [
            { id: 'runs', label: t('tabs.runs'), content: <Runs sync={sync} /> },
            ...(mayWrite
              ? [
                  {
                    id: 'settings',
                    label: t('tabs.settings'),
                    content: <Settings sync={sync} onGone={leave} />,
                  },
                ]
              : []),
          ],
          api: {
            call: {
              method: 'POST',
              path: `/api/v1/membership-syncs/${id}/run`,
              body: { dryRun: true },
            },
            sdk: `membershipSyncs.run('${id}', { dryRun: true })`,
          },
        })}
      />
      <Outlet />
    </>
  )
}

type Props = { readonly sync: Sync }

const Runs = ({ sync }: Props) => (
  <Stack gap="lg">
    <SyncFacts sync={sync} />
    {useMay('syncs:write') ? <DryRun sync={sync} /> : null}
    <SyncRuns id={sync.id} />
  </Stack>
)

const SyncFacts = ({ sync }: Props) => {
  const { t } = useTranslation('memberships')
  return (
    <Facts
      items={[
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

const Settings = ({ sync, onGone }: Props & { readonly onGone: () => Promise<void> }) => {
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
      <Section title={t('delete.title')}>
        <Group>
          <DeleteButton
            action={t('delete.button')}
            question={t('delete.question', { name: sync.name })}
            name={sync.name}
            remove={async () => await api.membershipSyncs.delete(sync.id)}
            changes={['memberships']}
            gone={syncQuery(sync.id).queryKey}
            onGone={onGone}
          >
            {t('delete.about')}
          </DeleteButton>
        </Group>
      </Section>
    </Stack>
  )
}
