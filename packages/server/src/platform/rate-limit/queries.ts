/** The SQL of limits that all processes share. Before anything of a tenant is touched, so it runs on the engine's pool. */
import type { Pool } from 'pg'
import { query, type Statement } from '../db/statement.ts'

type Place = {
  readonly tenantId: string
  /** Which limit. */
  readonly kind: string
  /** Whose: an actor, a subscription. */
  readonly subject: string
  /** The member of `tenants.limits`. */
  readonly setting: string
  /** When the tenant has none of its own. */
  readonly standard: number
}

const limitOf = `(SELECT coalesce((limits->>$4)::integer, $5::integer) FROM tenants WHERE tenant_id = $1)`
const nowSecond = `floor(extract(epoch FROM clock_timestamp()))::bigint`
/** So many counts are past; the array subscript of the first that still counts is one higher. */
const past = `least(60, greatest(0, excluded.second - l.second))::integer`

/** Mirrors domain/minute-window.ts, countRequest. The row's lock puts the processes into an order. */
const countStatement: Statement = {
  name: 'count_limited_request',
  text: `
INSERT INTO api_limits AS l (tenant_id, kind, subject, second, hits)
VALUES ($1, $2, $3, ${nowSecond}, array_fill(0, ARRAY[59]) || 1)
ON CONFLICT (tenant_id, kind, subject) DO UPDATE
   SET second = greatest(l.second, excluded.second),
       hits = (l.hits[${past} + 1 : 60] || array_fill(0, ARRAY[${past}]))[1:59]
           || (CASE WHEN excluded.second > l.second THEN 1 ELSE l.hits[60] + 1 END)
 WHERE (SELECT coalesce(sum(n), 0) FROM unnest(l.hits[${past} + 1 : 60]) AS n) < ${limitOf}
RETURNING 1 AS counted`,
}

const parametersOf = ({ tenantId, kind, subject, setting, standard }: Place): unknown[] => [
  tenantId,
  kind,
  subject,
  setting,
  standard,
]

/** Counts one request; false when the last minute is full (or the limit is 0: see `readLimit`). */
export const countLimitedRequest = async (on: Pool, place: Place): Promise<boolean> =>
  (await query(on, countStatement, parametersOf(place))).length === 1

export type LimitRow = {
  /** Requests a minute; 0: as many as one likes. */
  readonly limit: number
  readonly now_second: number
  readonly second: number
  readonly hits: readonly number[]
}

const readStatement: Statement = {
  name: 'read_limit',
  text: `
SELECT ${limitOf} AS limit, ${nowSecond} AS now_second, second, hits FROM api_limits
 WHERE tenant_id = $1 AND kind = $2 AND subject = $3`,
}

/** The limit with what was counted; undefined when nothing was. */
export const readLimit = async (on: Pool, place: Place): Promise<LimitRow | undefined> =>
  (await query<LimitRow>(on, readStatement, parametersOf(place)))[0]

const forgetStatement: Statement = {
  name: 'forget_limits',
  text: `
WITH old AS (
  SELECT tenant_id, kind, subject FROM api_limits WHERE second < ${nowSecond} - 120
   ORDER BY second LIMIT $1 FOR UPDATE SKIP LOCKED
)
DELETE FROM api_limits l USING old
 WHERE l.tenant_id = old.tenant_id AND l.kind = old.kind AND l.subject = old.subject RETURNING 1 AS forgotten`,
}

/** Deletes at most `limit` rows that count nothing any more; returns how many. */
export const forgetLimitsAcrossTenants = async (on: Pool, limit: number): Promise<number> =>
  (await query(on, forgetStatement, [limit])).length

const eventLimitsStatement: Statement = {
  name: 'find_limit_setting',
  text: `SELECT (limits->>$2)::integer AS limit FROM tenants WHERE tenant_id = $1`,
}

/** A tenant's own setting; undefined when it has none. */
export const findLimitSetting = async (
  on: Pool,
  { tenantId, setting }: Pick<Place, 'tenantId' | 'setting'>,
): Promise<number | undefined> =>
  (await query<{ limit: number | null }>(on, eventLimitsStatement, [tenantId, setting]))[0]
    ?.limit ?? undefined
