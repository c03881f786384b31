/** The SQL of integrations. Every function names its tenant and runs in its transaction, as carillon_app. No decisions. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { query, type Statement } from '../platform/db/statement.ts'
import type { StoredBreaker, StoredLimits } from './stored-policies.ts'

export type IntegrationRow = {
  readonly id: IntegrationId
  readonly connector: string
  /** Null: it does not send. */
  readonly channel: string | null
  readonly name: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
  readonly secret_names: readonly string[]
  readonly enabled: boolean
  readonly is_default: boolean
  readonly limits: StoredLimits | null
  readonly breaker: StoredBreaker | null
  readonly on_unknown: 'resend' | 'hold'
  readonly version: number
  readonly created_at: Instant
  readonly updated_at: Instant
  readonly breaker_state: 'closed' | 'open' | 'half_open' | null
  readonly failures: number | null
  readonly open_until: Instant | null
  readonly open_reason: string | null
  readonly paused_until: Instant | null
  readonly last_error: string | null
  readonly last_error_at: Instant | null
}

const lockStatement: Statement = {
  name: 'lock_integrations',
  text: `SELECT pg_advisory_xact_lock(hashtextextended('carillon integrations ' || $1, 0))`,
}

/**
 * Nobody else changes the tenant's integrations until this transaction ends, and no rule that refers to them is saved.
 * Taken before any row is touched: who becomes the default of a channel, and who is still referred to, is decided alone.
 */
export const lockIntegrations = async (client: PoolClient, tenantId: TenantId): Promise<void> => {
  await query(client, lockStatement, [tenantId])
}

const shareLockStatement: Statement = {
  name: 'share_lock_integrations',
  text: `SELECT pg_advisory_xact_lock_shared(hashtextextended('carillon integrations ' || $1, 0))`,
}

/** The tenant's integrations stay as they are until this transaction ends. Many may hold this at the same time. */
export const shareLockIntegrations = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<void> => {
  await query(client, shareLockStatement, [tenantId])
}

const columns = `i.id, i.connector, i.channel, i.name, i.settings, i.secrets, i.secret_names, i.enabled, i.is_default,
       i.limits, i.breaker, i.on_unknown, i.version, i.created_at, i.updated_at, s.breaker_state, s.failures,
       s.open_until, s.open_reason, s.paused_until, s.last_error, s.last_error_at`

const from = `FROM integrations i
  LEFT JOIN integration_states s ON s.tenant_id = i.tenant_id AND s.integration_id = i.id`

const findStatement: Statement = {
  name: 'find_integration',
  text: `SELECT ${columns} ${from} WHERE i.tenant_id = $1 AND i.id = $2 AND i.deleted_at IS NULL`,
}

/** The integration with its health; undefined when the tenant has none of this id, or had it deleted. */
export const findIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<IntegrationRow | undefined> =>
  (await query<IntegrationRow>(client, findStatement, [tenantId, id]))[0]

const listStatement: Statement = {
  name: 'list_integrations',
  text: `SELECT ${columns} ${from}
 WHERE i.tenant_id = $1 AND i.deleted_at IS NULL
   AND ($2::text IS NULL OR i.connector = $2) AND ($3::text IS NULL OR i.channel = $3)
   AND ($4::boolean IS NULL OR i.enabled = $4) AND ($5::uuid IS NULL OR i.id > $5)
 ORDER BY i.id LIMIT $6`,
}

/** At most `limit` integrations, oldest first, behind the id `after`. */
export const listIntegrations = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly connector: string | undefined
    readonly channel: string | undefined
    readonly enabled: boolean | undefined
    readonly after: string | undefined
    readonly limit: number
  },
): Promise<readonly IntegrationRow[]> => {
  const { connector, channel, enabled, after, limit } = wanted
  const values = [tenantId, connector ?? null, channel ?? null, enabled ?? null, after ?? null]
  return await query<IntegrationRow>(client, listStatement, [...values, limit])
}

/** What a route step needs to know of an integration. */
export type RouteIntegration = {
  readonly id: IntegrationId
  readonly connector: string
  /** Null: it does not send, and no step can name it. */
  readonly channel: string | null
  readonly name: string
  readonly is_default: boolean
}

