/** What would follow from an event now, and whom it would reach. Nothing is stored and nothing sent. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { toIso } from '@carillon/domain/clock'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { addressKey, isStoppedBy, type SuppressionScope } from '@carillon/domain/suppression'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { Explanation, Preview } from './explained-rule.ts'
import { contentForRegistration } from '../subscriptions/content-for-registration.ts'
import { conclude, decide } from './decide.ts'
import type { Person } from './person.ts'
import * as sql from './queries.ts'
import { otherTypes, ruleDecisions } from './rule-decisions.ts'
import type { Decision, ExplainAnswer } from './schema.ts'
import { walkRoute, type RouteNow, type StepNow, type Walked } from './walk-route.ts'

export type NowContext = {
  readonly client: PoolClient
  readonly tenantId: TenantId
  readonly now: Instant
  readonly person: Person | undefined
  readonly integrations: readonly sql.IntegrationNow[]
  readonly connectors: ConnectorRegistry
  readonly language: string
  /** Names of the subscriptions whose audience a function decides. */
  readonly functions: ReadonlySet<string>
}

type Part = {
  readonly decisions: readonly Decision[]
  readonly walked?: Walked
  readonly because: string
}

/** Without a person a subscription's first ones are walked. */
const mostRegistrations = 20

/** The decisions and what they come to. */
export const explainNow = async (
  rules: readonly Explanation[],
  context: NowContext,
): Promise<Pick<ExplainAnswer, 'decisions' | 'conclusion'>> => {
  const parts: Part[] = []
  if (rules.length === 0)
    parts.push({ decisions: [decide(1, 'no', 'no_rules')], because: 'there are no rules' })
  for (const rule of rules) {
    const own = ruleDecisions(rule)
    if (own === undefined) continue
    // oxlint-disable-next-line no-await-in-loop -- on one connection anyway
    const part = rule.matches ? await explainAction(rule, context) : missed(rule)
    parts.push({ ...part, decisions: [...own, ...part.decisions] })
  }
  const others = rules.filter((rule) => !rule.typeMatches).length
  return {
    decisions: [...parts.flatMap(({ decisions }) => decisions), ...otherTypes(others)],
    conclusion: concludeNow(parts, context),
  }
}

const missed = ({ enabled, name }: Explanation): Part => ({
  decisions: [],
  because: enabled
    ? `the conditions of rule "${name}" do not hold`
    : `rule "${name}" is switched off`,
})

const explainAction = async (rule: Explanation, context: NowContext): Promise<Part> => {
  if (rule.wouldPublish !== null) return await explainPublish(rule.wouldPublish, context)
  if (rule.wouldTrack !== null) {
    const { remoteId, name } = rule.wouldTrack
    const because = `rule "${rule.name}" sends nothing: it has "${name}" follow ${remoteId || 'nothing'}`
    return { decisions: [], because }
  }
  return rule.wouldSend === null
    ? { decisions: [], because: `rule "${rule.name}" sends nothing` }
    : await explainSend(rule.wouldSend, context)
}

const explainSend = async (preview: Preview, context: NowContext): Promise<Part> => {
  const { person, now } = context
  const { steps } = preview
  const isTheirs = (step: Preview['steps'][number]): boolean =>
    person === undefined || person.has(step.channel, step.to)
  if (!steps.some(isTheirs)) {
    const to = steps.map((step) => step.to).join(', ')
    const values = { to, person: person?.name }
    return {
      decisions: [decide(2, 'no', 'rule_writes_to_others', { values })],
      because: `it goes to ${to}`,
    }
  }
  const routed = await Promise.all(steps.map(async (step) => await stepNow(step, {}, context)))
  const route: RouteNow = {
    steps: routed,
    fallback: preview.fallback === 'after_retries' ? 'after_retries' : 'at_once',
    ...(preview.receiptWithin === null ? {} : { receiptWithin: preview.receiptWithin }),
    whenOpen:
      preview.whenOpen === 'skip' || preview.whenOpen === 'fallback' ? preview.whenOpen : 'hold',
  }
  const walked = walkRoute(route, now, 2)
  return { decisions: walked.decisions, walked, because: walked.because }
}

type Topic = { readonly subscriptionId?: string }
type StepWanted = {
  readonly integration: string
  readonly channel: string
  readonly to: string
  readonly problem: string | null
}

const stepNow = async (step: StepWanted, topic: Topic, context: NowContext): Promise<StepNow> => {
  const { integrations, now } = context
  const found = integrations.find(
    ({ id }) => printId('integration', asId('integration', id)) === step.integration,
  )
  const name = found?.name ?? step.integration
  const plain = { to: step.to, channel: step.channel, integration: { id: step.integration, name } }
  if (found === undefined || found.is_deleted || !found.enabled) {
    const reason = found?.enabled === false && !found.is_deleted ? 'switched off' : 'deleted'
    return { ...plain, problem: { kind: 'integration_off', reason } }
  }
  if (step.problem !== null || step.to === '')
    return { ...plain, problem: { kind: 'no_address', reason: step.problem ?? 'no address' } }
  const stopped = await suppressionOf(step, topic, context)
  const { breaker_state: state, open_until: openUntil } = found
  const paused = found.paused_until
  return {
    ...plain,
    ...(stopped === undefined
      ? {}
      : {
          suppression: {
            id: printId('suppression', asId('suppression', stopped.id)),
            reason: stopped.reason,
            since: toIso(stopped.created_at),
          },
        }),
    ...(state === 'open' && openUntil !== null && openUntil > now
      ? { breaker: { openUntil, reason: found.open_reason ?? '' } }
      : {}),
    ...(paused === null ? {} : { pausedUntil: paused }),
  }
}

