/** A rule's conditions and message as people read them; what has no words is shown as JSON. */
import { List, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '../../components/code-block.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { SandboxedHtml } from '../../components/sandboxed-html.tsx'
import { Section } from '../../components/section.tsx'
import { readConditions } from './conditions.ts'
import { readDraft } from './draft.ts'
import type { Rule } from './queries.ts'

/** Two sections. */
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
        <Message {...draft} />
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
          <code>{path}</code> {t(`operators.${operator}`)} <code>{value}</code>
        </List.Item>
      ))}
    </List>
  )
}

type MessageProps = { readonly subject: string; readonly text: string; readonly html: string }

const Message = ({ subject, text, html }: MessageProps) => {
  const { t } = useTranslation('rules')
  if (subject === '' && text === '' && html === '') return null
  return (
    <Section title={t('message')}>
      {subject === '' ? null : <Text fw={600}>{subject}</Text>}
      {text === '' ? null : <CodeBlock code={text} label={t('try.text')} />}
      {html === '' ? null : <SandboxedHtml html={html} title={t('try.html')} height="240px" />}
    </Section>
  )
}
