/** The SQL of rules and plans. Functions name their tenant, or say AcrossTenants (then: carillon_engine). No decisions. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { IntegrationId, RuleId, SubscriptionId, TenantId } from '@carillon/domain/ids'
import type { Plan } from '@carillon/domain/plan'
import { query, type Statement } from '../platform/db/statement.ts'

/**
 * A row of `loadRulesAcrossTenants`: a tenant with one of its enabled rules; `id` null: it has none. A rule has a plan, or
 * the subscription that it publishes to, or the tracker that follows what events name.
 */
export type EnabledRuleRow = {
  readonly tenant_id: string
  readonly rules_version: number
  readonly id: string | null
  readonly name: string
  readonly event_type: string
  readonly filter: unknown
  readonly plan_id: string | null
  readonly plan: Plan | null
  readonly subscription: string | null
  /** Of an integration. */
  readonly tracker: string | null
  /** With `tracker`, else null. */
  readonly tracking: unknown
}

const loadRulesStatement: Statement = {
  name: 'load_rules',
  text: `
SELECT t.tenant_id, t.rules_version, r.id, r.name, r.event_type, r.filter, r.plan_id, p.body AS plan, r.subscription,
       r.tracker, CASE WHEN r.tracker IS NOT NULL THEN r.action END AS tracking
  FROM tenants t
  LEFT JOIN rules r ON r.tenant_id = t.tenant_id AND r.enabled
  LEFT JOIN plans p ON p.tenant_id = r.tenant_id AND p.id = r.plan_id
 WHERE t.tenant_id = ANY($1::uuid[]) ORDER BY t.tenant_id, r.id`,
}

/** Version and enabled rules of some tenants in one snapshot. */
export const loadRulesAcrossTenants = async (
  db: Pool | PoolClient,
  tenantIds: readonly string[],
): Promise<readonly EnabledRuleRow[]> => await query(db, loadRulesStatement, [tenantIds])

export type RuleRow = {
  readonly id: RuleId
  readonly name: string
  readonly event_type: string
  readonly filter: unknown
  readonly action: unknown
  /** With `plan`; null: the rule publishes or tracks. */
  readonly plan_id: string | null
  readonly plan: Plan | null
  /** With its name and the like; null: the rule does not publish. */
  readonly subscription: SubscriptionId | null
  readonly subscription_id: string | null
  readonly subscription_label: string | null
  readonly subscription_enabled: boolean | null
  /** Null: the rule does not track. */
  readonly tracker: IntegrationId | null
  readonly enabled: boolean
  readonly created_at: Instant
  readonly updated_at: Instant
}

const columns = `r.id, r.name, r.event_type, r.filter, r.action, r.plan_id, p.body AS plan, r.subscription, s.subscription_id,
       s.label AS subscription_label, s.enabled AS subscription_enabled, r.tracker, r.enabled, r.created_at, r.updated_at`
const from = `FROM rules r LEFT JOIN plans p ON p.tenant_id = r.tenant_id AND p.id = r.plan_id
  LEFT JOIN subscriptions s ON s.tenant_id = r.tenant_id AND s.id = r.subscription`

const findStatement: Statement = {
  name: 'find_rule',
  text: `SELECT ${columns} ${from} WHERE r.tenant_id = $1 AND r.id = $2`,
}

/** The rule with its plan; undefined when the tenant has none of this id. */
export const findRule = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RuleId,
): Promise<RuleRow | undefined> => (await query<RuleRow>(client, findStatement, [tenantId, id]))[0]

const lockStatement: Statement = {
  name: 'lock_rule',
  text: `SELECT ${columns} ${from} WHERE r.tenant_id = $1 AND r.id = $2 FOR UPDATE OF r`,
}

/** The same, and nobody else changes it until the transaction ends. */
export const lockRule = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RuleId,
): Promise<RuleRow | undefined> => (await query<RuleRow>(client, lockStatement, [tenantId, id]))[0]