const findForRouteStatement: Statement = {
  name: 'find_route_integrations',
  text: `SELECT id, connector, channel, name, is_default FROM integrations
 WHERE tenant_id = $1 AND deleted_at IS NULL
   AND (id = ANY($2::uuid[]) OR (is_default AND channel = ANY($3::text[])))`,
}

/** Those of the ids that are there, and the defaults of the channels. */
export const findForRoute = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: { readonly ids: readonly IntegrationId[]; readonly channels: readonly string[] },
): Promise<readonly RouteIntegration[]> =>
  await query<RouteIntegration>(client, findForRouteStatement, [
    tenantId,
    wanted.ids,
    wanted.channels,
  ])

const listNamesStatement: Statement = {
  name: 'list_integration_names',
  text: `SELECT connector, name FROM integrations WHERE tenant_id = $1 AND deleted_at IS NULL`,
}

/** Connector and name of all integrations: an import that is repeated makes nothing twice. */
export const listIntegrationNames = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<readonly { readonly connector: string; readonly name: string }[]> =>
  await query(client, listNamesStatement, [tenantId])

const isChannelEmptyStatement: Statement = {
  name: 'is_channel_empty',
  text: `SELECT NOT EXISTS (SELECT FROM integrations
    WHERE tenant_id = $1 AND channel = $2 AND deleted_at IS NULL) AS empty`,
}

/** Has the tenant no integration of this channel yet? */
export const isChannelEmpty = async (
  client: PoolClient,
  tenantId: TenantId,
  channel: string,
): Promise<boolean> =>
  (await query<{ empty: boolean }>(client, isChannelEmptyStatement, [tenantId, channel]))[0]
    ?.empty === true

const clearDefaultStatement: Statement = {
  name: 'clear_default_integration',
  text: `UPDATE integrations SET is_default = false, version = version + 1, updated_at = now()
 WHERE tenant_id = $1 AND channel = $2 AND is_default AND deleted_at IS NULL AND id <> $3`,
}

/** The channel's default, if it is another one than `id`, is none any more. Needs `lockIntegrations`. */
export const clearDefault = async (
  client: PoolClient,
  tenantId: TenantId,
  { channel, id }: { readonly channel: string; readonly id: IntegrationId },
): Promise<void> => {
  await query(client, clearDefaultStatement, [tenantId, channel, id])
}

/** The columns that a caller decides. */
export type IntegrationValues = {
  readonly connector: string
  /** Null: it does not send. */
  readonly channel: string | null
  readonly name: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly secrets: Buffer | null
  readonly secretNames: readonly string[]
  readonly enabled: boolean
  readonly isDefault: boolean
  readonly limits: StoredLimits | null
  readonly breaker: StoredBreaker | null
  readonly onUnknown: 'resend' | 'hold'
}

const insertStatement: Statement = {
  name: 'insert_integration',
  text: `
WITH made AS (
  INSERT INTO integrations (tenant_id, id, connector, channel, name, settings, secrets, secret_names, enabled,
                            is_default, limits, breaker, on_unknown)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING tenant_id, id
)
INSERT INTO integration_states (tenant_id, integration_id) SELECT tenant_id, id FROM made`,
}

/** Makes an integration and the row of its health. */
export const insertIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
  values: IntegrationValues,
): Promise<void> => {
  await query(client, insertStatement, [
    tenantId,
    id,
    values.connector,
    values.channel,
    values.name,
    values.settings,
    values.secrets,
    values.secretNames,
    values.enabled,
    values.isDefault,
    values.limits,
    values.breaker,
    values.onUnknown,
  ])
}

