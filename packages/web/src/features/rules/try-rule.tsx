/** Tries a rule on events that really came in, and shows what it would send. Nothing is sent. */
import { List, Select, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RulesTestAnswer, RulesTestBody } from '@carillon/client/api.gen'
import { useMay } from '../../app/session.ts'
import { useZone } from '../../app/use-zone.ts'
import { CodeBlock } from '../../components/code-block.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { dateTime } from '../../components/format.ts'
import { JsonView } from '../../components/json-view.tsx'
import { SandboxedHtml } from '../../components/sandboxed-html.tsx'
import { Section } from '../../components/section.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { operators, wordsOf, type Operator } from './conditions.ts'
import { recentEventsQuery, tryQuery } from './queries.ts'

type Explained = RulesTestAnswer['rules'][number]
type Draft = Pick<RulesTestBody, 'rule' | 'ruleId'>

type Props = {
  /** Events of this type are offered; types with a star: all. */
  readonly eventType: string
  /** The rule; undefined: it is not complete yet. */
  readonly given: Draft | undefined
}

/** An example is offered where no event came in yet. */
const exampleEvent = { type: 'order.paid', data: { total: 12.5 } }

/** The choice of an event, and what the rule says to it. */
export const TryRule = ({ eventType, given }: Props) => {
  const { t, i18n } = useTranslation('rules')
  const zone = useZone()
  const [chosen, setChosen] = useState<string | null>(null)
  const query = useQuery({
    ...recentEventsQuery(eventType.endsWith('*') ? eventType : eventType.trim()),
    enabled: useMay('events:read'),
  })
  const events = query.data ?? []
  const event = events.find(({ id }) => id === chosen) ?? events[0]
  const tried =
    event === undefined
      ? { ...exampleEvent, type: eventType.replace(/\*$/, 'example') || exampleEvent.type }
      : {
          type: event.type,
          source: event.source,
          ...(event.subject === null ? {} : { subject: event.subject }),
          time: event.time,
          data: event.data,
        }
  const result = useQuery(tryQuery(given === undefined ? undefined : { ...given, event: tried }))
  const [explained] = result.data?.rules ?? []
  return (
    <Stack gap="sm">
      {events.length === 0 ? (
        <Text c="dimmed">{t('try.none')}</Text>
      ) : (
        <Select
          label={t('try.event')}
          data={events.map((one) => ({
            value: one.id,
            label: `${one.type} · ${one.subject ?? one.sourceId} · ${dateTime(one.acceptedAt, zone, i18n.language)}`,
          }))}
          value={event?.id ?? null}
          onChange={setChosen}
          allowDeselect={false}
        />
      )}
      <ErrorNotice error={result.error} />
      {result.isLoading ? <Waiting /> : null}
      {explained === undefined ? null : <Explained explained={explained} />}
    </Stack>
  )
}

const Explained = ({ explained }: { readonly explained: Explained }) => {
  const { t } = useTranslation('rules')
  const { matches, typeMatches, conditions, wouldSend, wouldPublish, wouldTrack, enabled } =
    explained
  const held = conditions.filter(({ holds }) => holds).length
  return (
    <Stack gap="sm">
      <div role="status">
        <StateBadge
          tone={matches ? 'good' : 'bad'}
          label={
            matches
              ? t('try.matches', { held, of: conditions.length })
              : t('try.misses', { held, of: conditions.length })
          }
        />
      </div>
      {typeMatches ? null : <Text>{t('try.otherType')}</Text>}
      {enabled ? null : <Text>{t('try.off')}</Text>}
      {conditions.length === 0 ? null : (
        <List spacing={4} listStyleType="none" aria-label={t('conditions')}>
          {conditions.map(({ pointer, operator, path, expected, actual, holds }) => (
            <List.Item key={`${pointer}${operator}`}>
              <StateBadge
                tone={holds ? 'good' : 'bad'}
                label={t(holds ? 'try.holds' : 'try.fails')}
              />{' '}
              <code>{path}</code> {t(wordsOf(operatorOf(operator), expected))}{' '}
              {operator === 'exists' ? null : <code>{expected}</code>} · {t('try.is')}{' '}
              <code>{actual ?? t('try.absent')}</code>
            </List.Item>
          ))}
        </List>
      )}
      {wouldPublish === null ? null : (
        <Text>{t('try.publishes', { label: wouldPublish.label })}</Text>
      )}
      {wouldTrack === null ? null : <Tracking item={wouldTrack} />}
      {wouldSend === null ? null : <Preview preview={wouldSend} />}
    </Stack>
  )
}

const operatorOf = (operator: string): Operator =>
  operators.find((name) => name === operator) ?? 'eq'

const Tracking = ({ item }: { readonly item: NonNullable<Explained['wouldTrack']> }) => {
  const { t } = useTranslation('rules')
  return (
    <Section title={t('try.wouldTrack')}>
      <Facts
        items={[
          [t('fields.integration'), item.name],
          [t('fields.remoteId'), <code key="remote">{item.remoteId}</code>],
          [t('fields.reference'), item.reference],
        ]}
      />
      {item.problem === null ? null : <StateBadge tone="warning" label={item.problem} />}
      {Object.keys(item.metadata).length === 0 ? null : (
        <JsonView value={item.metadata} label={t('fields.keepsData')} />
      )}
    </Section>
  )
}

const Preview = ({ preview }: { readonly preview: NonNullable<Explained['wouldSend']> }) => {
  const { t } = useTranslation('rules')
  const { steps, content, contentProblem, tries, waits, sendUntil, receiptWithin } = preview
  return (
    <Section title={t('try.wouldSend')}>
      <Table aria-label={t('try.wouldSend')}>
        <Table.Tbody>
          {steps.map((step, index) => (
            <Table.Tr key={index}>
              <Table.Td>{index + 1}</Table.Td>
              <Table.Td>{step.name}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{step.to}</Table.Td>
              <Table.Td>
                {step.problem === null ? null : <StateBadge tone="warning" label={step.problem} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text fz="sm" c="dimmed">
        {t('try.tries', { tries, waits: waits.join(', '), sendUntil })}
      </Text>
      {receiptWithin === null ? null : (
        <Text fz="sm" c="dimmed">
          {t('try.receiptWithin', { within: receiptWithin })}
        </Text>
      )}
      {contentProblem === null ? null : <StateBadge tone="bad" label={contentProblem} />}
      {content === null ? null : (
        <Stack gap="xs">
          {content.subject === null ? null : <Text fw={600}>{content.subject}</Text>}
          <CodeBlock isText code={content.text} label={t('try.text')} />
          {content.html === null ? null : (
            <SandboxedHtml html={content.html} title={t('try.html')} height="240px" />
          )}
        </Stack>
      )}
    </Section>
  )
}
