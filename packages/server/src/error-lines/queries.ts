/** The SQL of error lines. They are written by whoever has errors, whosever they are: it runs on the engine's pool. */
import type { Pool, PoolClient } from 'pg'
import { query, type Statement } from '../platform/db/statement.ts'

type On = Pool | PoolClient

/** Epoch ms, and JSON's names, so that a list of them can be one parameter. */
export type StoredGroup = {
  readonly tenantId: string | null
  /** For lines that name the tenant so. */
  readonly tenantSlug: string | null
  readonly slotMs: number
  readonly fingerprint: string
  readonly message: string
  readonly detail: string | null
  readonly sample: string
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
}

const storeStatement: Statement = {
  name: 'store_error_lines',
  // A tenant that is gone (or never was) leaves its errors to the installation. In the order of the key: two processes
  // that store the same errors must not wait for each other crosswise.
  text: `
INSERT INTO error_lines AS e (tenant_id, slot, fingerprint, message, detail, sample, count, first_at, last_at)
SELECT coalesce(i.tenant_id, s.tenant_id), to_timestamp(g."slotMs" / 1000.0), g.fingerprint, g.message, g.detail, g.sample, g.count,
       to_timestamp(g."firstMs" / 1000.0), to_timestamp(g."lastMs" / 1000.0)
  FROM json_to_recordset($1::json) AS g ("tenantId" uuid, "tenantSlug" text, "slotMs" bigint, fingerprint text, message text, detail text,
         sample text, count bigint, "firstMs" bigint, "lastMs" bigint)
  LEFT JOIN tenants i ON i.tenant_id = g."tenantId" LEFT JOIN tenants s ON s.slug = g."tenantSlug"
 ORDER BY 1, g."slotMs", g.fingerprint
ON CONFLICT (tenant_id, slot, fingerprint) DO UPDATE
  SET count = e.count + EXCLUDED.count, first_at = least(e.first_at, EXCLUDED.first_at),
      last_at = greatest(e.last_at, EXCLUDED.last_at)`,
}

/** Adds counted lines to those of their slots. No two of them may have the same slot and fingerprint. */
export const storeErrorLinesAcrossTenants = async (
  on: On,
  groups: readonly StoredGroup[],
): Promise<void> => {
  await query(on, storeStatement, [JSON.stringify(groups)])
}

const knownStatement: Statement = {
  name: 'known_error_lines',
  text: `
SELECT extract(epoch FROM slot)::float8 * 1000 AS "slotMs", count(*)::int AS held,
       array_agg(fingerprint) AS fingerprints
  FROM error_lines WHERE slot = ANY (SELECT to_timestamp(ms / 1000.0) FROM unnest($1::float8[]) AS ms) GROUP BY slot`,
}

export type HeldSlot = {
  readonly slotMs: number
  readonly held: number
  readonly fingerprints: readonly string[]
}

/** What these slots hold already, of all tenants: each has room for so many. */
export const findHeldSlotsAcrossTenants = async (
  on: On,
  slotsMs: readonly number[],
): Promise<readonly HeldSlot[]> => await query<HeldSlot>(on, knownStatement, [slotsMs])

const collectStatement: Statement = {
  name: 'collect_error_lines',
  text: `
SELECT tenant_id AS "tenantId", fingerprint, (array_agg(message ORDER BY slot DESC))[1] AS message,
       (array_agg(detail ORDER BY slot DESC))[1] AS detail, (array_agg(sample ORDER BY slot DESC))[1] AS sample,
       sum(count)::float8 AS count,
       extract(epoch FROM min(first_at))::float8 * 1000 AS "firstMs",
       extract(epoch FROM max(last_at))::float8 * 1000 AS "lastMs"
  FROM error_lines
 WHERE slot >= to_timestamp($1::float8 / 1000.0) AND slot <= to_timestamp($2::float8 / 1000.0)
   AND ($3::uuid IS NULL OR tenant_id = $3)
 GROUP BY tenant_id, fingerprint ORDER BY sum(count) DESC, max(last_at) DESC, fingerprint LIMIT $4`,
}

export type CollectedRow = Omit<StoredGroup, 'slotMs' | 'tenantSlug'>

/** Error lines of the slots from `fromMs` to `untilMs`, most frequent first: of one tenant, or (undefined) of everybody. */
export const collectErrorLines = async (
  on: On,
  tenantId: string | undefined,
  {
    fromMs,
    untilMs,
    limit,
  }: { readonly fromMs: number; readonly untilMs: number; readonly limit: number },
): Promise<readonly CollectedRow[]> =>
  await query<CollectedRow>(on, collectStatement, [fromMs, untilMs, tenantId ?? null, limit])

const forgetStatement: Statement = {
  name: 'forget_error_lines',
  text: `
WITH old AS (
  SELECT ctid FROM error_lines WHERE slot < clock_timestamp() - $1::double precision * interval '1 millisecond' LIMIT $2
)
DELETE FROM error_lines USING old WHERE error_lines.ctid = old.ctid RETURNING 1`,
}

/** Deletes at most `limit` rows older than `olderThanMs`; returns how many. */
export const forgetErrorLinesAcrossTenants = async (
  on: On,
  { olderThanMs, limit }: { readonly olderThanMs: number; readonly limit: number },
): Promise<number> => (await query(on, forgetStatement, [olderThanMs, limit])).length
