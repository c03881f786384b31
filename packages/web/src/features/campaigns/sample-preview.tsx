/** What a contact would read, per channel: a mail in a frame of its own, everything else as text. */
import { Alert, Code, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { SandboxedHtml } from '../../components/sandboxed-html.tsx'
import { Section } from '../../components/section.tsx'
import { ContactSelect } from './contact-select.tsx'
import { sendersQuery, type Sample, type SampleBody } from './queries.ts'

type Props = Required<Omit<SampleBody, 'contacts'>>

const pauseMs = 500

/** With a contact to choose and a channel to look at. */
export const SamplePreview = ({ content, filter, route }: Props) => {
  const { t } = useTranslation('campaigns')
  const [contact, setContact] = useState<string | null>(null)
  const [channel, setChannel] = useState('')
  const senders = useQuery(sendersQuery).data ?? []
  const channels = [...new Set(senders.flatMap((one) => one.channel ?? []))]
  const wish: SampleBody = {
    content,
    ...(channel === '' ? { route } : { route: [{ channel }] }),
    ...(contact === null ? { filter } : { contacts: [contact] }),
  }
  const [key] = useDebouncedValue(JSON.stringify(wish), pauseMs)
  const { data, error } = useQuery({
    queryKey: ['campaigns', 'sample', key],
    queryFn: async ({ signal }) => await api.campaigns.sample(wish, { signal }),
    enabled: content.text.trim() !== '',
    placeholderData: keepPreviousData,
  })
  const sample = data?.items[0]
  return (
    <Section title={t('preview.title')}>
      <Group align="flex-end" gap="sm">
        <ContactSelect value={contact} onChange={setContact} />
        <SegmentedControl
          aria-label={t('preview.channel')}
          value={channel}
          onChange={setChannel}
          data={[
            { value: '', label: t('preview.byRoute') },
            ...channels.map((one) => ({
              value: one,
              label: t(`channels.${one}`, { defaultValue: one }),
            })),
          ]}
        />
      </Group>
      <ErrorNotice error={error} />
      {content.text.trim() === '' ? <Text c="dimmed">{t('preview.empty')}</Text> : null}
      {data !== undefined && sample === undefined ? (
        <Text c="dimmed">{t('preview.nobody')}</Text>
      ) : null}
      {sample === undefined ? null : <Message sample={sample} />}
    </Section>
  )
}

const Message = ({ sample }: { readonly sample: Sample }) => {
  const { t } = useTranslation('campaigns')
  const { channel, to, text, problem } = sample
  // Other channels are sent neither.
  const [subject, html] = channel === 'email' ? [sample.subject, sample.html] : [null, null]
  if (problem !== null) return <Alert color="red">{problem}</Alert>
  return (
    <Stack gap="xs" data-testid="sample">
      <Text c="dimmed" fz="sm">
        {channel === null ? '' : t(`channels.${channel}`, { defaultValue: channel })} · {to}
      </Text>
      {subject === null ? null : <Text fw={600}>{subject}</Text>}
      {html === null ? (
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {text}
        </Code>
      ) : (
        <SandboxedHtml html={html} title={subject ?? t('preview.title')} height="420px" />
      )}
    </Stack>
  )
}
