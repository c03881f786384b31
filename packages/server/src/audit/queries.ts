/** The SQL of the audit log: reading it and checking its chain. Entries are written by triggers (migration 0005). */
import type { Pool, PoolClient } from 'pg'
import type { IdKind } from '@carillon/domain/ids'
import type { Instant } from '@carillon/domain/clock'
import {
  findRows,
  pageOfWalk,
  tenant,
  type Driver,
  type WalkPlan,
} from '../platform/db/bounded-walk.ts'
import { query, type Statement } from '../platform/db/statement.ts'

type On = Pool | PoolClient

export type AuditRow = {
  readonly seq: number
  readonly at: Instant
  readonly actor: string
  readonly action: string
  readonly kind: string
  readonly object_id: string | null
  readonly details: string
  /** The text that the hash covers. */
  readonly text: string
  /** Hex. */
  readonly prev_hash: string
  readonly hash: string
}

export type AuditFilter = {
  readonly actor?: string | undefined
  readonly action?: string | undefined
  /** The beginning of an action, such as "rule.". */
  readonly actionPrefix?: string | undefined
  readonly kind?: string | undefined
  readonly objectId?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

const columns = `a.seq, a.at, a.actor, a.action, a.kind, a.object_id, a.details::text AS details,
  carillon_audit_text(a) AS text, encode(a.prev_hash, 'hex') AS prev_hash, encode(a.hash, 'hex') AS hash`

const wanted = `a.tenant_id = $1
   AND ($2::text IS NULL OR a.actor = $2) AND ($3::text IS NULL OR a.action = $3)
   AND ($4::text IS NULL OR starts_with(a.action, $4)) AND ($5::text IS NULL OR a.kind = $5)
   AND ($6::uuid IS NULL OR a.object_id = $6)
   AND ($7::timestamptz IS NULL OR a.at >= $7) AND ($8::timestamptz IS NULL OR a.at < $8)`

const values = (tenantId: string, filter: AuditFilter): unknown[] => [
  tenantId,
  filter.actor ?? null,
  filter.action ?? null,
  filter.actionPrefix ?? null,
  filter.kind ?? null,
  filter.objectId ?? null,
  filter.since ?? null,
  filter.until ?? null,
]

/** Oldest first, for exports. */
const walkEntries = `
SELECT ${columns} FROM audit_log a WHERE ${wanted} AND a.seq > $9 ORDER BY a.seq LIMIT $10`

/** The indexes that lead to the chain's entries below the number `before`. */
const planEntries = (
  filter: AuditFilter,
  [before, place]: Parameters<WalkPlan>,
): readonly Driver[] => {
  const { actor, action, actionPrefix, kind, objectId, since, until } = filter
  const below = before === null ? '' : ` AND a.seq < ${place(before)}::bigint`
  const checks = (
    [
      ['actor', actor, (value) => `c.actor = ${value}::text`],
      ['object', objectId, (value) => `c.object_id = ${value}::uuid`],
      ['action', action, (value) => `c.action = ${value}::text`],
      ['actionPrefix', actionPrefix, (value) => `starts_with(c.action, ${value}::text)`],
      ['kind', kind, (value) => `c.kind = ${value}::text`],
      ['since', since, (value) => `c.at >= ${value}::timestamptz`],
      ['until', until, (value) => `c.at < ${value}::timestamptz`],
    ] as const satisfies readonly (readonly [
      string,
      string | undefined,
      (value: string) => string,
    ])[]
  ).flatMap(([name, value, of]) => (value === undefined ? [] : [{ name, text: of(place(value)) }]))
  const by = (name: string, condition: string): Driver => {
    const others = checks.filter((check) => check.name !== name)
    const columns = `a.seq AS id${others.length === 0 ? '' : ', a.actor, a.object_id, a.action, a.kind, a.at'}`
    return {
      name,
      rows: (limit) =>
        `SELECT ${columns} FROM audit_log a WHERE a.tenant_id = ${tenant}${condition}${below} ORDER BY a.seq DESC LIMIT ${limit}`,
      checks: others.map(({ text }) => text),
    }
  }
  const drivers = checks
    .filter(({ name }) => name === 'actor' || name === 'object')
    .map(({ name, text }) => by(name, ` AND ${text.replace('c.', 'a.')}`))
  return drivers.length === 0 ? [by('all', '')] : drivers
}

/**
 * The chain's entries, newest first, below the number `before`. Fewer than `limit`, and a `scanEnd`, when a tenth of a second was
 * not enough: go on below that one.
 */
export const listAuditRows = async (
  client: PoolClient,
  tenantId: string,
  {
    before,
    limit,
    ...filter
  }: AuditFilter & { readonly before: number | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly AuditRow[]; readonly scanEnd: number | string | null }> => {
  const plan: WalkPlan = (...where) => planEntries(filter, where)
  const search = { tenantId, plan, order: 'DESC', after: before ?? null, limit } as const
  return await findRows<AuditRow>(client, search, (walk) => {
    const { head, from } = pageOfWalk(walk)
    return `${head} SELECT ${columns}, w.scan_end FROM ${from} LEFT JOIN audit_log a ON a.tenant_id = ${tenant} AND a.seq = w.id
 ORDER BY w.id DESC NULLS LAST`
  })
}

/** The chain's entries, oldest first, above the number `after`. */
export const walkAuditRows = async (
  on: On,
  tenantId: string,
  filter: AuditFilter & { readonly after: number; readonly limit: number },
): Promise<readonly AuditRow[]> =>
  (await on.query<AuditRow>(walkEntries, [...values(tenantId, filter), filter.after, filter.limit]))
    .rows

const checkChainStatement: Statement = {
  name: 'check_audit_chain',
  text: `
SELECT max(seq) AS last, count(*)::int AS entries,
       min(seq) FILTER (WHERE hash <> computed OR prev_hash <> before OR seq <> expected) AS broken,
       (array_agg(encode(hash, 'hex') ORDER BY seq DESC))[1] AS hash
  FROM (SELECT a.seq, a.hash, a.prev_hash, sha256(a.prev_hash || convert_to(carillon_audit_text(a), 'UTF8')) AS computed,
               coalesce(lag(a.hash) OVER w, decode($3, 'hex')) AS before, $2::bigint + row_number() OVER w AS expected
          FROM audit_log a WHERE a.tenant_id = $1 AND a.seq > $2 WINDOW w AS (ORDER BY a.seq) ORDER BY a.seq LIMIT $4) AS part`,
}

export type ChainPart = {
  /** Null: there was no entry any more. */
  readonly last: number | null
  readonly entries: number
  /** The first entry that does not fit its hash, its predecessor or its number. */
  readonly broken: number | null
  /** Of the last entry, hex. */
  readonly hash: string | null
}

/** Checks up to `limit` entries after number `after`, whose hash (hex, '' at the beginning) was `hash`. */
export const checkChainPart = async (
  on: On,
  values: {
    readonly tenantId: string
    readonly after: number
    readonly hash: string
    readonly limit: number
  },
): Promise<ChainPart> => {
  const { tenantId, after, hash, limit } = values
  const [row] = await query<ChainPart>(on, checkChainStatement, [tenantId, after, hash, limit])
  if (row === undefined) throw new Error('an aggregate gave no row')
  return row
}

const named = ['integrations', 'rules', 'schedules', 'campaigns', 'tags', 'operators'] as const
const kindOf: Readonly<Record<(typeof named)[number], IdKind>> = {
  integrations: 'integration',
  rules: 'rule',
  schedules: 'schedule',
  campaigns: 'campaign',
  tags: 'tag',
  operators: 'operator',
}

const findThingsStatement: Statement = {
  name: 'find_audited_things',
  text: `
${named.map((table) => `SELECT '${kindOf[table]}' AS kind, id, name FROM ${table} WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`).join('\nUNION ALL ')}
UNION ALL SELECT 'membershipSync', id, name FROM membership_syncs WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
UNION ALL SELECT 'subscription', id, label FROM subscriptions WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
UNION ALL SELECT 'apiKey', id, name FROM api_keys WHERE (tenant_id = $1 OR tenant_id IS NULL) AND id = ANY ($2::uuid[])
UNION ALL SELECT 'tenant', tenant_id, name FROM tenants WHERE tenant_id = ANY ($2::uuid[])
UNION ALL SELECT 'user', id, name FROM auth_users WHERE id = ANY ($2::uuid[])`,
}

export type AuditedThing = {
  readonly kind: IdKind
  /** UUID. */
  readonly id: string
  readonly name: string | null
}

/** What the tenant has (the role: sees) of these, as it is called now. */
export const findAuditedThings = async (
  on: On,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly AuditedThing[]> =>
  ids.length === 0 ? [] : await query<AuditedThing>(on, findThingsStatement, [tenantId, ids])

const findHeadStatement: Statement = {
  name: 'find_audit_head',
  text: `SELECT seq, encode(hash, 'hex') AS hash FROM audit_heads WHERE tenant_id = $1`,
}

/** Where the chain should end; undefined when nothing was ever written. */
export const findChainHead = async (
  on: On,
  tenantId: string,
): Promise<{ readonly seq: number; readonly hash: string } | undefined> =>
  (await query<{ seq: number; hash: string }>(on, findHeadStatement, [tenantId]))[0]
