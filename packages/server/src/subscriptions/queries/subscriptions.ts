/** The SQL of subscriptions. Every function names its tenant. No decisions. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { SubscriptionId, TenantId } from '@carillon/domain/ids'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { SubscriptionContent } from '../schema.ts'

export type SubscriptionItemRow = {
  readonly id: SubscriptionId
  readonly subscription_id: string
  readonly label: string
  readonly description: string | null
  readonly is_system: boolean
  readonly enabled: boolean
  readonly has_content: boolean
  readonly version: number
  readonly created_by: string
  readonly modified_by: string
  readonly created_at: Instant
  readonly updated_at: Instant
}

export type SubscriptionRow = SubscriptionItemRow & {
  /** The html of an mjml is compiled. */
  readonly content: SubscriptionContent | null
}

const itemColumns = `id, subscription_id, label, description, is_system, enabled, content IS NOT NULL AS has_content,
  version, created_by, modified_by, created_at, updated_at`

const findStatement: Statement = {
  name: 'find_subscription',
  text: `SELECT ${itemColumns}, content FROM subscriptions WHERE tenant_id = $1 AND subscription_id = $2`,
}

/** The subscription of this name. */
export const findSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<SubscriptionRow | undefined> =>
  (await query<SubscriptionRow>(client, findStatement, [tenantId, subscriptionId]))[0]

const lockStatement: Statement = {
  name: 'lock_subscription',
  text: `SELECT ${itemColumns}, content FROM subscriptions WHERE tenant_id = $1 AND subscription_id = $2 FOR UPDATE`,
}

/** The same, and nobody changes it or registers for it until the transaction ends. */
export const lockSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<SubscriptionRow | undefined> =>
  (await query<SubscriptionRow>(client, lockStatement, [tenantId, subscriptionId]))[0]

const keepStatement: Statement = {
  name: 'keep_subscription',
  text: `SELECT id FROM subscriptions WHERE tenant_id = $1 AND subscription_id = $2 FOR KEY SHARE`,
}

/** Its id, and it can't be deleted until the transaction ends. */
export const keepSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<SubscriptionId | undefined> =>
  (await query<{ id: SubscriptionId }>(client, keepStatement, [tenantId, subscriptionId]))[0]?.id

const listStatement: Statement = {
  name: 'list_subscriptions',
  text: `SELECT ${itemColumns} FROM subscriptions
 WHERE tenant_id = $1 AND ($2::boolean IS NULL OR enabled = $2) AND ($3::boolean IS NULL OR is_system = $3)
   AND ($4::text IS NULL OR strpos(lower(subscription_id || E'\\n' || label || E'\\n' || coalesce(description, '')), lower($4)) > 0)
   AND ($5::uuid IS NULL OR id > $5)
 ORDER BY id LIMIT $6`,
}

/** At most `limit` subscriptions, oldest first, behind the id `after`. */
export const listSubscriptions = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly enabled?: boolean | undefined
    readonly isSystem?: boolean | undefined
    readonly q?: string | undefined
    readonly after?: string | undefined
    readonly limit: number
  },
): Promise<readonly SubscriptionItemRow[]> => {
  const { enabled = null, isSystem = null, q = null, after = null, limit } = wanted
  return await query(client, listStatement, [tenantId, enabled, isSystem, q, after, limit])
}

export type SubscriptionValues = {
  readonly label: string
  readonly description: string | null
  readonly isSystem: boolean
  readonly enabled: boolean
  readonly content: SubscriptionContent | null
  readonly actor: string
}

const jsonOf = (content: SubscriptionContent | null): string | null =>
  content === null ? null : JSON.stringify(content)

const insertStatement: Statement = {
  name: 'insert_subscription',
  text: `INSERT INTO subscriptions
  (tenant_id, id, subscription_id, label, description, is_system, enabled, content, created_by, modified_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (tenant_id, subscription_id) DO NOTHING RETURNING ${itemColumns}, content`,
}

/** Makes a subscription; undefined when there is one of this name. */
export const insertSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, subscriptionId }: { readonly id: SubscriptionId; readonly subscriptionId: string },
  values: SubscriptionValues,
): Promise<SubscriptionRow | undefined> => {
  const { label, description, isSystem, enabled, content, actor } = values
  const rows = await query<SubscriptionRow>(client, insertStatement, [
    tenantId,
    id,
    subscriptionId,
    label,
    description,
    isSystem,
    enabled,
    jsonOf(content),
    actor,
  ])
  return rows[0]
}

const updateStatement: Statement = {
  name: 'update_subscription',
  text: `UPDATE subscriptions SET label = $3, description = $4, is_system = $5, enabled = $6, content = $7,
       version = version + 1, modified_by = $8, updated_at = now()
 WHERE tenant_id = $1 AND id = $2 RETURNING ${itemColumns}, content`,
}

/** Writes all that can change. The caller has locked it. */
export const updateSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  id: SubscriptionId,
  values: SubscriptionValues,
): Promise<SubscriptionRow | undefined> => {
  const { label, description, isSystem, enabled, content, actor } = values
  const rows = await query<SubscriptionRow>(client, updateStatement, [
    tenantId,
    id,
    label,
    description,
    isSystem,
    enabled,
    jsonOf(content),
    actor,
  ])
  return rows[0]
}

const deleteStatement: Statement = {
  name: 'delete_subscription',
  text: `DELETE FROM subscriptions WHERE tenant_id = $1 AND id = $2`,
}

/** Deletes the subscription; it must have no registrations. */
export const deleteSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  id: SubscriptionId,
): Promise<void> => {
  await query(client, deleteStatement, [tenantId, id])
}

const schedulesStatement: Statement = {
  name: 'list_schedules_of_subscription',
  text: `SELECT id, name FROM schedules WHERE tenant_id = $1 AND subscription = $2 ORDER BY id LIMIT $3`,
}

/** The schedules, switched on or not, that publish to the subscription. */
export const listSchedules = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, limit }: { readonly id: SubscriptionId; readonly limit: number },
): Promise<readonly { readonly id: string; readonly name: string }[]> =>
  await query(client, schedulesStatement, [tenantId, id, limit])

const languageStatement: Statement = {
  name: 'find_subscriptions_language',
  text: `SELECT language FROM tenants WHERE tenant_id = $1`,
}

/** The tenant's language. */
export const findTenantLanguage = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<'it' | 'en'> =>
  (await query<{ language: 'it' | 'en' }>(client, languageStatement, [tenantId]))[0]?.language ??
  'en'
