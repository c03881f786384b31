/**
 * Why an event would set rules off or not, and what would be sent: for whoever writes a rule. It sends and stores nothing,
 * and runs the same functions as accepting, so that it can't disagree with it.
 */
import type { Pool, PoolClient } from 'pg'
import { instant, toIso, type Clock, type Instant } from '@carillon/domain/clock'
import type { Language } from '@carillon/domain/content'
import { explainFilter, type FilterExplanation } from '@carillon/domain/explain-filter'
import { compileFilter, type FilterEvent } from '@carillon/domain/filter'
import { asId, printId, type RuleId, type TenantId } from '@carillon/domain/ids'
import { matchesType } from '@carillon/domain/matches-type'
import type { Plan } from '@carillon/domain/plan'
import type { RouteIntegration } from '../integrations/find-route-integrations.ts'
import { findRouteIntegrations } from '../integrations/find-route-integrations.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound, requireId } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { eventTypeErrors, filterErrors } from './check-rule.ts'
import { findPublishTarget } from './find-publish-target.ts'
import { findTrackTarget } from './find-track-target.ts'
import type { PlanResult } from './make-plan.ts'
import { previewItem } from './preview-item.ts'
import { previewPlan } from './preview-plan.ts'
import * as sql from './queries.ts'
import { compilePattern, trackOf, type TrackedBy } from './rule-set.ts'
import { maxRules, planAction, type RuleServices } from './save-rule.ts'
import type { Action, Explanation, RuleDraft, TestAnswer, TestBody, TestEvent } from './schema.ts'

type Services = Pick<RuleServices, 'connectors' | 'renderer'> & {
  readonly pool: Pool
  readonly clock: Clock
}

/** A rule, saved or not, as far as explaining needs it. */
type Explained = {
  readonly id: RuleId | undefined
  readonly name: string
  readonly eventType: string
  readonly filter: unknown
  readonly enabled: boolean
  readonly plan: Plan | undefined
  readonly publishes: Explanation['wouldPublish']
  readonly tracks: TrackedBy | undefined
}

type Loaded = {
  readonly rules: readonly Explained[]
  readonly integrations: readonly RouteIntegration[]
  readonly language: Language
}

/**
 * After so long no further rule is begun: everybody else waits meanwhile. A single one takes a tenth of a second at worst
 * (explain-filter.ts).
 */
const budgetMs = 250

/**
 * Explains the rule of the body, the saved one that it names, or all of the tenant's. Throws `validation_failed` for a
 * draft that could not be saved, `not_found` for an id that is not there.
 */
export const explainRules = async (
  tenantId: TenantId,
  body: TestBody,
  services: Services,
): Promise<TestAnswer> => {
  const { pool, clock } = services
  const { event, time } = eventOf(body.event, clock.now())
  const loaded = await inTenant(pool, tenantId, (client) => load(client, tenantId, body, services))
  const until = clock.now() + budgetMs
  const rules: Explanation[] = []
  for (const rule of loaded.rules) {
    if (rules.length > 0 && clock.now() > until) break
    rules.push(explain(rule, { event, time, loaded, services }))
  }
  return {
    matches: rules.some((rule) => rule.matches),
    rules,
    complete: rules.length === loaded.rules.length,
  }
}

const eventOf = (
  given: TestEvent,
  now: Instant,
): { readonly event: FilterEvent; readonly time: Instant } => {
  const time = given.time === undefined ? now : instant(Date.parse(given.time))
  const { id = 'test', source = 'test', type, subject, data = {} } = given
  return { event: { id, source, type, subject, time: given.time ?? toIso(now), data }, time }
}

const load = async (
  client: PoolClient,
  tenantId: TenantId,
  body: TestBody,
  services: Services,
): Promise<Loaded> => {
  const rules = await rulesOf(client, tenantId, body, services)
  const ids = rules.flatMap(({ plan, tracks }) => [
    ...(plan?.steps.map((step) => asId('integration', step.integrationId)) ?? []),
    ...(tracks === undefined ? [] : [asId('integration', tracks.tracker)]),
  ])
  const wanted = { ids: [...new Set(ids)], channels: [], purpose: 'look' } as const
  const integrations = await findRouteIntegrations(client, tenantId, wanted)
  const language = (await sql.findLanguage(client, tenantId)) === 'it' ? 'it' : 'en'
  return { rules, integrations, language }
}

