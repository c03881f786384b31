/** What the saved texts would say on a channel, in a language, with these parameters. */
import { Alert, Code, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { SandboxedHtml } from '../../components/sandboxed-html.tsx'
import { peopleChannels } from './channels.ts'
import { ParametersInput, readParameters } from './parameters-input.tsx'

type Props = { readonly subscriptionId: string; readonly version: number }
type Preview = Awaited<ReturnType<typeof api.subscriptions.preview>>

const pauseMs = 400

/** It follows what is saved, not what is being written. */
export const TextPreview = ({ subscriptionId, version }: Props) => {
  const { t } = useTranslation('subscriptions')
  const [channel, setChannel] = useState('email')
  const [language, setLanguage] = useState('')
  const [parameters, setParameters] = useState('{"count": 3}')
  const [key] = useDebouncedValue(JSON.stringify([channel, language, parameters]), pauseMs)
  const eventParameters = readParameters(parameters)
  const { data, error } = useQuery({
    queryKey: ['subscriptions', 'preview', subscriptionId, version, key],
    queryFn: async ({ signal }) =>
      await api.subscriptions.preview(
        subscriptionId,
        {
          channel,
          language: language.trim() === '' ? null : language.trim(),
          eventParameters: eventParameters ?? {},
        },
        { signal },
      ),
    enabled: eventParameters !== undefined,
    placeholderData: keepPreviousData,
  })
  return (
    <Stack gap="sm">
      <Text c="dimmed" fz="sm">
        {t('preview.about')}
      </Text>
      <Group grow align="flex-start">
        <Select
          label={t('fields.channel')}
          data={peopleChannels.map((value) => ({
            value,
            label: t(`channels.${value}`, { defaultValue: value }),
          }))}
          value={channel}
          allowDeselect={false}
          onChange={(next) => setChannel(next ?? 'email')}
        />
        <TextInput
          label={t('fields.language')}
          placeholder={t('texts.anyLanguage')}
          value={language}
          onChange={({ currentTarget }) => setLanguage(currentTarget.value)}
        />
      </Group>
      <ParametersInput value={parameters} onChange={setParameters} />
      <ErrorNotice error={error} />
      {data === undefined ? null : <Rendered preview={data} />}
    </Stack>
  )
}

const Rendered = ({ preview }: { readonly preview: Preview }) => {
  const { t } = useTranslation('subscriptions')
  const { subject, text, html, from, problem } = preview
  if (problem !== null) return <Alert color="red">{problem}</Alert>
  if (from === null) return <Text c="dimmed">{t('preview.none')}</Text>
  return (
    <Stack gap="xs" data-testid="preview">
      {subject === null ? null : <Text fw={600}>{subject}</Text>}
      {html === null ? (
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {text}
        </Code>
      ) : (
        <SandboxedHtml html={html} title={subject ?? t('preview.title')} height="360px" />
      )}
      <Text c="dimmed" fz="xs">
        {t('preview.from', {
          entry: t(`channels.${from.entry}`, { defaultValue: from.entry }),
          language: from.language ?? t('texts.anyLanguage'),
        })}
      </Text>
    </Stack>
  )
}
