/** Puts what a source could not read into quarantine: it is there for people, and holds nothing up. */
import type { PoolClient } from 'pg'
import type { Unreadable } from '@carillon/connectors/source'
import { query } from '../platform/db/statement.ts'
import type { IdGenerator } from '../platform/ids.ts'
import * as sql from './queries/storing.ts'

/** A mail, or a page of an API: connectors cap what they read below this. */
const mostRawBytes = 32 * 1024 * 1024
const longestReason = 1_000
const longestItemId = 500

/** Postgres takes no NUL and no half surrogates; what could not be read may have them. */
const storable = (text: string, longest: number): string =>
  text.slice(0, longest).toWellFormed().replaceAll('\0', '\u{FFFD}')

/** Keeps them in the caller's transaction, repetitions once; returns how many were new. */
export const keepUnreadable = async (
  client: PoolClient,
  of: { readonly tenantId: string; readonly integrationId: string },
  { items, newId }: { readonly items: readonly Unreadable[]; readonly newId: IdGenerator },
): Promise<number> => {
  if (items.length === 0) return 0
  const raws = items.map(({ raw }) => (raw === undefined ? null : Buffer.from(raw)))
  const rows = await query(client, sql.keepUnreadable, [
    of.tenantId,
    of.integrationId,
    items.map(() => newId('quarantined')),
    items.map(({ id }) => storable(id, longestItemId)),
    items.map(({ reason }) => storable(reason, longestReason)),
    raws.map((raw) => raw?.subarray(0, mostRawBytes) ?? null),
    raws.map((raw) => raw?.length ?? 0),
  ])
  return rows.length
}
