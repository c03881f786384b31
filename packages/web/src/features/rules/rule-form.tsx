/** The builder of a rule: a form, or the same as JSON, with a live try on events that came in beside it. */
import { Button, Grid, Group, SegmentedControl, Stack, Switch, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RulesTestBody } from '@carillon/client/api.gen'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Section } from '../../components/section.tsx'
import { ActionFields } from './action-fields.tsx'
import { ConditionFields } from './condition-fields.tsx'
import { emptyDraft, isTriable, readDraft, writeDraft, type Draft } from './draft.ts'
import type { Rule, RuleBody } from './queries.ts'
import { RuleJson } from './rule-json.tsx'
import { TryRule } from './try-rule.tsx'

type Props = {
  /** Absent: a new one. */
  readonly rule?: Rule
  readonly onSave: (body: RuleBody) => Promise<void>
  readonly saveLabel: string
}

const pauseMs = 400

/** What the form begins with: a draft, or text where a draft would lose something. */
const begin = (rule: Rule | undefined): { readonly draft: Draft; readonly isJson: boolean } => {
  if (rule === undefined) return { draft: emptyDraft, isJson: false }
  const draft = readDraft(rule)
  return draft === undefined ? { draft: emptyDraft, isJson: true } : { draft, isJson: false }
}

/** The form. */
export const RuleForm = ({ rule, onSave, saveLabel }: Props) => {
  const { t } = useTranslation('rules')
  const [begun] = useState(() => begin(rule))
  const [isJson, setJson] = useState(begun.isJson)
  const [draft, setDraft] = useState(begun.draft)
  const [body, setBody] = useState<RuleBody>(() =>
    rule === undefined || !begun.isJson ? writeDraft(begun.draft) : bodyOf(rule),
  )
  const save = useMutation({ mutationFn: onSave })
  const current = isJson ? body : writeDraft(draft)
  const [tried] = useDebouncedValue(isJson || isTriable(draft) ? current : undefined, pauseMs)
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part })
  const turn = (mode: string): void => {
    if (mode === 'json') setBody(writeDraft(draft))
    const read = mode === 'form' ? readDraft(body) : undefined
    if (read !== undefined) setDraft(read)
    setJson(mode === 'json')
  }
  const submit = (event: { readonly preventDefault: () => void }): void => {
    event.preventDefault()
    save.mutate(current)
  }
  const canForm = !isJson || readDraft(body) !== undefined
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <form onSubmit={submit}>
          <Stack>
            <Mode isJson={isJson} canForm={canForm} onChange={turn} />
            {isJson ? (
              <RuleJson body={body} onChange={setBody} />
            ) : (
              <Fields draft={draft} change={change} />
            )}
            <ErrorNotice error={save.error} />
            <Group>
              <Button type="submit" loading={save.isPending}>
                {saveLabel}
              </Button>
            </Group>
          </Stack>
        </form>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Section title={t('try.title')}>
          <TryRule eventType={current.eventType} given={triedOf(tried)} />
        </Section>
      </Grid.Col>
    </Grid>
  )
}

/** A rule without a name can be tried, and one with an empty name can't. */
const triedOf = (body: RuleBody | undefined): Pick<RulesTestBody, 'rule'> | undefined => {
  if (body === undefined) return undefined
  const { name, ...rule } = body
  return { rule: name === '' ? rule : body }
}

type ModeProps = {
  readonly isJson: boolean
  readonly canForm: boolean
  readonly onChange: (mode: string) => void
}

const Mode = ({ isJson, canForm, onChange }: ModeProps) => {
  const { t } = useTranslation('rules')
  return (
    <SegmentedControl
      aria-label={t('mode')}
      value={isJson ? 'json' : 'form'}
      onChange={onChange}
      data={[
        { value: 'form', label: t('modes.form'), disabled: !canForm },
        { value: 'json', label: 'JSON' },
      ]}
      maw="16rem"
    />
  )
}

/** What the API shows, as it takes it. */
const bodyOf = ({ name, eventType, filter, action, enabled }: Rule): RuleBody => ({
  name,
  eventType,
  filter,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as it was given, and it is checked again when it is saved
  action: action as RuleBody['action'],
  enabled,
})

const Fields = ({
  draft,
  change,
}: {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
}) => {
  const { t } = useTranslation('rules')
  return (
    <>
      <TextInput
        label={t('fields.name')}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        required
        maxLength={200}
      />
      <TextInput
        label={t('fields.eventType')}
        description={t('fields.eventTypeAbout')}
        value={draft.eventType}
        onChange={(event) => change({ eventType: event.currentTarget.value })}
        required
        maxLength={200}
      />
      <ConditionFields
        conditions={draft.conditions}
        onChange={(conditions) => change({ conditions })}
      />
      <ActionFields draft={draft} change={change} />
      <Switch
        label={t('enabled')}
        checked={draft.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
    </>
  )
}
