/** Who gets the daily report, and when; and how it looks. */
import { Button, Group, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { ReportPreview } from './report-preview.tsx'

type ReportSettings = Awaited<ReturnType<typeof api.reports.dailySettings>>

const queryKey = ['reports', 'settings']

/** Asks for the settings, then shows the form. */
export const ReportForm = () => {
  const { data, error } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => await api.reports.dailySettings({ signal }),
  })
  if (data === undefined) return error === null ? <Waiting /> : <ErrorNotice error={error} />
  return <Form settings={data} />
}

const Form = ({ settings }: { readonly settings: ReportSettings }) => {
  const { t } = useTranslation('settings')
  const queries = useQueryClient()
  const mayWrite = useMay('reports:write')
  const { enabled, at, recipients, integration } = settings
  const form = useForm({ initialValues: { enabled, at, recipients: [...recipients] } })
  const save = useMutation({
    mutationFn: async (values: typeof form.values) =>
      await api.reports.replaceDailySettings({ ...values, integration }),
    onSuccess: (saved) => {
      queries.setQueryData(queryKey, saved)
      notifications.show({ message: t('saved') })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm" maw="28rem">
        <Text c="dimmed">{t('report.about')}</Text>
        <ErrorNotice error={save.error} shown={['/at']} />
        {enabled && settings.problem !== null ? (
          <ErrorNotice error={new Error(`${t('report.problem')} ${settings.problem}`)} />
        ) : null}
        <Switch
          label={t('report.enabled')}
          {...form.getInputProps('enabled', { type: 'checkbox' })}
        />
        <TagsInput
          label={t('report.recipients')}
          description={t('report.recipientsAbout')}
          {...form.getInputProps('recipients')}
        />
        <TextInput
          label={t('report.at')}
          description={t('report.atAbout')}
          type="time"
          maw="10rem"
          {...form.getInputProps('at')}
        />
        <Facts
          items={[
            [
              t('report.next'),
              settings.nextRunAt === null ? null : <When key="next" at={settings.nextRunAt} />,
            ],
            [t('report.last'), settings.lastDay],
          ]}
        />
        <Group>
          {mayWrite ? (
            <Button type="submit" loading={save.isPending}>
              {t('save')}
            </Button>
          ) : null}
          <ReportPreview />
        </Group>
      </Stack>
    </form>
  )
}