const rulesOf = async (
  client: PoolClient,
  tenantId: TenantId,
  { rule, ruleId }: TestBody,
  services: Services,
): Promise<readonly Explained[]> => {
  if (rule !== undefined && ruleId !== undefined) {
    requireValid([{ pointer: '/ruleId', detail: 'Give either rule or ruleId, and not both.' }])
  }
  if (rule !== undefined) return [await draftOf(client, tenantId, rule, services)]
  if (ruleId === undefined) {
    return (await sql.listRules(client, tenantId, { limit: maxRules })).map(savedOf)
  }
  const row = await sql.findRule(client, tenantId, requireId('rule', ruleId))
  if (row === undefined) throw notFound()
  return [savedOf(row)]
}

const savedOf = (row: sql.RuleRow): Explained => ({
  id: row.id,
  name: row.name,
  eventType: row.event_type,
  filter: row.filter,
  enabled: row.enabled,
  plan: row.plan ?? undefined,
  publishes:
    row.subscription_id === null
      ? null
      : {
          subscriptionId: row.subscription_id,
          label: row.subscription_label ?? '',
          enabled: row.subscription_enabled ?? false,
        },
  tracks: row.tracker === null ? undefined : trackOf(row.id, row.tracker, row.action),
})

const draftOf = async (
  client: PoolClient,
  tenantId: TenantId,
  { name = '', eventType, filter = {}, enabled = true, action }: RuleDraft,
  services: Services,
): Promise<Explained> => {
  const planned = action === undefined ? undefined : await look(client, tenantId, action, services)
  requireValid([
    ...eventTypeErrors(eventType, '/rule/eventType'),
    ...filterErrors(filter, '/rule/filter'),
    ...(planned === undefined || planned.ok ? [] : planned.errors),
  ])
  const found = planned?.ok === true ? planned : undefined
  const plan = found !== undefined && 'plan' in found ? found.plan : undefined
  const publishes = found !== undefined && 'publishes' in found ? found.publishes : null
  const tracks = found !== undefined && 'tracks' in found ? found.tracks : undefined
  return { id: undefined, name, eventType, filter, enabled, plan, publishes, tracks }
}

type Looked =
  | PlanResult
  | { readonly ok: true; readonly publishes: Explanation['wouldPublish'] }
  | { readonly ok: true; readonly tracks: TrackedBy }

/** What the action of a draft would lead to. */
const look = async (
  client: PoolClient,
  tenantId: TenantId,
  action: Action,
  services: Services,
): Promise<Looked> => {
  const pointer = '/rule/action'
  if (action.type === 'track') {
    const wanted = { action, pointer, purpose: 'look' } as const
    const tracked = await findTrackTarget(client, tenantId, wanted, services)
    if (!tracked.ok) return tracked
    return { ok: true, tracks: { tracker: tracked.integration.id, action } }
  }
  if (action.type !== 'publish')
    return await planAction(client, tenantId, { action, pointer, purpose: 'look' }, services)
  const found = await findPublishTarget(client, tenantId, { action, pointer })
  if (!found.ok) return found
  const { subscription_id: subscriptionId, label, enabled } = found.target
  return { ok: true, publishes: { subscriptionId, label, enabled } }
}

type Context = {
  readonly event: FilterEvent
  readonly time: Instant
  readonly loaded: Loaded
  readonly services: Services
}

const explain = (rule: Explained, { event, time, loaded, services }: Context): Explanation => {
  const typeMatches = matchesType(rule.eventType, event.type)
  const explained = explainStored(rule, event)
  return {
    ruleId: rule.id === undefined ? null : printId('rule', rule.id),
    name: rule.name,
    eventType: rule.eventType,
    matches: rule.enabled && typeMatches && explained.matches,
    enabled: rule.enabled,
    typeMatches,
    filterMatches: explained.matches,
    outOfFuel: explained.outOfFuel,
    conditions: [...explained.conditions],
    complete: explained.complete,
    wouldSend:
      rule.plan === undefined
        ? null
        : previewPlan(rule.plan, { event, time, ...loaded, ...services }),
    wouldPublish: rule.publishes,
    wouldTrack:
      rule.tracks === undefined
        ? null
        : previewItem(rule.tracks, event, { ...loaded, renderer: services.renderer }),
  }
}

const explainStored = (rule: Explained, event: FilterEvent): FilterExplanation => {
  const compiled = compileFilter(rule.filter, { compilePattern })
  if (!compiled.ok) throw new Error(`the filter of rule ${rule.id ?? 'draft'} does not compile`)
  return explainFilter(compiled.filter, event)
}
