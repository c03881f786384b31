/** The SQL of membership syncs as people make them. One tenant each, as carillon_app, but for what says AcrossTenants. */
import type { Pool, PoolClient } from 'pg'
import { toIso, type Instant } from '@carillon/domain/clock'
import type { Id, IntegrationId, TenantId } from '@carillon/domain/ids'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { SyncSchedule } from '../schema.ts'

export type SyncRow = {
  readonly tenant_id: TenantId
  readonly id: Id<'membershipSync'>
  readonly name: string
  readonly source: IntegrationId
  readonly target: IntegrationId
  readonly list: string
  readonly on_inactive: 'unsubscribe' | 'hold'
  readonly strangers: 'inactive' | 'keep'
  readonly filter: unknown
  readonly max_removals_percent: number
  readonly schedule: SyncSchedule | null
  readonly next_run_at: Instant | null
  readonly enabled: boolean
  readonly created_by: string
  readonly created_at: Instant
  readonly updated_at: Instant
}

const columns = `s.tenant_id, s.id, s.name, s.source, s.target, s.list, s.on_inactive, s.strangers, s.filter,
  s.max_removals_percent, s.schedule, s.next_run_at, s.enabled, s.created_by, s.created_at, s.updated_at`

export type SyncValues = Pick<
  SyncRow,
  | 'name'
  | 'source'
  | 'target'
  | 'list'
  | 'on_inactive'
  | 'strangers'
  | 'filter'
  | 'max_removals_percent'
  | 'schedule'
  | 'next_run_at'
  | 'enabled'
>

const parametersOf = (values: SyncValues): readonly unknown[] => [
  values.name,
  values.source,
  values.target,
  values.list,
  values.on_inactive,
  values.strangers,
  JSON.stringify(values.filter),
  values.max_removals_percent,
  values.schedule === null ? null : JSON.stringify(values.schedule),
  values.next_run_at === null ? null : toIso(values.next_run_at),
  values.enabled,
]

const insertStatement: Statement = {
  name: 'insert_membership_sync',
  text: `
INSERT INTO membership_syncs AS s (tenant_id, id, name, source, target, list, on_inactive, strangers, filter, max_removals_percent,
                                   schedule, next_run_at, enabled, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING ${columns}`,
}

/** Makes it. */
export const insertSync = async (
  client: PoolClient,
  tenantId: TenantId,
  made: {
    readonly id: Id<'membershipSync'>
    readonly values: SyncValues
    readonly by: string
  },
): Promise<SyncRow> => {
  const values = [tenantId, made.id, ...parametersOf(made.values), made.by]
  const [row] = await query<SyncRow>(client, insertStatement, values)
  if (row === undefined) throw new Error('a membership sync was made and is not there')
  return row
}

const updateStatement: Statement = {
  name: 'update_membership_sync',
  text: `
UPDATE membership_syncs s SET name = $3, source = $4, target = $5, list = $6, on_inactive = $7, strangers = $8, filter = $9,
       max_removals_percent = $10, schedule = $11, next_run_at = $12, enabled = $13, updated_at = now()
 WHERE s.tenant_id = $1 AND s.id = $2 RETURNING ${columns}`,
}

/** Writes all that can change; undefined: it is gone. */
export const updateSync = async (
  client: PoolClient,
  tenantId: TenantId,
  changed: { readonly id: Id<'membershipSync'>; readonly values: SyncValues },
): Promise<SyncRow | undefined> =>
  (
    await query<SyncRow>(client, updateStatement, [
      tenantId,
      changed.id,
      ...parametersOf(changed.values),
    ])
  )[0]

const findStatement: Statement = {
  name: 'find_membership_sync',
  text: `SELECT ${columns} FROM membership_syncs s WHERE s.tenant_id = $1 AND s.id = $2`,
}
const lockStatement: Statement = {
  name: 'lock_membership_sync',
  text: `${findStatement.text} FOR UPDATE`,
}

/** The sync; undefined: the tenant has none of this id. */
export const findSync = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'membershipSync'>,
): Promise<SyncRow | undefined> => (await query<SyncRow>(client, findStatement, [tenantId, id]))[0]

/** The same, and nobody changes it or starts a run of it until the transaction ends. */
export const lockSync = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'membershipSync'>,
): Promise<SyncRow | undefined> => (await query<SyncRow>(client, lockStatement, [tenantId, id]))[0]

const listStatement: Statement = {
  name: 'list_membership_syncs',
  text: `SELECT ${columns} FROM membership_syncs s
 WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.id > $2) ORDER BY s.id LIMIT $3`,
}

/** At most `limit`, oldest first, behind the id `after`. */
export const listSyncs = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: { readonly after: string | null; readonly limit: number },
): Promise<readonly SyncRow[]> =>
  await query<SyncRow>(client, listStatement, [tenantId, wanted.after, wanted.limit])

const countStatement: Statement = {
  name: 'count_membership_syncs',
  text: 'SELECT count(*) AS n FROM membership_syncs WHERE tenant_id = $1',
}

/** How many the tenant has. */
export const countSyncs = async (client: PoolClient, tenantId: TenantId): Promise<number> =>
  (await query<{ n: number }>(client, countStatement, [tenantId]))[0]?.n ?? 0

const deleteStatement: Statement = {
  name: 'delete_membership_sync',
  text: 'DELETE FROM membership_syncs WHERE tenant_id = $1 AND id = $2 RETURNING id',
}

/** Deletes it with its runs; false: it was not there. */
export const deleteSync = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'membershipSync'>,
): Promise<boolean> => (await query(client, deleteStatement, [tenantId, id])).length > 0

