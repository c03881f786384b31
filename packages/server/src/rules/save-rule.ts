/**
 * Makes and changes rules: everything checked, the action turned into a plan that is stored once (or into the subscription
 * that it publishes to, or the tracker), the row written. What was accepted before keeps its old plan.
 */
import type { PoolClient } from 'pg'
import { appError, type FieldError } from '@carillon/domain/errors'
import type { RuleId, TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { findRouteIntegrations } from '../integrations/find-route-integrations.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { eventTypeErrors, filterErrors } from './check-rule.ts'
import { findPublishTarget } from './find-publish-target.ts'
import { findTrackTarget } from './find-track-target.ts'
import { makePlan, namesIn, type PlanResult } from './make-plan.ts'
import * as sql from './queries.ts'
import { viewRule } from './rule-view.ts'
import { savePlan } from './save-plan.ts'
import type { Action, RuleBody, RulePatchBody, RuleView, SendAction } from './schema.ts'

/** What saving rules needs beside the transaction. */
export type RuleServices = {
  readonly connectors: ConnectorRegistry
  readonly renderer: TemplateRenderer
  readonly newId: IdGenerator
}

/** Every event is held against every rule of its tenant, so their number is what accepting costs. */
export const maxRules = 2_000

/** The plan of an action with the tenant's integrations; `purpose` keep: they stay until it is written. */
export const planAction = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly action: SendAction
    readonly pointer: string
    readonly purpose: 'keep' | 'look'
  },
  { connectors, renderer }: Pick<RuleServices, 'connectors' | 'renderer'>,
): Promise<PlanResult> => {
  const { action, pointer, purpose } = wanted
  const integrations = await findRouteIntegrations(client, tenantId, {
    ...namesIn(action),
    purpose,
  })
  const sources = { integrations, connectors, checkTemplate: renderer.check }
  return makePlan(action, sources, pointer)
}

/**
 * Makes a rule in the caller's transaction. Throws `validation_failed` with a pointer for everything that is wrong, or
 * `conflict` when the tenant has too many.
 */
export const createRule = async (
  client: PoolClient,
  tenantId: TenantId,
  body: RuleBody,
  services: RuleServices,
): Promise<RuleView> => {
  const target = await checkAndPlan(client, tenantId, body, services)
  if (target === undefined) throw new Error('a rule without an action passed the schema')
  if ((await sql.countRules(client, tenantId)) >= maxRules) {
    throw appError('conflict', {
      detail: `This tenant has ${maxRules} rules, which is the most: delete some, or join several by their filters.`,
    })
  }
  const id = services.newId('rule')
  await sql.insertRule(client, tenantId, id, valuesOf(body, target))
  return await showSaved(client, tenantId, id)
}

export type RuleChange = {
  readonly tenantId: TenantId
  readonly id: RuleId
} & (
  | { readonly kind: 'replace'; readonly body: RuleBody }
  | { readonly kind: 'patch'; readonly body: RulePatchBody }
)

/**
 * Changes a rule in the caller's transaction: PUT replaces it; PATCH replaces the fields that are there, and makes a new
 * plan only with a new action. Throws `not_found` or `validation_failed`.
 */
export const updateRule = async (
  client: PoolClient,
  change: RuleChange,
  services: RuleServices,
): Promise<RuleView> => {
  const { tenantId, id } = change
  const row = await sql.findRule(client, tenantId, id)
  if (row === undefined) throw notFound()
  // The integrations' lock comes before the rule's, here as in every other transaction.
  const target = await checkAndPlan(client, tenantId, change.body, services)
  const current = await sql.lockRule(client, tenantId, id)
  if (current === undefined) throw notFound()
  const values =
    change.kind === 'replace'
      ? valuesOf(change.body, target ?? targetOf(current))
      : patchedValues(change.body, current, target)
  await sql.updateRule(client, tenantId, id, values)
  return await showSaved(client, tenantId, id)
}

type Planned =
  | { readonly ok: true; readonly save: () => Promise<sql.RuleTarget> }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** What the action leads to; `save` stores its plan. */
const planTarget = async (
  client: PoolClient,
  tenantId: TenantId,
  action: Action,
  services: RuleServices,
): Promise<Planned> => {
  const pointer = '/action'
  if (action.type === 'publish') {
    const found = await findPublishTarget(client, tenantId, { action, pointer })
    if (!found.ok) return found
    const target = { kind: 'publish', subscription: found.target.id } as const
    return { ok: true, save: async () => target }
  }
  if (action.type === 'track') {
    const wanted = { action, pointer, purpose: 'keep' } as const
    const found = await findTrackTarget(client, tenantId, wanted, services)
    if (!found.ok) return found
    const target = { kind: 'track', tracker: found.integration.id } as const
    return { ok: true, save: async () => target }
  }
  const wanted = { action, pointer, purpose: 'keep' } as const
  const planned = await planAction(client, tenantId, wanted, services)
  if (!planned.ok) return planned
  const { plan } = planned
  const save = async (): Promise<sql.RuleTarget> => {
    const planId = await savePlan(client, tenantId, { plan, newId: services.newId })
    return { kind: 'plan', planId }
  }
  return { ok: true, save }
}

/** Checks what is there; stores the action's plan and returns where it leads, undefined without an action. */
const checkAndPlan = async (
  client: PoolClient,
  tenantId: TenantId,
  { eventType, filter, action }: RulePatchBody,
  services: RuleServices,
): Promise<sql.RuleTarget | undefined> => {
  const planned =
    action === undefined ? undefined : await planTarget(client, tenantId, action, services)
  requireValid([
    ...(eventType === undefined ? [] : eventTypeErrors(eventType, '/eventType')),
    ...(filter === undefined ? [] : filterErrors(filter, '/filter')),
    ...(planned === undefined || planned.ok ? [] : planned.errors),
  ])
  return planned?.ok === true ? await planned.save() : undefined
}

const targetOf = ({ id, plan_id, subscription, tracker }: sql.RuleRow): sql.RuleTarget => {
  if (subscription !== null) return { kind: 'publish', subscription }
  if (tracker !== null) return { kind: 'track', tracker }
  if (plan_id === null) throw new Error(`rule ${id} leads to nothing`)
  return { kind: 'plan', planId: plan_id }
}

const patchedValues = (
  body: RulePatchBody,
  current: sql.RuleRow,
  target: sql.RuleTarget | undefined,
): sql.RuleValues => ({
  name: body.name ?? current.name,
  eventType: body.eventType ?? current.event_type,
  filter: body.filter === undefined ? current.filter : body.filter,
  action: body.action ?? current.action,
  target: target ?? targetOf(current),
  enabled: body.enabled ?? current.enabled,
})

const valuesOf = (body: RuleBody, target: sql.RuleTarget): sql.RuleValues => ({
  name: body.name,
  eventType: body.eventType,
  filter: body.filter ?? {},
  action: body.action,
  target,
  enabled: body.enabled ?? true,
})

const showSaved = async (client: PoolClient, tenantId: TenantId, id: RuleId): Promise<RuleView> => {
  const row = await sql.findRule(client, tenantId, id)
  if (row === undefined) throw new Error('a rule is gone in the transaction that wrote it')
  return viewRule(row)
}
