/**
 * A rule's action that sends becomes the plan of its deliveries: channels become integrations, durations milliseconds, and defaults
 * are filled in. Pure; everything that is wrong comes back at once, each with a pointer into the body.
 */
import type { FieldError } from '@carillon/domain/errors'
import { asId, parseId, printId, type IntegrationId } from '@carillon/domain/ids'
import { nearestName } from '@carillon/domain/nearest-name'
import { parseDuration } from '@carillon/domain/duration'
import { defaultSendForMs, isTemplate, type Plan, type PlanStep } from '@carillon/domain/plan'
import { ruleRetry, webhookRetry, type RetryPolicy } from '@carillon/domain/retry'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { RouteIntegration } from '../integrations/find-route-integrations.ts'
import { checkReceipts, readFallback } from './read-fallback.ts'
import { longestWaitMs, readRetry } from './read-retry.ts'
import type { RouteStep, SendAction } from './schema.ts'

/** Deliveries wait at most this long: what they refer to is kept for that time. */
const maxSendForMs = 30 * 86_400_000
const minSendForMs = 1_000
/** After the last wait of the schedule there must be time for the last try. */
const lastTryMs = 3_600_000

/** What an action may refer to. */
export type PlanSources = {
  /** The integrations that it names and that the tenant has. */
  readonly integrations: readonly RouteIntegration[]
  readonly connectors: ConnectorRegistry
  /** The reason why a template can't be parsed, or undefined. */
  readonly checkTemplate: (source: string) => string | undefined
}

export type PlanResult =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** `field`: the one that its address is made of, when that is not `to`. */
type PlacedStep = RouteStep & { readonly pointer: string; readonly field?: string }

/** The first document: what a preview shows. Deliveries go to each of them (`forEach`). */
const firstDocument = '{{ data.documents[0].id }}'

/** The steps of an action, each with where it stands. All but notify are routes of one step. */
const stepsOf = (action: SendAction, pointer: string): readonly PlacedStep[] => {
  switch (action.type) {
    case 'notify':
      return action.route.map((step, at) => ({ ...step, pointer: `${pointer}/route/${at}` }))
    case 'call': {
      const { integration, to } = action
      return [{ integration, ...(to === undefined ? {} : { to }), pointer }]
    }
    case 'archive':
      return [{ integration: action.integration, to: firstDocument, pointer }]
    case 'membership': {
      const { integration, email, list } = action
      return [{ integration, to: `${email} ${list}`, pointer, field: 'email' }]
    }
  }
}

/** What has to be looked up before `makePlan`: ids that are well-formed, and channels. */
export const namesIn = (
  action: SendAction,
): { readonly ids: readonly IntegrationId[]; readonly channels: readonly string[] } => {
  const steps = stepsOf(action, '')
  return {
    ids: steps.flatMap(({ integration = '' }) => parseId('integration', integration) ?? []),
    channels: steps.flatMap(({ channel }) => channel ?? []),
  }
}

/** The plan, or all that is wrong with the action. `pointer` is where the action stands in the body. */
export const makePlan = (
  action: SendAction,
  sources: PlanSources,
  pointer = '/action',
): PlanResult => {
  const errors: FieldError[] = []
  const found = stepsOf(action, pointer).map((step) => {
    const integration = integrationOf(step, sources, errors)
    if (integration !== undefined) checkKind(action.type, integration, step, errors)
    return { step, integration }
  })
  const steps = found.map(({ step, integration }) => planStep(step, integration, sources, errors))
  const channels = found.map(({ integration }) => integration?.channel ?? undefined)
  const retry = retryOf(action, { channels, pointer, errors })
  const place = { pointer: `${pointer}/fallback`, errors }
  const fallback = readFallback(action.type === 'notify' ? action.fallback : undefined, place)
  const receiptsMs = (steps.length - 1) * (fallback.receiptWithinMs ?? 0)
  const sendForMs = sendForOf(action, longestWaitMs(retry) + receiptsMs, { pointer, errors })
  const integrations = found.map(({ integration }) => integration)
  checkReceipts(fallback, { integrations, connectors: sources.connectors, sendForMs }, place)
  const plan: Plan = {
    steps,
    ...contentOf(action, sources, { pointer, errors }),
    retry,
    ...fallback,
    whenOpen: action.whenOpen ?? (steps.length > 1 ? 'fallback' : 'hold'),
    sendForMs,
    priority: action.priority === 'bulk' ? 1 : 0,
    ...orderingOf(action, steps, sources, { pointer, errors }),
    ...(action.type === 'archive' ? { forEach: 'documents' } : {}),
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, plan }
}

