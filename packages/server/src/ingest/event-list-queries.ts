/** The SQL of the list of events, by any filters within bounded time (`bounded-walk.ts`). One tenant, as carillon_app. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { TenantId } from '@carillon/domain/ids'
import {
  findRows,
  pageOfWalk,
  tenant,
  type Driver,
  type WalkPlan,
} from '../platform/db/bounded-walk.ts'
import { query, type Statement } from '../platform/db/statement.ts'
import { eventColumns } from './queries.ts'

export type EventRow = {
  readonly id: string
  readonly source: string
  readonly source_id: string
  readonly type: string
  readonly subject: string | null
  readonly time: Instant
  readonly accepted_at: Instant
  readonly data: string
}

export type EventsWanted = {
  readonly type: string | undefined
  /** The beginning of the type. */
  readonly prefix: string | undefined
  readonly source: string | undefined
  /** RFC 3339. */
  readonly since: string | undefined
  readonly until: string | undefined
  readonly before: string | null
  readonly limit: number
}

/** A prefix of no more types than this is looked for type by type, by their index; of more, event by event. */
const mostTypes = 40

/**
 * The types that begin so, from one to the next. $1 tenant, $2 prefix, $3 how many at most. In the order of bytes, which our own
 * Postgres keeps, they stand together; elsewhere all that come behind the prefix are gone through.
 */
const typesStatement: Statement = {
  name: 'find_event_types',
  text: `
WITH RECURSIVE found(type) AS (
  (SELECT e.type FROM events e WHERE e.tenant_id = $1 AND e.type >= $2 ORDER BY e.type LIMIT 1)
  UNION ALL
  SELECT (SELECT e.type FROM events e WHERE e.tenant_id = $1 AND e.type > f.type ORDER BY e.type LIMIT 1)
    FROM found f WHERE starts_with(f.type, $2) OR f.type IS NOT NULL
     AND (SELECT datcollate FROM pg_database WHERE datname = current_database()) NOT IN ('C', 'POSIX')
), few AS (SELECT type FROM found WHERE type IS NOT NULL LIMIT $3)
SELECT type, starts_with(type, $2) AS fits FROM few`,
}

/** All types that begin so; undefined: too many. */
const findTypes = async (
  client: PoolClient,
  tenantId: TenantId,
  prefix: string | undefined,
): Promise<readonly string[] | undefined> => {
  if (prefix === undefined) return undefined
  const values = [tenantId, prefix, mostTypes + 1]
  const rows = await query<{ type: string; fits: boolean }>(client, typesStatement, values)
  return rows.length > mostTypes
    ? undefined
    : rows.filter(({ fits }) => fits).map(({ type }) => type)
}

const planEvents = (
  wanted: EventsWanted,
  types: readonly string[] | undefined,
  [before, place]: Parameters<WalkPlan>,
): readonly Driver[] => {
  const bounds = [
    ...(wanted.since === undefined
      ? []
      : [` AND e.id >= carillon_uuid_floor(${place(wanted.since)}::timestamptz)`]),
    ...(wanted.until === undefined
      ? []
      : [` AND e.id < carillon_uuid_floor(${place(wanted.until)}::timestamptz)`]),
    ...(before === null ? [] : [` AND e.id < ${place(before)}::uuid`]),
  ].join('')
  const checks = [
    ...(wanted.source === undefined ? [] : [`c.source = ${place(wanted.source)}::text`]),
    ...(wanted.prefix === undefined || types !== undefined
      ? []
      : [`starts_with(c.type, ${place(wanted.prefix)}::text)`]),
  ]
  const columns = checks.length === 0 ? 'e.id' : 'e.id, e.source, e.type'
  const branch = (condition: string, limit: string): string =>
    `SELECT ${columns} FROM events e WHERE e.tenant_id = ${tenant}${condition}${bounds} ORDER BY e.id DESC LIMIT ${limit}`
  const exact = wanted.type === undefined ? types : [wanted.type]
  if (exact === undefined) return [{ name: 'all', rows: (limit) => branch('', limit), checks }]
  const conditions = exact.map((type) => ` AND e.type = ${place(type)}::text`)
  const rows = (limit: string): string => {
    const branches = conditions.map((condition) => `(${branch(condition, limit)})`)
    return `SELECT * FROM (${branches.join(' UNION ALL ')}) u ORDER BY u.id DESC LIMIT ${limit}`
  }
  return [{ name: 'types', rows, checks }]
}

/**
 * Events that fit, newest first, older than `before`. Fewer than `limit`, and a `scanEnd`, when a tenth of a second was not
 * enough: go on before that one.
 */
export const listEvents = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: EventsWanted,
): Promise<{ readonly rows: readonly EventRow[]; readonly scanEnd: string | null }> => {
  const types = await findTypes(client, tenantId, wanted.prefix)
  if (types?.length === 0) return { rows: [], scanEnd: null }
  const plan: WalkPlan = (...where) => planEvents(wanted, types, where)
  const { before, limit } = wanted
  const search = { tenantId, plan, order: 'DESC', after: before, limit } as const
  const { rows, scanEnd } = await findRows<EventRow>(client, search, (walk) => {
    const { head, from } = pageOfWalk(walk)
    return `${head} SELECT ${eventColumns}, w.scan_end FROM ${from} LEFT JOIN events e ON e.tenant_id = ${tenant} AND e.id = w.id
 ORDER BY w.id DESC NULLS LAST`
  })
  return { rows, scanEnd: scanEnd === null ? null : `${scanEnd}` }
}
