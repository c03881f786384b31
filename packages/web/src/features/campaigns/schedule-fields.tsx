/** When a campaign goes: start and end in the tenant's time, hours and days in each recipient's own. */
import { Chip, Group, SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Section } from '../../components/section.tsx'
import { ZonedTimeInput } from '../../components/zoned-time-input.tsx'
import type { EditorForm } from './campaign-editor.tsx'

type Props = { readonly form: EditorForm; readonly isStarted: boolean }

/** A part of the editor. */
export const ScheduleFields = ({ form, isStarted }: Props) => {
  const { t } = useTranslation('campaigns')
  const { starts } = form.values
  return (
    <Section title={t('schedule.title')}>
      {isStarted ? null : (
        <SegmentedControl
          aria-label={t('fields.startsAt')}
          value={starts}
          onChange={(next) => form.setFieldValue('starts', next === 'at' ? 'at' : 'now')}
          data={[
            { value: 'now', label: t('schedule.now') },
            { value: 'at', label: t('schedule.at') },
          ]}
        />
      )}
      <Group grow align="flex-start">
        {starts === 'at' && !isStarted ? (
          <ZonedTimeInput
            label={t('fields.startsAt')}
            isRequired
            {...timeProps(form, 'startsAt')}
          />
        ) : null}
        <ZonedTimeInput label={t('fields.endsAt')} isRequired {...timeProps(form, 'endsAt')} />
      </Group>
      <Hours form={form} />
    </Section>
  )
}

const timeProps = (form: EditorForm, field: 'startsAt' | 'endsAt') => {
  const error: unknown = form.errors[field]
  return {
    value: form.values[field],
    onChange: (value: string) => form.setFieldValue(field, value),
    error: typeof error === 'string' ? error : undefined,
  }
}

/** 1 January 2024 was a Monday. */
const mondayMs = Date.UTC(2024, 0, 1)
const dayMs = 86_400_000
const weekdays = [1, 2, 3, 4, 5, 6, 7]

const Hours = ({ form }: { readonly form: EditorForm }) => {
  const { t, i18n } = useTranslation('campaigns')
  const names = new Intl.DateTimeFormat(i18n.language, { weekday: 'short', timeZone: 'UTC' })
  return (
    <>
      <Switch
        label={t('schedule.hours')}
        description={t('schedule.hoursAbout')}
        {...form.getInputProps('hasHours', { type: 'checkbox' })}
      />
      {form.values.hasHours ? (
        <Group>
          <TextInput
            type="time"
            label={t('schedule.from')}
            {...form.getInputProps('dailyWindow.from')}
          />
          <TextInput
            type="time"
            label={t('schedule.to')}
            {...form.getInputProps('dailyWindow.to')}
          />
        </Group>
      ) : null}
      <Stack gap={4}>
        <Text fz="sm" fw={500}>
          {t('schedule.days')}
        </Text>
        <Chip.Group multiple {...form.getInputProps('weekdays')}>
          <Group gap={6}>
            {weekdays.map((day) => (
              <Chip key={day} value={String(day)} size="xs">
                {names.format(mondayMs + (day - 1) * dayMs)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Stack>
    </>
  )
}
