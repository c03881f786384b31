/** The form of a schedule, with the next times of what is typed beside it. */
import {
  Button,
  Checkbox,
  Group,
  JsonInput,
  List,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useZone } from '../../app/use-zone.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { dateTime } from '../../components/format.ts'
import { isObjectText } from '../../components/is-object-text.ts'

type Schedule = Awaited<ReturnType<typeof api.schedules.get>>
export type ScheduleValues = Pick<
  Schedule,
  'name' | 'pattern' | 'timeZone' | 'eventType' | 'subscriptionId' | 'missed' | 'enabled' | 'data'
>

type Props = {
  readonly schedule?: Schedule
  readonly onSave: (values: ScheduleValues) => Promise<void>
  readonly saveLabel: string
}

type Fields = Omit<ScheduleValues, 'data' | 'subscriptionId'> & {
  readonly data: string
  readonly subscriptionId: string
}

const startOf = (schedule: Schedule | undefined, zone: string): Fields => ({
  name: schedule?.name ?? '',
  pattern: schedule?.pattern ?? '30 5 * * 1-5',
  timeZone: schedule?.timeZone ?? zone,
  eventType: schedule?.eventType ?? 'schedule.due',
  subscriptionId: schedule?.subscriptionId ?? '',
  missed: schedule?.missed ?? 'once',
  enabled: schedule?.enabled ?? true,
  data: JSON.stringify(schedule?.data ?? {}, null, 2),
})

const valuesOf = ({ data, subscriptionId, ...rest }: Fields): ScheduleValues => ({
  ...rest,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `isObjectText` has looked
  data: JSON.parse(data) as ScheduleValues['data'],
  subscriptionId: subscriptionId === '' ? null : subscriptionId,
})

/** Fields, the next runs, the button. */
export const ScheduleForm = ({ schedule, onSave, saveLabel }: Props) => {
  const { t } = useTranslation('schedules')
  const zone = useZone()
  const form = useForm<Fields>({
    initialValues: startOf(schedule, zone),
    validate: { data: (text) => (isObjectText(text) ? null : t('fields.dataBroken')) },
  })
  const save = useMutation({
    mutationFn: async (fields: Fields) => await onSave(valuesOf(fields)),
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <form onSubmit={form.onSubmit((fields) => save.mutate(fields))}>
      <Stack gap="md" maw="44rem">
        <ScheduleFields form={form} />
        <ErrorNotice error={save.error} shown={pointersOf(Object.keys(form.values))} />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {saveLabel}
          </Button>
          <Checkbox
            label={t('fields.enabled')}
            {...form.getInputProps('enabled', { type: 'checkbox' })}
          />
        </Group>
      </Stack>
    </form>
  )
}

const ScheduleFields = ({ form }: { readonly form: UseFormReturnType<Fields> }) => {
  const { t } = useTranslation('schedules')
  return (
    <>
      <TextInput
        label={t('fields.name')}
        required
        maxLength={200}
        {...form.getInputProps('name')}
      />
      <TextInput
        label={t('fields.pattern')}
        description={t('fields.patternAbout')}
        required
        maxLength={100}
        spellCheck={false}
        {...form.getInputProps('pattern')}
      />
      <ZoneSelect {...form.getInputProps('timeZone')} />
      <NextRuns pattern={form.values.pattern} timeZone={form.values.timeZone} />
      <Subscription {...form.getInputProps('subscriptionId')} />
      <TextInput
        label={t('fields.eventType')}
        description={t('fields.eventTypeAbout')}
        maxLength={200}
        spellCheck={false}
        {...form.getInputProps('eventType')}
      />
      <JsonInput
        label={t('fields.data')}
        description={t('fields.dataAbout')}
        autosize
        minRows={3}
        {...form.getInputProps('data')}
      />
      <Select
        label={t('fields.missed')}
        allowDeselect={false}
        data={(['skip', 'once', 'all'] as const).map((value) => ({
          value,
          label: t(`missed.${value}`),
        }))}
        {...form.getInputProps('missed')}
      />
    </>
  )
}

const zones = Intl.supportedValuesOf('timeZone')
const shownZones = 50

const ZoneSelect = (props: object) => {
  const { t } = useTranslation('schedules')
  return (
    <Select
      label={t('fields.timeZone')}
      data={zones.includes('UTC') ? zones : ['UTC', ...zones]}
      searchable
      allowDeselect={false}
      limit={shownZones}
      {...props}
    />
  )
}

const Subscription = (props: object) => {
  const { t } = useTranslation('schedules')
  const { data } = useQuery({
    queryKey: ['subscriptions', 'names'],
    queryFn: async ({ signal }) => (await api.subscriptions.list({ limit: 200 }, { signal })).items,
  })
  return (
    <Select
      label={t('fields.subscriptionId')}
      description={t('fields.subscriptionAbout')}
      data={(data ?? []).map(({ subscriptionId, label }) => ({
        value: subscriptionId,
        label: `${label} (${subscriptionId})`,
      }))}
      searchable
      clearable
      {...props}
    />
  )
}

const pauseMs = 300
const shownRuns = 5

const NextRuns = ({ pattern, timeZone }: Pick<Fields, 'pattern' | 'timeZone'>) => {
  const { t, i18n } = useTranslation('schedules')
  const [typed] = useDebouncedValue(pattern, pauseMs)
  const { data, error } = useQuery({
    queryKey: ['schedules', 'preview', typed, timeZone],
    queryFn: async ({ signal }) =>
      await api.schedules.preview({ pattern: typed, timeZone, count: shownRuns }, { signal }),
  })
  if (error !== null)
    return (
      <Text c="red" fz="sm" role="status">
        {error.message}
      </Text>
    )
  return (
    <Stack gap={4} mih="8rem" role="status" aria-label={t('next')}>
      <Text fz="sm" c="dimmed">
        {t('next')}
      </Text>
      <List size="sm">
        {(data?.runs ?? []).map((at) => (
          <List.Item key={at}>{dateTime(at, timeZone, i18n.language)}</List.Item>
        ))}
      </List>
    </Stack>
  )
}