const suppressionOf = async (
  { channel, to }: StepWanted,
  topic: Topic,
  { client, tenantId }: NowContext,
): Promise<sql.SuppressionNow | undefined> => {
  const rows = await sql.readSuppressions(client, tenantId, {
    channel,
    key: addressKey(channel, to),
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a CHECK of the column says so
  return rows.find(({ scope }) => isStoppedBy(scope as SuppressionScope, topic))
}

const explainPublish = async (
  { subscriptionId, label, enabled }: NonNullable<Explanation['wouldPublish']>,
  context: NowContext,
): Promise<Part> => {
  const { client, tenantId, person } = context
  const link = { type: 'subscription', id: subscriptionId } as const
  const head = decide(2, 'info', 'rule_publishes', {
    values: { name: subscriptionId, label },
    link,
  })
  const end = (code: Parameters<typeof decide>[2], because: string): Part => ({
    decisions: [head, decide(3, 'no', code, { values: { label, person: person?.name }, link })],
    because,
  })
  if (!enabled) return end('subscription_disabled', `the subscription "${label}" is switched off`)
  if (context.functions.has(subscriptionId))
    return end('function_decides', `the function of "${label}" decides it`)
  const registrations = await sql.readRegistrations(client, tenantId, {
    subscriptionId,
    person: person?.name,
    addresses: person?.addresses ?? [],
    limit: mostRegistrations,
  })
  if (registrations.length === 0)
    return person === undefined
      ? end('nobody_registered', `nobody is registered for "${label}"`)
      : end('not_registered', `${person.name} is not registered for "${label}"`)
  const subscription = await sql.readSubscription(client, tenantId, subscriptionId)
  const parts = await Promise.all(
    registrations.map(
      async (one) =>
        await explainRegistration(one, { subscriptionId, label, subscription }, context),
    ),
  )
  const best = parts.find(({ walked }) => walked?.arrival !== undefined) ?? parts[0]
  const count = decide(3, 'info', 'registrations', {
    values: { count: registrations.length, label },
    link,
  })
  const lines = [head, count, ...parts.flatMap(({ decisions }) => decisions)]
  return { ...best, decisions: lines, because: best?.because ?? '' }
}

const explainRegistration = async (
  registration: sql.RegistrationNow,
  {
    subscriptionId,
    label,
    subscription,
  }: {
    readonly subscriptionId: string
    readonly label: string
    readonly subscription: sql.SubscriptionNow | undefined
  },
  context: NowContext,
): Promise<Part> => {
  const { channel, address: to, language } = registration
  const link = {
    type: 'registration',
    id: printId('registration', asId('registration', registration.id)),
  } as const
  const more = { values: { channel, to, label }, link }
  if (!registration.enabled)
    return {
      decisions: [decide(3, 'no', 'registration_off', more)],
      because: 'the registration is switched off',
    }
  const found = decide(3, 'yes', 'registration_found', more)
  const integration = context.integrations.find(
    (one) => one.is_default && !one.is_deleted && one.channel === channel,
  )
  const missing = (code: 'no_default_integration' | 'no_text', because: string): Part => ({
    decisions: [found, decide(4, 'no', code, more)],
    because,
  })
  if (integration === undefined)
    return missing(
      'no_default_integration',
      `there is no default integration for the channel "${channel}"`,
    )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- check-content.ts let nothing else into the column
  const content = (subscription?.content ?? {}) as Parameters<typeof contentForRegistration>[0]
  if (
    contentForRegistration(content, { channel, language, tenantLanguage: context.language }) ===
    undefined
  )
    return missing('no_text', `"${label}" has no text for the channel "${channel}"`)
  const wanted = {
    integration: printId('integration', asId('integration', integration.id)),
    channel,
    to,
    problem: null,
  }
  const step = await stepNow(wanted, { subscriptionId }, context)
  const walked = walkRoute({ steps: [step], fallback: 'at_once', whenOpen: 'hold' }, context.now, 4)
  return { decisions: [found, ...walked.decisions], walked, because: walked.because }
}

const concludeNow = (
  parts: readonly Part[],
  { person }: NowContext,
): ExplainAnswer['conclusion'] => {
  const arrivals = parts.flatMap(({ walked }) => walked?.arrival ?? [])
  const first = arrivals.find(({ at }) => at === undefined) ?? arrivals[0]
  if (first === undefined) {
    const because =
      parts.map((part) => part.because).find((text) => text !== '') ??
      'no rule is for this type of event'
    return conclude('no', 'would_get_nothing', { person: person?.name ?? null, because })
  }
  const { channel, to, integration } = first.step
  const values = { person: person?.name ?? null, channel, to, integration: integration.name }
  return first.at === undefined
    ? conclude('yes', 'would_get_now', values)
    : conclude('wait', 'would_get_at', { ...values, at: toIso(first.at) })
}
