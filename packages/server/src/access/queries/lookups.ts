/**
 * The SQL of finding out who asks. A key is looked up before its tenant is known, so all of it crosses tenants and needs
 * the engine's pool.
 */
import type { Pool, PoolClient } from 'pg'
import { plainArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

type On = Pool | PoolClient

export type KeyRow = {
  /** Hex. */
  readonly hash: string
  readonly id: string
  /** Null: a platform-admin key. */
  readonly tenant_id: string | null
  readonly slug: string | null
  readonly scopes: readonly string[]
  readonly is_revoked: boolean
  readonly is_suspended: boolean
  /** By the database's clock; negative: it has expired. Null: it never does. */
  readonly expires_in_ms: number | null
}

const findKeysStatement: Statement = {
  name: 'find_keys',
  text: `
SELECT encode(k.hash, 'hex') AS hash, k.id, k.tenant_id, t.slug, k.scopes, k.revoked_at IS NOT NULL AS is_revoked, t.suspended_at IS NOT NULL AS is_suspended,
       (extract(epoch FROM k.expires_at - clock_timestamp()) * 1000)::float8 AS expires_in_ms
  FROM unnest($1::text[]) AS asked(hash)
  JOIN api_keys k ON k.hash = decode(asked.hash, 'hex')
  LEFT JOIN tenants t ON t.tenant_id = k.tenant_id`,
}

/** The keys with these hashes (hex), also revoked and expired ones. Across tenants: the key says which one it is. */
export const findKeysAcrossTenants = async (
  on: On,
  hashes: readonly string[],
): Promise<readonly KeyRow[]> => query<KeyRow>(on, findKeysStatement, [plainArray(hashes)])

const findTenantIdsStatement: Statement = {
  name: 'find_tenant_ids',
  text: `SELECT slug, tenant_id FROM tenants WHERE slug = ANY($1::text[])`,
}

/** The tenants with these slugs. */
export const findTenantIdsAcrossTenants = async (
  on: On,
  slugs: readonly string[],
): Promise<readonly { readonly slug: string; readonly tenant_id: string }[]> =>
  query(on, findTenantIdsStatement, [plainArray(slugs)])

/** SKIP LOCKED: another process is writing the same, or the key is being revoked; neither is worth waiting for. */
const touchKeysStatement: Statement = {
  name: 'touch_keys',
  text: `
WITH used AS (
  SELECT id FROM api_keys WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE api_keys k SET last_used_at = clock_timestamp() FROM used WHERE k.id = used.id`,
}

/** Sets the last use of these keys to now. */
export const touchKeysAcrossTenants = async (on: On, ids: readonly string[]): Promise<void> => {
  await query(on, touchKeysStatement, [plainArray(ids)])
}