const integrationOf = (
  { integration, channel, pointer }: PlacedStep,
  sources: PlanSources,
  errors: FieldError[],
): RouteIntegration | undefined => {
  if ((integration === undefined) === (channel === undefined)) {
    const detail = 'Name either an integration (int_…) or a channel, and not both.'
    errors.push({ pointer, detail })
    return undefined
  }
  return integration === undefined
    ? defaultOf(channel ?? '', pointer, sources, errors)
    : namedOf(integration, pointer, sources, errors)
}

const namedOf = (
  text: string,
  pointer: string,
  { integrations }: PlanSources,
  errors: FieldError[],
): RouteIntegration | undefined => {
  const id = parseId('integration', text)
  const found = id === undefined ? undefined : integrations.find((own) => own.id === id)
  if (found === undefined) {
    const detail = `There is no integration "${text.slice(0, 60)}" in this tenant: GET /api/v1/integrations lists them.`
    errors.push({ pointer: `${pointer}/integration`, detail })
  }
  return found
}

const defaultOf = (
  channel: string,
  pointer: string,
  { integrations, connectors }: PlanSources,
  errors: FieldError[],
): RouteIntegration | undefined => {
  const found = integrations.find((own) => own.is_default && own.channel === channel)
  if (found !== undefined) return found
  const channels = [...new Set(Object.values(connectors).flatMap(({ channel }) => channel ?? []))]
  errors.push({ pointer: `${pointer}/channel`, detail: noDefault(channel, channels) })
  return undefined
}

const noDefault = (channel: string, channels: readonly string[]): string => {
  if (channels.some((known) => known === channel)) {
    return `This tenant has no default integration for the channel "${channel}": make one, set isDefault on one, or name an integration.`
  }
  const nearest = nearestName(channel, channels)
  const hint =
    nearest === undefined ? `known are ${channels.join(', ')}.` : `did you mean "${nearest}"?`
  return `There is no channel "${channel}": ${hint}`
}

const callable: readonly string[] = ['http', 'webhook']

/** A notify action goes anywhere that sends; the others to what they are for. */
const checkKind = (
  type: SendAction['type'],
  { channel, connector, name }: RouteIntegration,
  { pointer }: PlacedStep,
  errors: FieldError[],
): void => {
  const detail =
    channel === null
      ? `"${name}" (${connector}) does not send: name an integration of a channel.`
      : misfit(type, channel, name)
  if (detail !== undefined) errors.push({ pointer: `${pointer}/integration`, detail })
}

const misfit = (type: SendAction['type'], channel: string, name: string): string | undefined => {
  const serves = `"${name}" serves the channel "${channel}"`
  if (type === 'call' && !callable.includes(channel))
    return `${serves}; a call goes to an http or webhook integration. Use a notify action.`
  if (type === 'archive' && channel !== 'archive')
    return `${serves}; documents are archived by an archive integration.`
  return type === 'membership' && channel !== 'membership'
    ? `${serves}; memberships are changed by an integration with lists, such as of mailman.`
    : undefined
}