const updateStatement: Statement = {
  name: 'update_integration',
  text: `
UPDATE integrations SET name = $3, settings = $4, secrets = $5, secret_names = $6, enabled = $7, is_default = $8,
       limits = $9, breaker = $10, on_unknown = $11, version = version + 1, updated_at = now()
 WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
}

/** Writes all that can change; the version grows, and with it every worker loads the integration anew. */
export const updateIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
  values: Omit<IntegrationValues, 'connector' | 'channel'>,
): Promise<void> => {
  await query(client, updateStatement, [
    tenantId,
    id,
    values.name,
    values.settings,
    values.secrets,
    values.secretNames,
    values.enabled,
    values.isDefault,
    values.limits,
    values.breaker,
    values.onUnknown,
  ])
}

const deleteStatement: Statement = {
  name: 'delete_integration',
  text: `
UPDATE integrations SET deleted_at = now(), is_default = false, secrets = NULL, secret_names = '{}',
       version = version + 1, updated_at = now()
 WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING id`,
}

/** Marks the integration as deleted and forgets its secrets. The row stays: deliveries and counters refer to it. */
export const deleteIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<void> => {
  await query(client, deleteStatement, [tenantId, id])
}

const closeCircuitStatement: Statement = {
  name: 'close_circuit',
  text: `
UPDATE integration_states SET breaker_state = 'closed', failures = 0, open_until = NULL, open_reason = NULL
 WHERE tenant_id = $1 AND integration_id = $2`,
}

/** Closes the breaker and starts its count anew. */
export const closeCircuit = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<void> => {
  await query(client, closeCircuitStatement, [tenantId, id])
}

const releaseWaitingStatement: Statement = {
  name: 'release_waiting',
  text: `
WITH held AS (
  SELECT tenant_id, delivery_id FROM delivery_queue
   WHERE tenant_id = $1 AND integration_id = $2 AND priority = ANY ('{0,1}'::smallint[]) AND state = 'pending'
     AND reason = 'breaker_open' AND due_at > clock_timestamp()
   ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE delivery_queue q SET due_at = clock_timestamp(), reason = 'released' FROM held h
 WHERE q.tenant_id = h.tenant_id AND q.delivery_id = h.delivery_id
RETURNING q.priority`,
}

/** Makes at most `limit` deliveries that wait for the breaker due now; returns the priority of each. */
export const releaseWaiting = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, limit }: { readonly id: IntegrationId; readonly limit: number },
): Promise<readonly number[]> => {
  const values = [tenantId, id, limit]
  const rows = await query<{ priority: number }>(client, releaseWaitingStatement, values)
  return rows.map((row) => row.priority)
}

const languageStatement: Statement = {
  name: 'find_language',
  text: `SELECT language FROM tenants WHERE tenant_id = $1`,
}

/** The language of the tenant's built-in texts. */
export const findLanguage = async (client: PoolClient, tenantId: TenantId): Promise<string> =>
  (await query<{ language: string }>(client, languageStatement, [tenantId]))[0]?.language ?? 'en'

const queueTestStatement: Statement = {
  name: 'queue_test_delivery',
  text: `
WITH key AS (
  INSERT INTO event_keys (tenant_id, source, source_id, event_id) VALUES ($1, $3, $2::uuid::text, $2)
), event AS (
  INSERT INTO events (tenant_id, id, source, source_id, type, subject, time, data)
  VALUES ($1, $2, $3, $2::uuid::text, $4, $5, clock_timestamp(), $6::text::json)
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, created_at)
  VALUES ($1, $7, $2, $8, ARRAY[$9::text], $9,
          clock_timestamp() + $10::double precision * interval '1 millisecond', clock_timestamp())
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until, when_open)
  VALUES ($1, $7, $11, clock_timestamp(),
          clock_timestamp() + $10::double precision * interval '1 millisecond', $12)
)
INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created)
VALUES ($1, (clock_timestamp() AT TIME ZONE 'UTC')::date, $11, $13::smallint, 1)
ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + 1`,
}

/** An event that sets off no rule, and its one delivery: exactly what accepting writes, but for the rule. */
export const queueTest = async (
  client: PoolClient,
  tenantId: TenantId,
  test: {
    readonly eventId: string
    readonly source: string
    readonly type: string
    readonly subject: string
    readonly dataJson: string
    readonly deliveryId: string
    readonly planId: string
    readonly address: string
    readonly sendForMs: number
    readonly integrationId: IntegrationId
    readonly whenOpen: string
    readonly shard: number
  },
): Promise<void> => {
  await query(client, queueTestStatement, [
    tenantId,
    test.eventId,
    test.source,
    test.type,
    test.subject,
    test.dataJson,
    test.deliveryId,
    test.planId,
    test.address,
    test.sendForMs,
    test.integrationId,
    test.whenOpen,
    test.shard,
  ])
}