const listStatement: Statement = {
  name: 'list_rules',
  text: `SELECT ${columns} ${from}
 WHERE r.tenant_id = $1 AND ($2::text IS NULL OR r.event_type = $2) AND ($3::boolean IS NULL OR r.enabled = $3)
   AND ($4::uuid IS NULL OR r.id > $4)
 ORDER BY r.id LIMIT $5`,
}

/** At most `limit` rules, oldest first, behind the id `after`. */
export const listRules = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly eventType?: string | undefined
    readonly enabled?: boolean | undefined
    readonly after?: string | undefined
    readonly limit: number
  },
): Promise<readonly RuleRow[]> => {
  const { eventType, enabled, after, limit } = wanted
  const values = [tenantId, eventType ?? null, enabled ?? null, after ?? null, limit]
  return await query<RuleRow>(client, listStatement, values)
}

const countStatement: Statement = {
  name: 'count_rules',
  text: `SELECT count(*) AS n FROM rules WHERE tenant_id = $1`,
}

/** How many rules the tenant has. */
export const countRules = async (client: PoolClient, tenantId: TenantId): Promise<number> =>
  (await query<{ n: number }>(client, countStatement, [tenantId]))[0]?.n ?? 0

const ofIntegrationStatement: Statement = {
  name: 'list_rules_of_integration',
  text: `SELECT r.id, r.name ${from}
 WHERE r.tenant_id = $1
   AND (r.tracker = $2 OR p.body->'steps' @> jsonb_build_array(jsonb_build_object('integrationId', $2::uuid::text)))
 ORDER BY r.id LIMIT $3`,
}

/** The rules, enabled or not, whose routes have this integration, or that track with it. */
export const listRulesOfIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, limit }: { readonly id: IntegrationId; readonly limit: number },
): Promise<readonly { readonly id: RuleId; readonly name: string }[]> =>
  await query(client, ofIntegrationStatement, [tenantId, id, limit])

const ofSubscriptionStatement: Statement = {
  name: 'list_rules_of_subscription',
  text: `SELECT r.id, r.name FROM rules r WHERE r.tenant_id = $1 AND r.subscription = $2 ORDER BY r.id LIMIT $3`,
}

/** The rules, enabled or not, that publish to this subscription. */
export const listRulesOfSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, limit }: { readonly id: SubscriptionId; readonly limit: number },
): Promise<readonly { readonly id: RuleId; readonly name: string }[]> =>
  await query(client, ofSubscriptionStatement, [tenantId, id, limit])

/** A subscription as far as a rule needs it. */
export type PublishTarget = {
  readonly id: SubscriptionId
  readonly subscription_id: string
  readonly label: string
  readonly enabled: boolean
}

const targetStatement: Statement = {
  name: 'find_publish_target',
  // Its key stays until the rule is written: the foreign key would say the same, in words that nobody understands.
  text: `SELECT id, subscription_id, label, enabled FROM subscriptions
 WHERE tenant_id = $1 AND subscription_id = $2 FOR KEY SHARE`,
}

