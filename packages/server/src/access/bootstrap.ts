/**
 * What must be there before anybody can ask for anything: the tenant `default` and one platform-admin key. Runs at every
 * start, in every process, and changes nothing when all is there. Never shows a key.
 */
import type { Pool, PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { inTransaction } from '../platform/db/transaction.ts'
import { createSystemIdGenerator, type IdGenerator } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { ensureTenant } from '../tenants/ensure-tenant.ts'
import { adminKeyPath, loadOrCreateAdminKey, readAdminKey } from './admin-key-file.ts'
import { hashKey, isKeyShaped, shownPrefix } from './api-key.ts'
import { defaultTenantSlug } from './authenticate.ts'
import {
  addPlatformKeyAcrossTenants,
  hasPlatformKeyAcrossTenants,
  lockBootstrapAcrossTenants,
} from './queries/keys.ts'
import { findKeysAcrossTenants, type KeyRow } from './queries/lookups.ts'

type Options = {
  /** Of role engine. (The owner, when it is no superuser, sees no row: row-level security is forced on it too.) */
  readonly pool: Pool
  readonly dataDir: string
  /** CARILLON_BOOTSTRAP_API_KEY. */
  readonly apiKey?: string
  readonly log?: Pick<Log, 'warn'>
}

export type Bootstrapped = {
  /** Of the tenant `default`. */
  readonly tenantId: TenantId
  /** The file with the generated platform-admin key, while that key is valid: `npm start` says where it is. */
  readonly keyFile: string | undefined
}

const isUsable = (row: KeyRow): boolean =>
  !row.is_revoked && (row.expires_in_ms === null || row.expires_in_ms > 0)

const findKey = async (client: PoolClient, key: string): Promise<KeyRow | undefined> =>
  (await findKeysAcrossTenants(client, [hashKey(key)]))[0]

/** Adds the key unless it is known; a known one stays as it is, revoked for instance. */
const ensurePlatformKey = async (
  client: PoolClient,
  {
    key,
    name,
    newId,
  }: { readonly key: string; readonly name: string; readonly newId: IdGenerator },
): Promise<KeyRow> => {
  const hash = hashKey(key)
  await addPlatformKeyAcrossTenants(client, {
    id: newId('apiKey'),
    name,
    prefix: shownPrefix(key),
    hash,
  })
  const row = await findKey(client, key)
  if (row === undefined) throw new Error('the platform-admin key is not there after it was added')
  return row
}

const ensureGivenKey = async (
  client: PoolClient,
  {
    key,
    newId,
    log,
  }: { readonly key: string; readonly newId: IdGenerator; readonly log: Options['log'] },
): Promise<void> => {
  if (!isKeyShaped(key)) {
    throw new Error(
      'CARILLON_BOOTSTRAP_API_KEY must have 32 to 255 visible ASCII characters without spaces',
    )
  }
  const row = await ensurePlatformKey(client, {
    key,
    name: 'CARILLON_BOOTSTRAP_API_KEY',
    newId,
  })
  if (row.tenant_id !== null) {
    throw new Error(
      'CARILLON_BOOTSTRAP_API_KEY is the key of a tenant already: choose another value',
    )
  }
  if (!isUsable(row)) {
    log?.warn('CARILLON_BOOTSTRAP_API_KEY was revoked and stays so: choose another value')
  }
}

/** Only when there has never been a platform-admin key: one that was revoked does not come back by a restart. */
const ensureGeneratedKey = async (
  client: PoolClient,
  { dataDir, newId }: { readonly dataDir: string; readonly newId: IdGenerator },
): Promise<void> => {
  if (await hasPlatformKeyAcrossTenants(client)) return
  // The file comes first: a crash before the commit leaves a key that the next start adds.
  const key = await loadOrCreateAdminKey(dataDir)
  await ensurePlatformKey(client, { key, name: 'Made at the first start', newId })
}

const findKeyFile = async (client: PoolClient, dataDir: string): Promise<string | undefined> => {
  const key = await readAdminKey(dataDir)
  const row = key === undefined ? undefined : await findKey(client, key)
  return row !== undefined && isUsable(row) ? adminKeyPath(dataDir) : undefined
}

/**
 * Makes the tenant `default` and the platform-admin key: the given one whenever its value is new (so changing it is also
 * the way back in for who has lost all keys), else a generated one in the data folder if there was never any. Throws
 * with a remedy when the given key can't be used or the file can't be read.
 */
export const bootstrap = async (options: Options): Promise<Bootstrapped> =>
  inTransaction(options.pool, async (client) => {
    // Several processes may start at once on one database.
    await lockBootstrapAcrossTenants(client)
    const { dataDir, apiKey, log } = options
    const newId = createSystemIdGenerator()
    const tenantId = await ensureTenant(client, { slug: defaultTenantSlug, name: 'Default', newId })
    if (apiKey === undefined) await ensureGeneratedKey(client, { dataDir, newId })
    else await ensureGivenKey(client, { key: apiKey, newId, log })
    return { tenantId, keyFile: await findKeyFile(client, dataDir) }
  })
