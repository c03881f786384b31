/** The SQL of the suppression list for the API. Every statement names its tenant. Recording is `record-suppressions.ts`. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { SuppressionReason, SuppressionScope } from '@carillon/domain/suppression'
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

const listStatement: Statement = {
  name: 'list_suppressions',
  text: `
SELECT ${columns} FROM suppressions s
 WHERE s.tenant_id = $1 AND ($2::text IS NULL OR s.channel = $2) AND ($3::text[] IS NULL OR s.address = ANY ($3))
   AND ($4::text IS NULL OR s.scope = $4) AND ($5::text IS NULL OR s.reason = $5)
   AND ($6::timestamptz IS NULL OR s.created_at >= $6) AND ${active} = $7 AND ($8::uuid IS NULL OR s.id < $8)
 ORDER BY s.id DESC LIMIT $9`,
}

/** Entries that fit, newest first. */
export const listSuppressionRows = async (
  client: PoolClient,
  tenantId: string,
  wanted: SuppressionWanted,
): Promise<readonly SuppressionRow[]> => {
  const { channel, addresses, scope, reason, since, before } = wanted
  const values = [channel, addresses, scope, reason, since].map((value) => value ?? null)
  return await query(client, listStatement, [
    tenantId,
    ...values,
    wanted.active,
    before ?? null,
    wanted.limit,
  ])
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