/** The tenant's subscription of this name; it can't be deleted until the transaction ends. */
export const findPublishTarget = async (
  client: PoolClient,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<PublishTarget | undefined> =>
  (await query<PublishTarget>(client, targetStatement, [tenantId, subscriptionId]))[0]

const subscriptionNamesStatement: Statement = {
  name: 'list_publish_targets',
  text: `SELECT subscription_id FROM subscriptions WHERE tenant_id = $1 ORDER BY subscription_id LIMIT $2`,
}

/** Names of the tenant's subscriptions, to say which one was meant. */
export const listPublishTargets = async (
  client: PoolClient,
  tenantId: TenantId,
  limit: number,
): Promise<readonly string[]> =>
  (
    await query<{ subscription_id: string }>(client, subscriptionNamesStatement, [tenantId, limit])
  ).map((row) => row.subscription_id)

/** What becomes of an event that a rule takes: it goes out by a plan, or to a subscription's registrations, or has something followed. */
export type RuleTarget =
  | { readonly kind: 'plan'; readonly planId: string }
  | { readonly kind: 'publish'; readonly subscription: SubscriptionId }
  | { readonly kind: 'track'; readonly tracker: IntegrationId }

export type RuleValues = {
  readonly name: string
  readonly eventType: string
  readonly filter: unknown
  readonly action: unknown
  readonly target: RuleTarget
  readonly enabled: boolean
}

const parametersOf = (tenantId: TenantId, id: RuleId, values: RuleValues): unknown[] => [
  tenantId,
  id,
  values.name,
  values.eventType,
  // As text: the driver would make a Postgres array of a JSON array.
  JSON.stringify(values.filter),
  JSON.stringify(values.action),
  values.target.kind === 'plan' ? values.target.planId : null,
  values.enabled,
  values.target.kind === 'publish' ? values.target.subscription : null,
  values.target.kind === 'track' ? values.target.tracker : null,
]

const insertStatement: Statement = {
  name: 'insert_rule',
  text: `INSERT INTO rules (tenant_id, id, name, event_type, filter, action, plan_id, enabled, subscription, tracker)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
}

/** Makes a rule; a trigger moves the tenant's rules_version. */
export const insertRule = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RuleId,
  values: RuleValues,
): Promise<void> => {
  await query(client, insertStatement, parametersOf(tenantId, id, values))
}

const updateStatement: Statement = {
  name: 'update_rule',
  text: `UPDATE rules SET name = $3, event_type = $4, filter = $5, action = $6, plan_id = $7, enabled = $8, subscription = $9,
       tracker = $10, updated_at = now()
 WHERE tenant_id = $1 AND id = $2`,
}

/** Writes all that can change; a trigger moves the tenant's rules_version. */
export const updateRule = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RuleId,
  values: RuleValues,
): Promise<void> => {
  await query(client, updateStatement, parametersOf(tenantId, id, values))
}

const deleteStatement: Statement = {
  name: 'delete_rule',
  text: `DELETE FROM rules WHERE tenant_id = $1 AND id = $2 RETURNING id`,
}

/** Deletes the rule; false when it was not there. Its plan stays: deliveries refer to it. */
export const deleteRule = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RuleId,
): Promise<boolean> => (await query(client, deleteStatement, [tenantId, id])).length === 1

const insertPlanStatement: Statement = {
  name: 'insert_plan',
  // Waits for a transaction that is just inserting the same plan, and then inserts nothing.
  text: `INSERT INTO plans (tenant_id, id, hash, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, hash) DO NOTHING RETURNING id`,
}

/** Stores a plan unless the tenant has one of this hash; true when it was stored. */
export const insertPlan = async (
  client: PoolClient,
  tenantId: TenantId,
  plan: { readonly id: string; readonly hash: Buffer; readonly body: Plan },
): Promise<boolean> => {
  const values = [tenantId, plan.id, plan.hash, plan.body]
  return (await query(client, insertPlanStatement, values)).length === 1
}

const findPlanStatement: Statement = {
  name: 'find_plan_by_hash',
  text: `SELECT id FROM plans WHERE tenant_id = $1 AND hash = $2`,
}

/** The id of the tenant's plan of this hash. */
export const findPlanByHash = async (
  client: PoolClient,
  tenantId: TenantId,
  hash: Buffer,
): Promise<string | undefined> =>
  (await query<{ id: string }>(client, findPlanStatement, [tenantId, hash]))[0]?.id

const languageStatement: Statement = {
  name: 'find_rules_language',
  text: `SELECT language FROM tenants WHERE tenant_id = $1`,
}

/** The language of the tenant's built-in texts. */
export const findLanguage = async (client: PoolClient, tenantId: TenantId): Promise<string> =>
  (await query<{ language: string }>(client, languageStatement, [tenantId]))[0]?.language ?? 'en'
