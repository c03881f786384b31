/** One schedule beside the list: when it runs next, what it has done, run now, change, delete. */
import { Button, Group, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DeleteButton } from '../../components/delete-button.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { OnOff } from '../../components/on-off.tsx'
import { When } from '../../components/when.tsx'
import { ScheduleForm, type ScheduleValues } from './schedule-form.tsx'
import { ScheduleRuns } from './schedule-runs.tsx'

const route = getRouteApi('/app/schedules/$id')

type Schedule = Awaited<ReturnType<typeof api.schedules.get>>

const oneKey = (id: string) => ['schedules', 'one', id] as const

/** The panel at /schedules/<id>. */
export const SchedulePanel = () => {
  const { t } = useTranslation('schedules')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const mayWrite = useMay('schedules:write')
  const query = useQuery({
    queryKey: oneKey(id),
    queryFn: async ({ signal }) => await api.schedules.get(id, { signal }),
  })
  const close = async (): Promise<void> => await navigate({ to: '/schedules' })
  return (
    <ObjectPanel
      query={query}
      title={id}
      onClose={close}
      view={(schedule) => ({
        id,
        title: schedule.name,
        badge: <OnOff isOn={schedule.enabled} />,
        change: { at: schedule.updatedAt },
        tabs: [
          {
            id: 'what',
            label: t('tabs.what'),
            content: <What schedule={schedule} onGone={close} />,
          },
          ...(mayWrite
            ? [{ id: 'change', label: t('tabs.change'), content: <Change schedule={schedule} /> }]
            : []),
        ],
        api: {
          call: { method: 'GET', path: `/api/v1/schedules/${id}` },
          sdk: `schedules.get('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly schedule: Schedule; readonly onGone: () => Promise<void> }

const What = ({ schedule, onGone }: Props) => {
  const { t } = useTranslation('schedules')
  return (
    <Stack>
      <Facts
        items={[
          [t('columns.pattern'), `${schedule.pattern} (${schedule.timeZone})`],
          [t('columns.next'), <When key="next" at={schedule.nextRunAt} />],
          [t('fields.eventType'), schedule.eventType],
          [t('fields.subscriptionId'), schedule.subscriptionId],
          [t('fields.missed'), t(`missed.${schedule.missed}`)],
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
  const mayWrite = useMay('schedules:write')
  const run = useMutation({
    mutationFn: async () => await api.schedules.run(schedule.id),
    onSuccess: async () => {
      notifications.show({ message: t('ran') })
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
      <DeleteButton
        action={t('delete.button')}
        question={t('delete.question', { name: schedule.name })}
        name={schedule.name}
        remove={async () => await api.schedules.delete(schedule.id)}
        changes={['schedules']}
        gone={oneKey(schedule.id)}
        onGone={onGone}
      >
        {t('delete.about')}
      </DeleteButton>
    </Group>
  )
}
