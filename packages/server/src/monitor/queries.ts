/** The SQL of the monitor: what waits in every lane of every tenant, in bounded ranges. Role: carillon_engine. */
import type { Pool } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { query, type Statement } from '../platform/db/statement.ts'

export type LaneRow = {
  readonly tenant: string
  readonly integration_id: string
  readonly integration: string
  readonly priority: 0 | 1
  readonly breaker: 'closed' | 'open' | 'half_open' | null
  readonly waiting: number
  readonly due: number
  readonly oldest_due_at: Instant
}

/** $1 rows counted a lane, $2 lanes. */
const lanesStatement: Statement = {
  name: 'monitor_lanes',
  text: `
SELECT t.slug AS tenant, i.id AS integration_id, i.name AS integration, p.priority, s.breaker_state AS breaker,
       d.waiting, d.due, d.oldest_due_at
  FROM integrations i
  JOIN tenants t ON t.tenant_id = i.tenant_id
  LEFT JOIN integration_states s ON s.tenant_id = i.tenant_id AND s.integration_id = i.id
 CROSS JOIN (VALUES (0), (1)) p(priority)
 CROSS JOIN LATERAL (
   SELECT count(*)::int AS waiting, (count(*) FILTER (WHERE x.due_at <= now()))::int AS due, min(x.due_at) AS oldest_due_at
     FROM (SELECT q.due_at FROM delivery_queue q
            WHERE q.tenant_id = i.tenant_id AND q.integration_id = i.id AND q.priority = p.priority AND q.state = 'pending'
            ORDER BY q.due_at LIMIT $1) x) d
 WHERE i.deleted_at IS NULL AND d.waiting > 0
 ORDER BY d.oldest_due_at LIMIT $2`,
}

/** Lanes with something in them, the one that is longest due first; at most `counted` rows of each are counted. */
export const readLanesAcrossTenants = async (
  pool: Pool,
  { counted, lanes }: { readonly counted: number; readonly lanes: number },
): Promise<readonly LaneRow[]> => await query<LaneRow>(pool, lanesStatement, [counted, lanes])

export type WorkerRow = { readonly owner: string; readonly sending: number }

const workersStatement: Statement = {
  name: 'monitor_workers',
  text: `
SELECT x.lease_owner AS owner, count(*)::int AS sending
  FROM (SELECT lease_owner FROM delivery_queue WHERE state = 'sending' ORDER BY due_at LIMIT $1) x
 GROUP BY x.lease_owner ORDER BY 2 DESC`,
}

/** Workers that hold deliveries at this moment, and how many. */
export const readWorkersAcrossTenants = async (
  pool: Pool,
  counted: number,
): Promise<readonly WorkerRow[]> => await query<WorkerRow>(pool, workersStatement, [counted])

export type TotalsRow = {
  readonly created: number
  readonly attempts: number
  readonly sent: number
  readonly failed: number
  readonly database_bytes: number
}

const totalsStatement: Statement = {
  name: 'monitor_totals',
  text: `
SELECT coalesce(sum(created), 0)::bigint AS created, coalesce(sum(attempts), 0)::bigint AS attempts,
       coalesce(sum(sent), 0)::bigint AS sent, coalesce(sum(failed), 0)::bigint AS failed,
       pg_database_size(current_database())::bigint AS database_bytes
  FROM delivery_counters WHERE day = (now() AT TIME ZONE 'UTC')::date`,
}

/** Today's counters (UTC) of all tenants. */
export const readTotalsAcrossTenants = async (pool: Pool): Promise<TotalsRow> => {
  const [row] = await query<TotalsRow>(pool, totalsStatement, [])
  if (row === undefined) throw new Error('a sum over no rows gave no row')
  return row
}

export type TimesRow = {
  readonly tenant: string
  readonly integration_id: string
  readonly integration: string
  readonly bucket: number
  readonly n: number
}

const timesStatement: Statement = {
  name: 'monitor_times',
  text: `
SELECT t.slug AS tenant, i.id AS integration_id, i.name AS integration, e.bucket, sum(e.n)::bigint AS n
  FROM exchange_times e
  JOIN integrations i ON i.tenant_id = e.tenant_id AND i.id = e.integration_id
  JOIN tenants t ON t.tenant_id = e.tenant_id
 WHERE e.slot >= now() - interval '1 hour'
 GROUP BY t.slug, i.id, i.name, e.bucket LIMIT $1`,
}

/** How long exchanges of the last hour took, as a histogram of each integration. */
export const readTimesAcrossTenants = async (
  pool: Pool,
  rows: number,
): Promise<readonly TimesRow[]> => await query<TimesRow>(pool, timesStatement, [rows])
