/** A rule's conditions, action and message as people read them; what has no words is shown as JSON. */
import { List, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '../../components/code-block.tsx'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { ObjectLink } from '../../components/object-link.tsx'
import { SandboxedHtml } from '../../components/sandboxed-html.tsx'
import { Section } from '../../components/section.tsx'
import { IntegrationLink } from '../integrations/integration-link.tsx'
import { readConditions, wordsOf } from './conditions.ts'
import { readDraft, type Draft } from './draft.ts'
import type { Rule } from './queries.ts'

/** Sections. */
export const RuleInWords = ({ rule }: { readonly rule: Rule }) => {
  const { t } = useTranslation('rules')
  const draft = readDraft({ ...rule, filter: {} })
  return (
    <>
      <Section title={t('conditions')}>
        <Conditions filter={rule.filter} />
      </Section>
      {draft === undefined ? (
        <Section title={t('action')}>
          <JsonView value={rule.action} label={t('action')} />
        </Section>
      ) : (
        <>
          <Section title={t('action')}>
            <Text>{t(`kinds.${draft.kind}`)}</Text>
            <ActionFacts draft={draft} />
          </Section>
          <Message {...draft} />
        </>
      )}
    </>
  )
}

const Conditions = ({ filter }: { readonly filter: unknown }) => {
  const { t } = useTranslation('rules')
  const conditions = readConditions(filter)
  if (conditions === undefined) return <JsonView value={filter} label={t('conditions')} />
  if (conditions.length === 0) return <Text c="dimmed">{t('noConditions')}</Text>
  return (
    <List>
      {conditions.map(({ path, operator, value }) => (
        <List.Item key={`${path} ${operator}`}>
          <code>{path}</code> {t(wordsOf(operator, value))}{' '}
          {operator === 'exists' ? null : <code>{value}</code>}
        </List.Item>
      ))}
    </List>
  )
}

/** What the action says beside the words of a message; what is left to its default is left out. */
const ActionFacts = ({ draft }: { readonly draft: Draft }) => {
  const { t } = useTranslation('rules')
  const { kind, fallback, whenOpen, priority } = draft
  const shown = (text: string): string | null => (text === '' ? null : text)
  return (
    <Facts
      items={[
        [
          t('fields.subscription'),
          draft.subscriptionId === '' ? null : (
            <ObjectLink key="subscription" type="subscription" id={draft.subscriptionId}>
              {draft.subscriptionId}
            </ObjectLink>
          ),
        ],
        [
          t('fields.integration'),
          kind !== 'track' ? null : <IntegrationLink key="by" id={draft.integration} />,
        ],
        [t('fields.list'), shown(draft.list)],
        [t('fields.change'), kind === 'membership' ? t(`memberChanges.${draft.change}`) : null],
        [t('fields.email'), shown(draft.email)],
        [t('fields.memberName'), shown(draft.memberName)],
        [t('fields.remoteId'), shown(draft.remoteId)],
        [t('fields.reference'), shown(draft.reference)],
        [t('fields.delays'), shown(draft.delays)],
        [t('fields.sendUntil'), shown(draft.sendUntil)],
        [t('fields.fallback'), fallback === '' ? null : t(`fallbacks.${fallback}`)],
        [t('fields.receiptWithin'), shown(draft.receiptWithin)],
        [t('fields.whenOpen'), whenOpen === '' ? null : t(`breakerWays.${whenOpen}`)],
        [t('fields.priority'), priority === '' ? null : t(`priorities.${priority}`)],
        [t('fields.orderingKey'), shown(draft.orderingKey)],
      ]}
    />
  )
}

type MessageProps = { readonly subject: string; readonly text: string; readonly html: string }

const Message = ({ subject, text, html }: MessageProps) => {
  const { t } = useTranslation('rules')
  if (subject === '' && text === '' && html === '') return null
  return (
    <Section title={t('message')}>
      {subject === '' ? null : <Text fw={600}>{subject}</Text>}
      {text === '' ? null : <CodeBlock isText code={text} label={t('try.text')} />}
      {html === '' ? null : <SandboxedHtml html={html} title={t('try.html')} height="240px" />}
    </Section>
  )
}
