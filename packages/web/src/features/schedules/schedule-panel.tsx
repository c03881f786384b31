/** One schedule beside the list: when it runs next, what it has done, run now, change, delete. */
import { Button, Group, Stack, Tabs } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { ScheduleForm, type ScheduleValues } from './schedule-form.tsx'
import { ScheduleRuns } from './schedule-runs.tsx'

const route = getRouteApi('/app/schedules/$id')

type Schedule = Awaited<ReturnType<typeof api.schedules.get>>

/** The panel at /schedules/<id>. */
export const SchedulePanel = () => {
  const { t } = useTranslation('schedules')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const query = useQuery({
    queryKey: ['schedules', id],
    queryFn: async ({ signal }) => await api.schedules.get(id, { signal }),
  })
  const close = (): void => void navigate({ to: '/schedules' })
  const schedule = query.data
  if (schedule === undefined)
    return (
      <SidePanel title={id} onClose={close}>
        <ErrorNotice error={query.error} />
        {query.isPending ? <Waiting /> : null}
      </SidePanel>
    )
  return (
    <SidePanel
      title={schedule.name}
      badge={
        <StateBadge
          tone={schedule.enabled ? 'good' : 'neutral'}
          label={t(schedule.enabled ? 'on' : 'off')}
        />
      }
      onClose={close}
    >
      <Parts schedule={schedule} onGone={close} />
    </SidePanel>
  )
}

type Props = { readonly schedule: Schedule; readonly onGone: () => void }

const Parts = ({ schedule, onGone }: Props) => {
  const { t } = useTranslation('schedules')
  const mayWrite = useMay('schedules:write')
  return (
    <Tabs defaultValue="what" keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="what">{t('tabs.what')}</Tabs.Tab>
        {mayWrite ? <Tabs.Tab value="change">{t('tabs.change')}</Tabs.Tab> : null}
        <Tabs.Tab value="api">API</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="what" pt="md">
        <What schedule={schedule} onGone={onGone} />
      </Tabs.Panel>
      <Tabs.Panel value="change" pt="md">
        <Change schedule={schedule} />
      </Tabs.Panel>
      <Tabs.Panel value="api" pt="md">
        <ApiTab
          call={{ method: 'GET', path: `/api/v1/schedules/${schedule.id}` }}
          sdk={`schedules.get('${schedule.id}')`}
        />
      </Tabs.Panel>
    </Tabs>
  )
}

const What = ({ schedule, onGone }: Props) => {
  const { t } = useTranslation('schedules')
  return (
    <Stack>
      <Facts
        items={[
          ['ID', <CopyId key="id" id={schedule.id} />],
          [t('columns.pattern'), `${schedule.pattern} (${schedule.timeZone})`],
          [t('columns.next'), <When key="next" at={schedule.nextRunAt} />],
          [t('fields.eventType'), schedule.eventType],
          [t('fields.subscriptionId'), schedule.subscriptionId],
          [t('fields.missed'), t(`missed.${schedule.missed}`)],
          [t('changed'), <When key="changed" at={schedule.updatedAt} />],
        ]}
      />
      {Object.keys(schedule.data).length === 0 ? null : (
        <JsonView value={schedule.data} label={t('fields.data')} />
      )}
      <Actions schedule={schedule} onGone={onGone} />
      <ScheduleRuns id={schedule.id} />
    </Stack>
  )
}

const Change = ({ schedule }: Pick<Props, 'schedule'>) => {
  const { t } = useTranslation('schedules')
  const queries = useQueryClient()
  const save = async (values: ScheduleValues): Promise<void> => {
    await api.schedules.update(schedule.id, values)
    notifications.show({ message: t('saved') })
    await queries.invalidateQueries({ queryKey: ['schedules'] })
  }
  return (
    <ScheduleForm
      key={schedule.updatedAt}
      schedule={schedule}
      onSave={save}
      saveLabel={t('save')}
    />
  )
}

const Actions = ({ schedule, onGone }: Props) => {
  const { t } = useTranslation('schedules')
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const mayWrite = useMay('schedules:write')
  const run = useMutation({
    mutationFn: async () => await api.schedules.run(schedule.id),
    onSuccess: async () => {
      notifications.show({ message: t('ran') })
      await queries.invalidateQueries({ queryKey: ['schedules'] })
    },
  })
  const remove = useMutation({
    mutationFn: async () => await api.schedules.delete(schedule.id),
    onSuccess: async () => {
      onGone()
      await queries.invalidateQueries({ queryKey: ['schedules'] })
    },
  })
  if (!mayWrite) return null
  return (
    <Group>
      <ErrorNotice error={run.error} />
      <Button variant="default" loading={run.isPending} onClick={() => run.mutate()}>
        {t('run')}
      </Button>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t('delete.button')}
      </Button>
      <ConfirmWithCount
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('delete.question', { name: schedule.name })}
        action={t('delete.button')}
        onConfirm={() => remove.mutate()}
        isPending={remove.isPending}
        error={remove.error}
      >
        {t('delete.about')}
      </ConfirmWithCount>
    </Group>
  )
}
