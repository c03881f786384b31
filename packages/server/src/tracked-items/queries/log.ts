/** The SQL of the sync log. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { FieldChange, LocalState } from '@carillon/domain/sync-status'
import { query, type Statement } from '../../platform/db/statement.ts'

type On = Pool | PoolClient

export type LogRow = {
  readonly id: string
  readonly integration_id: string
  readonly item_id: string | null
  readonly remote_id: string
  readonly at: Instant
  readonly type: string
  readonly is_forced: boolean
  readonly success: boolean
  readonly before: LocalState | null
  readonly after: LocalState | null
  readonly changes: readonly FieldChange[]
  readonly note: string | null
  readonly error: string | null
  readonly duration_ms: number
  readonly event_id: string | null
}

const insertStatement: Statement = {
  name: 'insert_sync_log',
  text: `
INSERT INTO sync_log (tenant_id, id, integration_id, item_id, remote_id, type, is_forced, success, before, after, changes, note, error, duration_ms, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
}

/** Writes a line. */
export const insertLogRow = async (
  client: PoolClient,
  tenantId: string,
  line: Omit<LogRow, 'at'>,
): Promise<void> => {
  await query(client, insertStatement, [
    tenantId,
    line.id,
    line.integration_id,
    line.item_id,
    line.remote_id,
    line.type,
    line.is_forced,
    line.success,
    line.before,
    line.after,
    JSON.stringify(line.changes),
    line.note,
    line.error,
    line.duration_ms,
    line.event_id,
  ])
}

const listStatement: Statement = {
  name: 'list_sync_log',
  text: `
SELECT * FROM sync_log l
 WHERE l.tenant_id = $1 AND ($2::uuid IS NULL OR l.item_id = $2) AND ($3::uuid IS NULL OR l.integration_id = $3)
   AND ($4::boolean IS NULL OR l.success = $4) AND ($5::uuid IS NULL OR l.id < $5)
 ORDER BY l.id DESC LIMIT $6`,
}

/** A tenant's lines, newest first, below the id `before`. */
export const listLogRows = async (
  on: On,
  tenantId: string,
  filter: {
    readonly itemId: string | undefined
    readonly integrationId: string | undefined
    readonly success: boolean | undefined
    readonly before: string | undefined
    readonly limit: number
  },
): Promise<readonly LogRow[]> =>
  query<LogRow>(on, listStatement, [
    tenantId,
    filter.itemId ?? null,
    filter.integrationId ?? null,
    filter.success ?? null,
    filter.before ?? null,
    filter.limit,
  ])

const forgetStatement: Statement = {
  name: 'forget_sync_log',
  text: `
WITH lines AS (
  DELETE FROM sync_log WHERE ctid = ANY (ARRAY(SELECT ctid FROM sync_log WHERE at < now() - $1 * interval '1 day' LIMIT $2)) RETURNING 1
), runs AS (
  DELETE FROM sync_runs WHERE ctid = ANY (ARRAY(SELECT ctid FROM sync_runs WHERE started_at < now() - $1 * interval '1 day' AND ended_at IS NOT NULL LIMIT $2)) RETURNING 1
)
SELECT (SELECT count(*) FROM lines) + (SELECT count(*) FROM runs) AS gone`,
}

/** Forgets lines and rounds older than so many days, at most `limit` of each; returns how many. */
export const forgetLogAcrossTenants = async (
  on: On,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<number> =>
  (await query<{ gone: number }>(on, forgetStatement, [days, limit]))[0]?.gone ?? 0
