/** The SQL of the suppression list for the API. Every statement names its tenant. Recording is `record-suppressions.ts`. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { SuppressionReason, SuppressionScope } from '@carillon/domain/suppression'
import {
  findRows,
  pageOfWalk,
  tenant,
  type Driver,
  type WalkPlan,
} from '../platform/db/bounded-walk.ts'
import { query, type Statement } from '../platform/db/statement.ts'

export type SuppressionRow = {
  readonly id: string
  readonly channel: string
  readonly address: string
  readonly scope: SuppressionScope
  readonly reason: SuppressionReason
  readonly note: string | null
  readonly delivery_id: string | null
  readonly created_by: string | null
  readonly created_at: Instant
  readonly expires_at: Instant | null
  readonly active: boolean
}

const active = `(s.expires_at IS NULL OR s.expires_at > clock_timestamp())`
const columns = `s.id, s.channel, s.address, s.scope, s.reason, s.note, s.delivery_id, s.created_by, s.created_at, s.expires_at, ${active} AS active`

export type SuppressionWanted = {
  readonly channel?: string | undefined
  /** Spellings of one address. */
  readonly addresses?: readonly string[] | undefined
  readonly scope?: string | undefined
  readonly reason?: string | undefined
  /** RFC 3339. */
  readonly since?: string | undefined
  readonly active: boolean
  /** An id: only what was made before it. */
  readonly before?: string | undefined
  readonly limit: number
}

/** The indexes that lead to entries made before the id `before`. */
const planEntries = (
  wanted: SuppressionWanted,
  [before, place]: Parameters<WalkPlan>,
): readonly Driver[] => {
  const { channel, addresses, scope, reason, since } = wanted
  const addressed = addresses === undefined ? undefined : place(addresses)
  const made = since === undefined ? undefined : place(since)
  const equal = (column: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [`c.${column} = ${place(value)}::text`]
  const checks = [
    ...equal('channel', channel),
    ...equal('scope', scope),
    ...equal('reason', reason),
    ...(made === undefined ? [] : [`c.created_at >= ${made}::timestamptz`]),
    `(c.expires_at IS NULL OR c.expires_at > clock_timestamp()) = ${place(wanted.active)}::boolean`,
  ]
  // Ids carry their time: with a day of slack for clocks.
  const within = [
    ...(before === null ? [] : [` AND s.id < ${place(before)}::uuid`]),
    ...(made === undefined
      ? []
      : [` AND s.id >= carillon_uuid_floor(${made}::timestamptz - interval '1 day')`]),
  ].join('')
  const rows = (from: string) => (limit: string) =>
    `SELECT s.* FROM ${from} s WHERE s.tenant_id = ${tenant}${within} ORDER BY s.id DESC LIMIT ${limit}`
  // Few, and in another order.
  const ofAddresses = `(SELECT * FROM suppressions WHERE tenant_id = ${tenant} AND address = ANY (${addressed ?? ''}::text[]) OFFSET 0)`
  return addressed === undefined
    ? [{ name: 'all', rows: rows('suppressions'), checks }]
    : [{ name: 'address', rows: rows(ofAddresses), checks }]
}

/**
 * Entries that fit, newest first. Fewer than `limit`, and a `scanEnd`, when a tenth of a second was not enough: go on before that
 * one.
 */
export const listSuppressionRows = async (
  client: PoolClient,
  tenantId: string,
  wanted: SuppressionWanted,
): Promise<{ readonly rows: readonly SuppressionRow[]; readonly scanEnd: string | null }> => {
  const plan: WalkPlan = (...where) => planEntries(wanted, where)
  const { before = null, limit } = wanted
  const search = { tenantId, plan, order: 'DESC', after: before, limit } as const
  const { rows, scanEnd } = await findRows<SuppressionRow>(client, search, (walk) => {
    const { head, from } = pageOfWalk(walk)
    return `${head} SELECT ${columns}, w.scan_end FROM ${from} LEFT JOIN suppressions s ON s.tenant_id = ${tenant} AND s.id = w.id
 ORDER BY w.id DESC NULLS LAST`
  })
  return { rows, scanEnd: scanEnd === null ? null : `${scanEnd}` }
}

const ofAddressesStatement: Statement = {
  name: 'find_suppressions_of_addresses',
  text: `
SELECT ${columns} FROM suppressions s
 WHERE s.tenant_id = $1 AND s.channel = $2 AND s.address = ANY ($3::text[]) AND ${active} ORDER BY s.id`,
}

/** What stops messages to these addresses (their keys) now. */
export const findOfAddresses = async (
  client: PoolClient,
  tenantId: string,
  { channel, keys }: { readonly channel: string; readonly keys: readonly string[] },
): Promise<readonly SuppressionRow[]> =>
  await query(client, ofAddressesStatement, [tenantId, channel, keys])

const findStatement: Statement = {
  name: 'find_suppression',
  text: `SELECT ${columns} FROM suppressions s WHERE s.tenant_id = $1 AND s.id = $2`,
}

/** One entry, also one that has ended. */
export const findSuppressionRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<SuppressionRow | undefined> =>
  (await query<SuppressionRow>(client, findStatement, [tenantId, id]))[0]

const deleteStatement: Statement = {
  name: 'lift_suppression',
  text: `DELETE FROM suppressions s WHERE s.tenant_id = $1 AND s.id = $2 RETURNING ${columns}`,
}

/** Deletes it; undefined when it was not there. */
export const deleteSuppressionRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<SuppressionRow | undefined> =>
  (await query<SuppressionRow>(client, deleteStatement, [tenantId, id]))[0]
