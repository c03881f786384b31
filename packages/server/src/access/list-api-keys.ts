/** Reading API keys: a page of them, or one. Their values can't be read. */
import type { Pool, PoolClient } from 'pg'
import { Type } from 'typebox'
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId, type ApiKeyId } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { findKey, listKeys, type KeyOwner, type KeyRecord } from './queries/keys.ts'
import type { KeyListQuery, KeyView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

const isoOrNull = (at: Instant | null): string | null => (at === null ? null : toIso(at))

/** A row as the API shows it. */
export const viewKey = (row: KeyRecord): KeyView => ({
  id: printId('apiKey', asId('apiKey', row.id)),
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  state: row.state,
  createdAt: toIso(row.created_at),
  expiresAt: isoOrNull(row.expires_at),
  revokedAt: isoOrNull(row.revoked_at),
  lastUsedAt: isoOrNull(row.last_used_at),
})

/** A page of the owner's keys, newest first. Throws `bad_cursor`. */
export const listApiKeys = async (
  on: Pool | PoolClient,
  owner: KeyOwner,
  filter: KeyListQuery,
): Promise<Page<KeyView>> => {
  const limit = limitOf(filter)
  const before = decodeCursor(filter.cursor, keyset)?.[0]
  const rows = await listKeys(on, { owner, before, state: filter.state, limit: limit + 1 })
  return toPage(rows, { limit, toItem: viewKey, keysetOf: (row) => [row.id] })
}

/** The owner's key, or `not_found`. */
export const findApiKey = async (
  on: Pool | PoolClient,
  owner: KeyOwner,
  id: ApiKeyId,
): Promise<KeyView> => {
  const row = await findKey(on, { owner, id })
  if (row === undefined) throw notFound()
  return viewKey(row)
}
