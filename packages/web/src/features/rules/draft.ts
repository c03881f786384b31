/** A rule as the form holds it, and as the API takes it. Pure. */
import { readConditions, writeConditions, type Condition } from './conditions.ts'
import type { Action, Rule, RuleBody } from './queries.ts'

export type Step = { readonly integration: string; readonly to: string }

export type Draft = {
  readonly name: string
  readonly eventType: string
  readonly conditions: readonly Condition[]
  readonly kind: 'notify' | 'publish'
  readonly steps: readonly Step[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly subscriptionId: string
  readonly sendUntil: string
  /** Waits before further tries: `5m, 30m`. */
  readonly delays: string
  readonly enabled: boolean
}

export const emptyDraft: Draft = {
  name: '',
  eventType: '',
  conditions: [],
  kind: 'notify',
  steps: [{ integration: '', to: '' }],
  subject: '',
  text: '',
  html: '',
  subscriptionId: '',
  sendUntil: '',
  delays: '',
  enabled: true,
}

type Shown = {
  readonly type?: string
  readonly route?: readonly {
    readonly integration?: string
    readonly channel?: string
    readonly to?: string
  }[]
  readonly content?: { readonly subject?: string; readonly text?: string; readonly html?: string }
  readonly subscriptionId?: string
  readonly sendUntil?: string
  readonly retry?: { readonly delays?: readonly string[] }
}

/** What the form has fields for; a rule that says more is changed as JSON. */
const known: Readonly<Record<string, readonly string[]>> = {
  notify: ['type', 'route', 'content', 'sendUntil', 'retry'],
  publish: ['type', 'subscriptionId'],
}

const readAction = (action: unknown): Shown | undefined => {
  if (typeof action !== 'object' || action === null || !('type' in action)) return undefined
  const names = known[String(action.type)]
  if (names === undefined || !Object.keys(action).every((name) => names.includes(name)))
    return undefined
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser of what the API shows
  return action as Shown
}

/** The draft of a rule; undefined when the form can't show all of it. */
export const readDraft = (rule: Rule | RuleBody): Draft | undefined => {
  const conditions = readConditions(rule.filter ?? {})
  const action = readAction(rule.action)
  if (conditions === undefined || action === undefined) return undefined
  const { name, eventType, enabled = true } = rule
  const {
    route = [],
    content = {},
    subscriptionId = '',
    sendUntil = '',
    retry = { delays: [] },
  } = action
  if (route.some((step) => step.integration === undefined)) return undefined
  if (Object.keys(retry).join() !== 'delays') return undefined
  return {
    ...emptyDraft,
    name,
    eventType,
    enabled,
    conditions,
    kind: action.type === 'publish' ? 'publish' : 'notify',
    ...(route.length === 0
      ? {}
      : { steps: route.map(({ integration = '', to = '' }) => ({ integration, to })) }),
    subject: content.subject ?? '',
    text: content.text ?? '',
    html: content.html ?? '',
    subscriptionId,
    sendUntil,
    delays: (retry.delays ?? []).join(', '),
  }
}

const contentOf = ({
  subject,
  text,
  html,
}: Draft): { content?: { subject?: string; text?: string; html?: string } } => {
  const content = {
    ...(subject.trim() === '' ? {} : { subject }),
    ...(text.trim() === '' ? {} : { text }),
    ...(html.trim() === '' ? {} : { html }),
  }
  return Object.keys(content).length === 0 ? {} : { content }
}

const retryOf = ({ delays }: Draft): { retry?: { delays: string[] } } => {
  const waits = delays.split(/[\s,]+/).filter((wait) => wait !== '')
  return waits.length === 0 ? {} : { retry: { delays: waits } }
}

const actionOf = (draft: Draft): Action =>
  draft.kind === 'publish'
    ? { type: 'publish', subscriptionId: draft.subscriptionId }
    : {
        type: 'notify',
        route: draft.steps.map(({ integration, to }) => ({
          integration,
          ...(to.trim() === '' ? {} : { to: to.trim() }),
        })),
        ...contentOf(draft),
        ...(draft.sendUntil === '' ? {} : { sendUntil: draft.sendUntil }),
        ...retryOf(draft),
      }

/** The body of a draft. */
export const writeDraft = (draft: Draft): RuleBody => ({
  name: draft.name.trim(),
  eventType: draft.eventType.trim(),
  filter: writeConditions(draft.conditions),
  action: actionOf(draft),
  enabled: draft.enabled,
})

/** Has it all that a try needs? */
export const isTriable = ({ eventType, kind, steps, subscriptionId }: Draft): boolean =>
  eventType.trim() !== '' &&
  (kind === 'publish'
    ? subscriptionId !== ''
    : steps.every(({ integration }) => integration !== ''))
