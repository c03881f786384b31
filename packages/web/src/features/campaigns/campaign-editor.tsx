/** The editor of a campaign: what, to whom, when, by which ways; beside it whom that reaches, when, and what they read. */
import { Button, Grid, Group, Stack } from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmWithCount } from '../../components/confirm-with-count.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors, pointersOf } from '../../components/field-errors.ts'
import { Section } from '../../components/section.tsx'
import { AudienceFields } from './audience-fields.tsx'
import classes from './campaign-editor.module.css'
import { ContentFields } from './content-fields.tsx'
import { bodyOf, forecastOf, type EditorValues } from './editor-values.ts'
import { SamplePreview } from './sample-preview.tsx'
import { ScheduleFields } from './schedule-fields.tsx'
import { useForecast } from './use-forecast.ts'
import { WaysFields } from './ways-fields.tsx'
import { WhenPicture } from './when-picture.tsx'

export type EditorForm = UseFormReturnType<EditorValues>

type Props = {
  readonly initial: EditorValues
  /** It runs: audience, ways, rate and start are fixed. */
  readonly isRunning: boolean
  /** Saving begins it at once: a question is asked before. */
  readonly startsOnSave: boolean
  readonly onSave: (values: EditorValues) => Promise<void>
}

/** Fields that show their own messages. */
const shownFields = [
  'name',
  'endsAt',
  'startsAt',
  'content.subject',
  'content.text',
  'content.html',
  'filter.attributes',
]

/** What the server would refuse in any case is said before. */
const useEditorForm = (initial: EditorValues): EditorForm => {
  const { t } = useTranslation('campaigns')
  const required = (value: string): string | null => (value.trim() === '' ? t('required') : null)
  return useForm<EditorValues>({
    initialValues: initial,
    validate: { name: required, content: { text: required }, endsAt: required },
  })
}

/** To the first field that is not as it must be: on a phone it is far from the button. */
const goToFirst =
  (form: EditorForm) =>
  (errors: Readonly<Record<string, unknown>>): void => {
    const [first] = Object.keys(errors)
    if (first !== undefined) form.getInputNode(first)?.focus()
  }

/** Two columns on a wide screen; below one another on a phone. */
export const CampaignEditor = ({ initial, isRunning, startsOnSave, onSave }: Props) => {
  const { t } = useTranslation('campaigns')
  const [isAsked, setAsked] = useState(false)
  const form = useEditorForm(initial)
  const forecast = useForecast(forecastOf(form.values))
  const save = useMutation({
    mutationFn: async () => await onSave(form.values),
    onError: (error) => {
      setAsked(false)
      form.setErrors(fieldErrors(error))
    },
  })
  const beginsNow = startsOnSave && form.values.starts === 'now'
  const submit = (): void => (beginsNow ? setAsked(true) : save.mutate())
  const audience = forecast.data?.audience ?? 0
  return (
    <form onSubmit={form.onSubmit(submit, goToFirst(form))} noValidate>
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Fields form={form} isRunning={isRunning} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="lg" className={classes['aside']}>
            <Section title={t('when.title')}>
              <WhenPicture
                forecast={forecast.data}
                error={forecast.error}
                isStale={forecast.isPlaceholderData}
              />
            </Section>
            <Sample values={form.values} />
          </Stack>
        </Grid.Col>
      </Grid>
      <Stack mt="lg" gap="sm">
        <ErrorNotice error={save.error} shown={pointersOf(shownFields)} />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t(beginsNow ? 'start.action' : 'save')}
          </Button>
        </Group>
      </Stack>
      <ConfirmWithCount
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        title={t('start.title', { count: audience })}
        action={t('start.action')}
        count={Math.max(1, audience)}
        isDangerous={false}
        onConfirm={() => save.mutate()}
        isPending={save.isPending}
      >
        {t('start.text')}
      </ConfirmWithCount>
    </form>
  )
}

type FieldsProps = { readonly form: EditorForm; readonly isRunning: boolean }

const Fields = ({ form, isRunning }: FieldsProps) => (
  <Stack gap="lg">
    <ContentFields form={form} />
    <AudienceFields form={form} isFixed={isRunning} />
    <ScheduleFields form={form} isStarted={isRunning} />
    <WaysFields form={form} isFixed={isRunning} />
  </Stack>
)

const Sample = ({ values }: { readonly values: EditorValues }) => {
  const { content, filter, route } = bodyOf(values)
  return <SamplePreview content={content} filter={filter} route={route} />
}