const ofIntegrationStatement: Statement = {
  name: 'list_membership_syncs_of_integration',
  text: `SELECT s.id, s.name FROM membership_syncs s WHERE s.tenant_id = $1 AND (s.source = $2 OR s.target = $2) ORDER BY s.id LIMIT $3`,
}

/** The syncs that read or write through this integration. */
export const listSyncsOfIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: { readonly id: IntegrationId; readonly limit: number },
): Promise<readonly Pick<SyncRow, 'id' | 'name'>[]> =>
  await query(client, ofIntegrationStatement, [tenantId, wanted.id, wanted.limit])

const zoneStatement: Statement = {
  name: 'find_membership_sync_zone',
  text: 'SELECT time_zone FROM tenants WHERE tenant_id = $1',
}

/** The tenant's time zone. */
export const findZone = async (client: PoolClient, tenantId: TenantId): Promise<string> =>
  (await query<{ time_zone: string }>(client, zoneStatement, [tenantId]))[0]?.time_zone ?? 'UTC'

const takeDueStatement: Statement = {
  name: 'take_due_membership_sync',
  text: `
SELECT ${columns}, clock_timestamp() AS now FROM membership_syncs s
 WHERE s.next_run_at <= now() AND s.enabled
   AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = s.tenant_id AND (t.suspended_at IS NOT NULL OR t.deleted_at IS NOT NULL))
 ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
}

/** The sync that is due longest, locked; undefined: none is. Role engine. */
export const takeDueAcrossTenants = async (
  client: PoolClient,
): Promise<(SyncRow & { readonly now: Instant }) | undefined> =>
  (await query<SyncRow & { now: Instant }>(client, takeDueStatement, []))[0]

const moveStatement: Statement = {
  name: 'move_membership_sync',
  text: 'UPDATE membership_syncs SET next_run_at = $3 WHERE tenant_id = $1 AND id = $2',
}

/** When it is due next; null: not by itself. */
export const moveSync = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: SyncRow,
  next: Instant | null,
): Promise<void> => {
  await query(client, moveStatement, [tenantId, id, next === null ? null : toIso(next)])
}

const hintedStatement: Statement = {
  name: 'find_hinted_membership_sources',
  text: `
SELECT s.tenant_id, s.source AS integration_id FROM (SELECT DISTINCT tenant_id, source FROM membership_syncs) s
 CROSS JOIN LATERAL (
   SELECT h.received_at FROM source_hints h WHERE h.tenant_id = s.tenant_id AND h.integration_id = s.source AND h.applied_at IS NULL
    ORDER BY h.received_at LIMIT 1) oldest
 ORDER BY row_number() OVER (PARTITION BY s.tenant_id ORDER BY oldest.received_at), oldest.received_at LIMIT $1`,
}

/** Sources of syncs about which there are hints: one of each tenant in turn, in each turn the oldest hint first. Role engine. */
export const findHintedAcrossTenants = async (
  client: PoolClient,
  limit: number,
): Promise<readonly { readonly tenant_id: TenantId; readonly integration_id: IntegrationId }[]> =>
  await query(client, hintedStatement, [limit])

const addPendingStatement: Statement = {
  name: 'add_pending_membership_keys',
  text: `
UPDATE membership_syncs s SET pending_keys = ARRAY(SELECT DISTINCT k FROM unnest(s.pending_keys || $3::text[]) AS k ORDER BY k)
 WHERE s.tenant_id = $1 AND s.source = $2 AND s.enabled`,
}

/** The enabled syncs of a source are to look at these members again. */
export const addPendingKeys = async (
  client: PoolClient,
  tenantId: TenantId,
  given: { readonly source: IntegrationId; readonly keys: readonly string[] },
): Promise<void> => {
  await query(client, addPendingStatement, [tenantId, given.source, given.keys])
}

const takePendingStatement: Statement = {
  name: 'take_pending_membership_sync',
  text: `
WITH picked AS MATERIALIZED (
  SELECT s.* FROM membership_syncs s
   WHERE s.pending_keys <> '{}' AND s.enabled
     AND NOT EXISTS (SELECT FROM membership_runs r WHERE r.tenant_id = s.tenant_id AND r.sync = s.id
                        AND r.finished_at IS NULL AND NOT r.dry_run)
     AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = s.tenant_id AND (t.suspended_at IS NOT NULL OR t.deleted_at IS NOT NULL))
   ORDER BY s.updated_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED
), cleared AS (
  UPDATE membership_syncs u SET pending_keys = '{}' FROM picked p WHERE u.tenant_id = p.tenant_id AND u.id = p.id
)
SELECT ${columns}, s.pending_keys FROM picked s`,
}

/** A sync that has members to look at again and no run under way, locked; its list of them is emptied. Undefined: there is none. */
export const takePendingAcrossTenants = async (
  client: PoolClient,
): Promise<(SyncRow & { readonly pending_keys: readonly string[] }) | undefined> =>
  (await query<SyncRow & { pending_keys: string[] }>(client, takePendingStatement, []))[0]

const sideStatement: Statement = {
  name: 'find_membership_side',
  text: `SELECT connector, settings, secrets, enabled FROM integrations WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
}

export type SideRow = {
  readonly connector: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
  readonly enabled: boolean
}

/** An integration as far as asking it takes; undefined: there is none, or it was deleted. */
export const findSide = async (
  on: Pool | PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<SideRow | undefined> => (await query<SideRow>(on, sideStatement, [tenantId, id]))[0]
