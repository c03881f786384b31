/** The SQL of managing API keys: of a tenant on the app's pool, of the platform on the engine's. */
import type { Instant } from '@carillon/domain/clock'
import type { Pool, PoolClient } from 'pg'
import { query, type Statement } from '../../platform/db/statement.ts'

type On = Pool | PoolClient

/** Whose keys: a tenant's, or (null) the platform's, which only the engine's pool sees. */
export type KeyOwner = string | null

export type KeyRecord = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly scopes: string[]
  readonly state: 'active' | 'expired' | 'revoked'
  readonly created_at: Instant
  readonly expires_at: Instant | null
  readonly revoked_at: Instant | null
  readonly last_used_at: Instant | null
}

const keyColumns = `id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at,
  CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' ELSE 'active' END AS state`
/** $1 is the owner. There are few keys: the plan does not matter here. */
const isOwned = `(tenant_id = $1 OR ($1::uuid IS NULL AND tenant_id IS NULL))`

const listKeysStatement: Statement = {
  name: 'list_keys',
  text: `
SELECT * FROM (SELECT ${keyColumns} FROM api_keys WHERE ${isOwned}) AS own
 WHERE ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR state = $3)
 ORDER BY id DESC LIMIT $4`,
}

/** The keys of a tenant (or of the platform), newest first, from below id `before`. */
export const listKeys = async (
  on: On,
  values: {
    readonly owner: KeyOwner
    readonly before: string | undefined
    readonly state: string | undefined
    readonly limit: number
  },
): Promise<readonly KeyRecord[]> => {
  const { owner, before = null, state = null, limit } = values
  return query<KeyRecord>(on, listKeysStatement, [owner, before, state, limit])
}

const findKeyStatement: Statement = {
  name: 'find_key',
  text: `SELECT ${keyColumns} FROM api_keys WHERE ${isOwned} AND id = $2`,
}

/** One key of a tenant (or of the platform). */
export const findKey = async (
  on: On,
  { owner, id }: { readonly owner: KeyOwner; readonly id: string },
): Promise<KeyRecord | undefined> => (await query<KeyRecord>(on, findKeyStatement, [owner, id]))[0]

const addKeyStatement: Statement = {
  name: 'add_key',
  text: `
INSERT INTO api_keys (tenant_id, id, name, prefix, hash, scopes, expires_at)
VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, to_timestamp($7::float8 / 1000))
RETURNING ${keyColumns}`,
}

export type KeyToAdd = {
  readonly owner: KeyOwner
  readonly id: string
  readonly name: string
  readonly prefix: string
  /** Hex. */
  readonly hash: string
  readonly scopes: readonly string[]
  readonly expiresAt: Instant | undefined
}

/** Adds a key to a tenant (or to the platform). */
export const addKey = async (on: On, key: KeyToAdd): Promise<KeyRecord> => {
  const { owner, id, name, prefix, hash, scopes, expiresAt = null } = key
  const [row] = await query<KeyRecord>(on, addKeyStatement, [
    owner,
    id,
    name,
    prefix,
    hash,
    scopes,
    expiresAt,
  ])
  if (row === undefined) throw new Error('an INSERT gave no row back')
  return row
}

const revokeKeyStatement: Statement = {
  name: 'revoke_key',
  text: `
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE ${isOwned} AND id = $2 RETURNING 1 AS revoked`,
}

/** Revokes a key of a tenant (or of the platform), or leaves it revoked; false when there is none. */
export const revokeKeyOf = async (
  on: On,
  { owner, id }: { readonly owner: KeyOwner; readonly id: string },
): Promise<boolean> => (await query(on, revokeKeyStatement, [owner, id])).length === 1

const lockBootstrapStatement: Statement = {
  name: 'lock_bootstrap',
  text: 'SELECT pg_advisory_xact_lock(7266002)',
}

/** One process at a time, until the transaction ends. */
export const lockBootstrapAcrossTenants = async (on: PoolClient): Promise<void> => {
  await query(on, lockBootstrapStatement, [])
}

const hasPlatformKeyStatement: Statement = {
  name: 'has_platform_key',
  text: 'SELECT EXISTS (SELECT FROM api_keys WHERE tenant_id IS NULL) AS has',
}

/** Was there ever a platform-admin key? */
export const hasPlatformKeyAcrossTenants = async (on: On): Promise<boolean> =>
  (await query<{ readonly has: boolean }>(on, hasPlatformKeyStatement, []))[0]?.has === true

const addPlatformKeyStatement: Statement = {
  name: 'add_platform_key',
  text: `
INSERT INTO api_keys (tenant_id, id, name, prefix, hash, scopes)
VALUES (NULL, $1, $2, $3, decode($4, 'hex'), '{*}') ON CONFLICT (hash) DO NOTHING`,
}

/** Adds a platform-admin key unless a key with this hash is there. */
export const addPlatformKeyAcrossTenants = async (
  on: On,
  key: Pick<KeyToAdd, 'id' | 'name' | 'prefix' | 'hash'>,
): Promise<void> => {
  await query(on, addPlatformKeyStatement, [key.id, key.name, key.prefix, key.hash])
}
