/** The SQL of the live stream: who looks, what has changed, what is new. Watching and noting go across tenants, as carillon_engine. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { TenantId } from '@carillon/domain/ids'
import type { WorkQuestion } from '../platform/db/ask-for-work.ts'
import { query, type Statement } from '../platform/db/statement.ts'

const watchStatement: Statement = {
  name: 'watch_live',
  text: `
INSERT INTO live_watches (tenant_id, until) SELECT t, now() + $2 * interval '1 millisecond' FROM unnest($1::uuid[]) AS t ORDER BY t
ON CONFLICT (tenant_id) DO UPDATE SET until = excluded.until`,
}

/** Somebody looks at these tenants, for the next `ms`. */
export const watchAcrossTenants = async (
  pool: Pool,
  tenantIds: readonly string[],
  ms: number,
): Promise<void> => {
  await query(pool, watchStatement, [tenantIds, ms])
}

const watchedStatement: Statement = {
  name: 'watched_live',
  text: 'SELECT tenant_id FROM live_watches WHERE until > now()',
}

/** Does anybody look at any tenant? */
export const watchedAcrossTenants: WorkQuestion = {
  text: 'EXISTS (SELECT FROM live_watches WHERE until > now())',
}

/** The tenants that somebody looks at. */
export const findWatchedAcrossTenants = async (pool: Pool): Promise<ReadonlySet<string>> =>
  new Set(
    (await query<{ tenant_id: string }>(pool, watchedStatement, [])).map((row) => row.tenant_id),
  )

const lockStatement: Statement = {
  name: 'lock_live',
  text: 'SELECT pg_advisory_xact_lock(7266016)',
}
const noteStatement: Statement = {
  name: 'note_live',
  text: `INSERT INTO live_changes (tenant_id, delivery_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])`,
}

/**
 * Writes changes down, in a transaction: one writer at a time, so that whoever has read one number has read all before it.
 */
export const noteChangesAcrossTenants = async (
  client: PoolClient,
  changes: readonly { readonly tenantId: string; readonly deliveryId: string }[],
): Promise<void> => {
  await query(client, lockStatement, [])
  await query(client, noteStatement, [
    changes.map(({ tenantId }) => tenantId),
    changes.map(({ deliveryId }) => deliveryId),
  ])
}

const forgetStatement: Statement = {
  name: 'forget_live',
  text: `
WITH seen AS (DELETE FROM live_changes WHERE changed_at < now() - $1 * interval '1 millisecond' RETURNING 1)
DELETE FROM live_watches WHERE until < now() - interval '1 hour'`,
}

/** Changes older than so many ms are forgotten, and tenants that nobody looks at. */
export const forgetChangesAcrossTenants = async (pool: Pool, ms: number): Promise<void> => {
  await query(pool, forgetStatement, [ms])
}

const newestStatement: Statement = {
  name: 'newest_live',
  text: 'SELECT max(seq)::bigint AS seq FROM live_changes WHERE tenant_id = $1',
}

/** The number of the newest change; 0 without any. */
export const readNewest = async (client: PoolClient, tenantId: TenantId): Promise<number> =>
  (await query<{ seq: number | null }>(client, newestStatement, [tenantId]))[0]?.seq ?? 0

const changesStatement: Statement = {
  name: 'changes_live',
  text: `
SELECT max(seq)::bigint AS seq, delivery_id FROM (
  SELECT seq, delivery_id FROM live_changes WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) c
 GROUP BY delivery_id ORDER BY 1`,
}

/** Deliveries that have moved since a number, each once, with the number of its last move. */
export const readChanges = async (
  client: PoolClient,
  tenantId: TenantId,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly { readonly seq: number; readonly delivery_id: string }[]> =>
  await query(client, changesStatement, [tenantId, after, limit])

const newDeliveriesStatement: Statement = {
  name: 'new_deliveries_live',
  text: `
SELECT d.id FROM deliveries d WHERE d.tenant_id = $1 AND d.id >= carillon_uuid_floor(now() - $2 * interval '1 millisecond')
 ORDER BY d.id DESC LIMIT $3`,
}

/** Ids of the newest deliveries, made within the last `ms`. */
export const readNewDeliveries = async (
  client: PoolClient,
  tenantId: TenantId,
  { ms, limit }: { readonly ms: number; readonly limit: number },
): Promise<readonly string[]> =>
  (await query<{ id: string }>(client, newDeliveriesStatement, [tenantId, ms, limit])).map(
    ({ id }) => id,
  )

export type NewEventRow = {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly subject: string | null
  readonly accepted_at: Instant
}

const newEventsStatement: Statement = {
  name: 'new_events_live',
  text: `
SELECT e.id, e.type, e.source, e.subject, e.accepted_at FROM events e
 WHERE e.tenant_id = $1 AND e.id >= carillon_uuid_floor(now() - $2 * interval '1 millisecond') ORDER BY e.id DESC LIMIT $3`,
}

/** The newest events, accepted within the last `ms`. */
export const readNewEvents = async (
  client: PoolClient,
  tenantId: TenantId,
  { ms, limit }: { readonly ms: number; readonly limit: number },
): Promise<readonly NewEventRow[]> =>
  await query<NewEventRow>(client, newEventsStatement, [tenantId, ms, limit])

export type Pulse = { readonly now: Instant; readonly created: number; readonly attempts: number }

const pulseStatement: Statement = {
  name: 'pulse_live',
  text: `
SELECT clock_timestamp() AS now, coalesce(sum(c.created), 0)::float8 AS created, coalesce(sum(c.attempts), 0)::float8 AS attempts
  FROM delivery_counters c
 WHERE c.tenant_id = $1 AND c.day >= (now() AT TIME ZONE 'UTC')::date - 1`,
}

/** Deliveries made and exchanges so far, yesterday and today (UTC): the difference of two is what happened in between. */
export const readPulse = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<Pulse | undefined> => (await query<Pulse>(client, pulseStatement, [tenantId]))[0]
