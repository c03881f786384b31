/** A rule as the form holds it, and as the API takes it. Pure. */
import { readConditions, writeConditions, type Condition } from './conditions.ts'
import type { Action, Rule, RuleBody } from './queries.ts'

export type Step = { readonly integration: string; readonly to: string }

/** What a rule can do; in the order in which the form offers it. */
export const kinds = ['notify', 'publish', 'call', 'archive', 'membership', 'track'] as const
export type Kind = (typeof kinds)[number]

export const memberChanges = ['subscribe', 'unsubscribe', 'hold', 'unhold', 'rename'] as const
export type MemberChange = (typeof memberChanges)[number]

export const fallbacks = ['at_once', 'after_retries', 'no_receipt'] as const
export const breakerWays = ['hold', 'fallback', 'skip'] as const
export const priorities = ['transactional', 'bulk'] as const

export type Draft = {
  readonly name: string
  readonly eventType: string
  readonly conditions: readonly Condition[]
  readonly kind: Kind
  readonly steps: readonly Step[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly subscriptionId: string
  /** Of a call, an archive, a membership or a tracker. */
  readonly integration: string
  /** Where a call goes. */
  readonly to: string
  readonly list: string
  readonly change: MemberChange
  readonly email: string
  readonly memberName: string
  readonly remoteId: string
  readonly reference: string
  /** The item keeps the event's data. */
  readonly keepsData: boolean
  readonly sendUntil: string
  /** Waits before further tries: `5m, 30m`. */
  readonly delays: string
  readonly fallback: (typeof fallbacks)[number] | ''
  /** With `no_receipt`: `24h`. */
  readonly receiptWithin: string
  readonly whenOpen: (typeof breakerWays)[number] | ''
  readonly priority: (typeof priorities)[number] | ''
  readonly orderingKey: string
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
  integration: '',
  to: '',
  list: '',
  change: 'subscribe',
  email: '',
  memberName: '',
  remoteId: '',
  reference: '',
  keepsData: false,
  sendUntil: '',
  delays: '',
  fallback: '',
  receiptWithin: '',
  whenOpen: '',
  priority: '',
  orderingKey: '',
  enabled: true,
}

/** An action as the API shows it, all kinds in one. */
type Shown = {
  readonly type: Kind
  readonly route?: readonly {
    readonly integration?: string
    readonly channel?: string
    readonly to?: string
  }[]
  readonly content?: { readonly subject?: string; readonly text?: string; readonly html?: string }
  readonly retry?: { readonly delays?: readonly string[] }
  readonly metadata?: unknown
  readonly name?: string
  readonly fallback?: 'at_once' | 'after_retries' | { readonly noReceiptWithin: string }
} & Partial<
  Pick<
    Draft,
    | 'subscriptionId'
    | 'integration'
    | 'to'
    | 'list'
    | 'change'
    | 'email'
    | 'remoteId'
    | 'reference'
    | 'sendUntil'
    | 'whenOpen'
    | 'priority'
    | 'orderingKey'
  >
>

const sending = ['sendUntil', 'retry', 'whenOpen', 'priority', 'orderingKey'] as const

/** What the form has fields for; a rule that says more is changed as JSON. */
const known: Readonly<Record<Kind, readonly string[]>> = {
  notify: ['type', 'route', 'content', 'fallback', ...sending],
  publish: ['type', 'subscriptionId'],
  call: ['type', 'integration', 'to', ...sending],
  archive: ['type', 'integration', ...sending],
  membership: ['type', 'integration', 'list', 'change', 'email', 'name', ...sending],
  track: ['type', 'integration', 'remoteId', 'reference', 'metadata'],
}

const isKind = (value: unknown): value is Kind => kinds.some((kind) => kind === value)

const readAction = (action: unknown): Shown | undefined => {
  if (typeof action !== 'object' || action === null || !('type' in action)) return undefined
  const { type } = action
  if (!isKind(type) || !Object.keys(action).every((name) => known[type].includes(name)))
    return undefined
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser of what the API shows
  return action as Shown
}

/** What an action does, as the API shows it. */
export const kindOf = (action: unknown): Kind => {
  const type = typeof action === 'object' && action !== null && 'type' in action ? action.type : ''
  return isKind(type) ? type : 'notify'
}

/** Does the form have a field for each thing that the action says? */
const isShowable = ({ route = [], retry = { delays: [] }, metadata = false }: Shown): boolean =>
  route.every((step) => step.integration !== undefined) &&
  Object.keys(retry).join() === 'delays' &&
  typeof metadata === 'boolean'

const readFallback = (fallback: Shown['fallback']): Pick<Draft, 'fallback' | 'receiptWithin'> =>
  typeof fallback === 'object'
    ? { fallback: 'no_receipt', receiptWithin: fallback.noReceiptWithin }
    : { fallback: fallback ?? '', receiptWithin: '' }

/** The draft of a rule; undefined when the form can't show all of it. */
export const readDraft = (rule: Rule | RuleBody): Draft | undefined => {
  const conditions = readConditions(rule.filter ?? {})
  const action = readAction(rule.action)
  if (conditions === undefined || action === undefined || !isShowable(action)) return undefined
  const { name, eventType, enabled = true } = rule
  const { type, route = [], content, retry, metadata, name: memberName, fallback, ...rest } = action
  return {
    ...emptyDraft,
    ...rest,
    name,
    eventType,
    enabled,
    conditions,
    kind: type,
    ...readFallback(fallback),
    ...(route.length === 0
      ? {}
      : { steps: route.map(({ integration = '', to = '' }) => ({ integration, to })) }),
    ...content,
    memberName: memberName ?? '',
    keepsData: metadata === true,
    delays: (retry?.delays ?? []).join(', '),
  }
}

/** The fields that are filled in; the API's defaults hold for the others. */
const filled = <Field extends string>(
  fields: Readonly<Record<Field, string>>,
): { readonly [Name in Field]?: string } =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- entries of the same record, some left out
  Object.fromEntries(
    Object.entries<string>(fields).flatMap(([name, text]) =>
      text.trim() === '' ? [] : [[name, text.trim()]],
    ),
  ) as { readonly [Name in Field]?: string }

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

const sendingOf = ({ delays, sendUntil, whenOpen, priority, orderingKey }: Draft) => {
  const waits = delays.split(/[\s,]+/).filter((wait) => wait !== '')
  return {
    ...filled({ sendUntil, orderingKey }),
    ...(whenOpen === '' ? {} : { whenOpen }),
    ...(priority === '' ? {} : { priority }),
    ...(waits.length === 0 ? {} : { retry: { delays: waits } }),
  }
}

const notifyOf = (draft: Draft): Action => ({
  type: 'notify',
  route: draft.steps.map(({ integration, to }) => ({ integration, ...filled({ to }) })),
  ...contentOf(draft),
  ...fallbackOf(draft),
  ...sendingOf(draft),
})

const fallbackOf = ({ fallback, receiptWithin }: Draft) => {
  if (fallback === '') return {}
  return {
    fallback:
      fallback === 'no_receipt' ? { noReceiptWithin: receiptWithin.trim() || '24h' } : fallback,
  }
}

const actionOf = (draft: Draft): Action => {
  const { kind: type, integration, to, reference } = draft
  switch (type) {
    case 'notify':
      return notifyOf(draft)
    case 'publish':
      return { type, subscriptionId: draft.subscriptionId }
    case 'call':
      return { type, integration, ...filled({ to }), ...sendingOf(draft) }
    case 'archive':
      return { type, integration, ...sendingOf(draft) }
    case 'membership': {
      const { list, change, email, memberName } = draft
      const who = {
        list: list.trim(),
        change,
        email: email.trim(),
        ...filled({ name: memberName }),
      }
      return { type, integration, ...who, ...sendingOf(draft) }
    }
    case 'track': {
      const what = { remoteId: draft.remoteId.trim(), ...filled({ reference }) }
      return { type, integration, ...what, ...(draft.keepsData ? { metadata: true } : {}) }
    }
  }
}

/** The body of a draft. */
export const writeDraft = (draft: Draft): RuleBody => ({
  name: draft.name.trim(),
  eventType: draft.eventType.trim(),
  filter: writeConditions(draft.conditions),
  action: actionOf(draft),
  enabled: draft.enabled,
})

const isComplete = (draft: Draft): boolean => {
  const { kind, steps, subscriptionId, integration, list, email, remoteId } = draft
  switch (kind) {
    case 'notify':
      return steps.every((step) => step.integration !== '')
    case 'publish':
      return subscriptionId !== ''
    case 'call':
    case 'archive':
      return integration !== ''
    case 'membership':
      return [integration, list.trim(), email.trim()].every((text) => text !== '')
    case 'track':
      return integration !== '' && remoteId.trim() !== ''
  }
}

/** Has it all that a try needs? */
export const isTriable = (draft: Draft): boolean =>
  draft.eventType.trim() !== '' && isComplete(draft)
