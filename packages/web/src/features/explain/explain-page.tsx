/** Pick an event, real or typed, and a person: every decision with its reason, and what it comes to. */
import { Button, Group, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ExplainCreateBody } from '@carillon/client/api.gen'
import { api } from '../../app/api.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { Explanation } from './explanation.tsx'
import { PickEvent } from './pick-event.tsx'
import type { ExplainSearch } from './search.ts'
import { useTypedEvent } from './use-typed-event.ts'

const route = getRouteApi('/app/explain')

/** The page at /explain. */
export const ExplainPage = () => {
  const { t } = useTranslation('explain')
  const search = route.useSearch()
  const isTyped = search.delivery === undefined && search.eventId === undefined
  const [mode, setMode] = useState(isTyped && search.from !== undefined ? 'typed' : 'past')
  return (
    <Page title={t('title')} about={t('about')}>
      <SegmentedControl
        aria-label={t('mode')}
        value={mode}
        onChange={setMode}
        data={[
          { value: 'past', label: t('modes.past') },
          { value: 'typed', label: t('modes.typed') },
        ]}
        maw="28rem"
      />
      {mode === 'past' ? (
        <Past key={JSON.stringify(search)} onType={() => setMode('typed')} />
      ) : (
        <Typed />
      )}
    </Page>
  )
}

/** The id that was typed: a delivery's or an event's. */
const asked = (id: string, person: string): ExplainSearch => ({
  ...(id.startsWith('dlv_') ? { delivery: id } : { eventId: id }),
  ...(person === '' ? {} : { person }),
})

const Past = ({ onType }: { readonly onType: () => void }) => {
  const { t } = useTranslation('explain')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [id, setId] = useState(search.delivery ?? search.eventId ?? '')
  const [person, setPerson] = useState(search.person ?? '')
  const submit = (event: { readonly preventDefault: () => void }): void => {
    event.preventDefault()
    void navigate({ search: asked(id.trim(), person.trim()) })
  }
  const { delivery, eventId } = search
  const body: ExplainCreateBody | undefined =
    delivery !== undefined
      ? { delivery }
      : eventId === undefined
        ? undefined
        : { eventId, ...(search.person === undefined ? {} : { person: search.person }) }
  return (
    <>
      <form onSubmit={submit}>
        <Group align="flex-end" gap="xs">
          <PickEvent value={id} onPick={setId} />
          <TextInput
            label={t('id')}
            description={t('idAbout')}
            value={id}
            onChange={(event) => setId(event.currentTarget.value)}
            required
            w={{ base: '100%', sm: '24rem' }}
          />
          <PersonInput value={person} onChange={setPerson} />
          <Button type="submit">{t('ask')}</Button>
        </Group>
      </form>
      {body === undefined ? <Nothing onType={onType} /> : <Answer body={body} />}
    </>
  )
}

const Typed = () => {
  const { t } = useTranslation('explain')
  const search = route.useSearch()
  const { text, setText, read, problem } = useTypedEvent(search.from)
  const [person, setPerson] = useState(search.person ?? '')
  const [body, setBody] = useState<ExplainCreateBody>()
  const submit = (event: { readonly preventDefault: () => void }): void => {
    event.preventDefault()
    const typed = read()
    if (typed === undefined) return
    setBody({ event: typed, ...(person.trim() === '' ? {} : { person: person.trim() }) })
  }
  return (
    <>
      <form onSubmit={submit}>
        <Stack gap="xs" maw="48rem">
          <Textarea
            label={t('event')}
            description={t('eventAbout')}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={problem === undefined ? undefined : t('broken', { problem })}
            autosize
            minRows={8}
            maxRows={24}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          />
          <Group align="flex-end" gap="xs">
            <PersonInput value={person} onChange={setPerson} />
            <Button type="submit">{t('ask')}</Button>
          </Group>
        </Stack>
      </form>
      {body === undefined ? null : <Answer body={body} />}
    </>
  )
}

const PersonInput = ({
  value,
  onChange,
}: {
  readonly value: string
  readonly onChange: (value: string) => void
}) => {
  const { t } = useTranslation('explain')
  return (
    <TextInput
      label={t('person')}
      description={t('personAbout')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      w={{ base: '100%', sm: '20rem' }}
    />
  )
}

const Answer = ({ body }: { readonly body: ExplainCreateBody }) => {
  const { t } = useTranslation('explain')
  const query = useQuery({
    queryKey: ['explain', body],
    queryFn: async ({ signal }) => await api.explain.create(body, { signal }),
  })
  return (
    <Stack>
      <ErrorNotice error={query.error} />
      {query.isPending ? <Waiting /> : null}
      {query.data === undefined ? null : <Explanation answer={query.data} />}
      {query.isPending ? null : (
        <Section title={t('byApi')}>
          <ApiTab
            call={{ method: 'POST', path: '/api/v1/explain', body }}
            sdk={`explain.create(${JSON.stringify(body)})`}
          />
        </Section>
      )}
    </Stack>
  )
}

const Nothing = ({ onType }: { readonly onType: () => void }) => {
  const { t } = useTranslation('explain')
  return (
    <EmptyState
      icon="question"
      title={t('empty.title')}
      text={t('empty.text')}
      action={<Button onClick={onType}>{t('empty.action')}</Button>}
      call={{
        method: 'POST',
        path: '/api/v1/explain',
        body: { event: { type: 'order.paid', data: { total: 12.5 } }, person: 'anna@example.org' },
      }}
    />
  )
}