/** The step of the plan. A literal address is stored as the connector writes it; a template can only be parsed. */
const planStep = (
  { to = '', pointer, field = 'to' }: PlacedStep,
  integration: RouteIntegration | undefined,
  { connectors, checkTemplate }: PlanSources,
  errors: FieldError[],
): PlanStep => {
  const step = { integrationId: integration?.id ?? '', to }
  if (isTemplate(to)) {
    pushTemplate(checkTemplate(to), `${pointer}/${field}`, errors)
    return step
  }
  const connector = Object.values(connectors).find(({ id }) => id === integration?.connector)
  if (integration === undefined) return step
  if (connector === undefined) {
    const detail = `The connector "${integration.connector}" of "${integration.name}" is not in this version.`
    errors.push({ pointer: `${pointer}/integration`, detail })
    return step
  }
  // That it does not send was said before.
  if (connector.send === undefined) return step
  const parsed = connector.parseAddress(to)
  if (parsed.ok) return { ...step, to: parsed.address }
  errors.push({ pointer: `${pointer}/${field}`, detail: parsed.reason })
  return step
}

const pushTemplate = (reason: string | undefined, pointer: string, errors: FieldError[]): void => {
  if (reason !== undefined) errors.push({ pointer, detail: `The template is not valid: ${reason}` })
}

type Place = { readonly pointer: string; readonly errors: FieldError[] }

const contentOf = (
  action: SendAction,
  { checkTemplate }: PlanSources,
  { pointer, errors }: Place,
): Pick<Plan, 'content'> => {
  if (action.type === 'membership') {
    const { change, name = '' } = action
    pushTemplate(checkTemplate(name), `${pointer}/name`, errors)
    return { content: { text: change, subject: name } }
  }
  const content = action.type === 'notify' ? action.content : undefined
  if (content === undefined) return {}
  for (const [part, source] of Object.entries(content)) {
    pushTemplate(checkTemplate(source), `${pointer}/content/${part}`, errors)
  }
  return { content }
}

/** Changes for one address and list go in the order of their events: subscribed and then unsubscribed must not end subscribed. */
const orderingOf = (
  { type, orderingKey }: SendAction,
  [first]: readonly PlanStep[],
  { checkTemplate }: PlanSources,
  { pointer, errors }: Place,
): Pick<Plan, 'orderingKey'> => {
  if (orderingKey === undefined) {
    return type === 'membership' ? { orderingKey: `membership ${first?.to ?? ''}` } : {}
  }
  pushTemplate(checkTemplate(orderingKey), `${pointer}/orderingKey`, errors)
  return { orderingKey }
}

const retryOf = (
  { retry }: SendAction,
  { channels, pointer, errors }: Place & { readonly channels: readonly (string | undefined)[] },
): RetryPolicy => {
  // A document may not be there yet, or the store be down for a day: archives try as long as webhooks.
  const isPatient = channels.every((channel) => channel === 'webhook' || channel === 'archive')
  const standard = isPatient ? webhookRetry : ruleRetry
  if (retry === undefined) return standard
  const read = readRetry(retry, `${pointer}/retry`)
  if (read.ok) return read.policy
  errors.push(...read.errors)
  return standard
}

/**
 * Three days, or longer where the waits need it: the Standard Webhooks schedule alone takes 75 hours, and its last try would
 * always be too late.
 */
const sendForOf = (
  { sendUntil }: SendAction,
  waitsMs: number,
  { pointer, errors }: Place,
): number => {
  if (sendUntil === undefined) {
    return Math.min(maxSendForMs, Math.max(defaultSendForMs, waitsMs + lastTryMs))
  }
  const ms = parseDuration(sendUntil)
  const at = `${pointer}/sendUntil`
  if (typeof ms !== 'number') errors.push({ pointer: at, detail: `"${sendUntil}" ${ms.error}.` })
  else if (ms < minSendForMs || ms > maxSendForMs) {
    errors.push({ pointer: at, detail: 'Must be from 1s to 30d.' })
  }
  return typeof ms === 'number' ? ms : defaultSendForMs
}

/** The id of a plan's integration as the API prints it. */
export const printStep = ({
  integrationId,
  to,
}: PlanStep): { integration: string; to: string } => ({
  integration: printId('integration', asId('integration', integrationId)),
  to,
})
