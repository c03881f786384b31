/**
 * Who asks: reads the API key, or else the cookie of a session, and the tenant named in a request, and finds the
 * principal. Not for what the principal may do (`platform/http/principal.ts`), and not for signing in (`sign-in`).
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { appError, type AppError } from '@carillon/domain/errors'
import { asId, printId, type ApiKeyId, type TenantId } from '@carillon/domain/ids'
import { monotonicMs as systemMonotonicMs } from '../platform/clock.ts'
import type { Authenticate, Principal } from '../platform/http/principal.ts'
import type { Log } from '../platform/log.ts'
import { systemTimers, type Timers } from '../platform/timers.ts'
import { isTenantSlug } from '../tenants/tenant-slug.ts'
import { hashKey, isKeyShaped } from './api-key.ts'
import { createSessionAuthenticator } from './authenticate-session.ts'
import { createBriefCache } from './brief-cache.ts'
import { gatherLookUps } from './gather-lookups.ts'
import {
  findKeysAcrossTenants,
  findTenantIdsAcrossTenants,
  touchKeysAcrossTenants,
  type KeyRow,
} from './queries/lookups.ts'
import { touchSessionsAcrossTenants } from './queries/sessions.ts'
import { createUseRecorder } from './record-use.ts'
import { assertOwnSite, sessionHashOf } from './session-cookie.ts'
import { tenantSuspended } from './tenant-suspended.ts'

/** Keys remembered at a time: some 400 bytes each. */
const maxKeys = 10_000
const maxUnknownKeys = 1_000
const maxTenants = 10_000
/** The tenant that a platform-admin key acts in when it names none. */
export const defaultTenantSlug = 'default'

type Options = {
  /** Of role engine: a key is looked up before its tenant is known. */
  readonly pool: Pool
  readonly log: Pick<Log, 'warn'>
  /** Pages from there are ours; those under the address that was asked are as well. */
  readonly publicUrl?: string | undefined
  readonly monotonicMs?: () => number
  readonly timers?: Timers
}

type KnownKey = {
  readonly keyId: ApiKeyId
  /** The id as it is printed, which takes longer than to find the key. */
  readonly actor: string
  readonly isRevoked: boolean
  /** Its tenant is. */
  readonly isSuspended: boolean
  /** On the monotonic clock; Infinity: never. */
  readonly expiresAtMs: number
  /** Ready to hand out for a tenant's key. Undefined: a platform-admin key, whose tenant is in the request. */
  readonly principal: Principal | undefined
}

const unauthenticated = (detail: string): AppError => appError('unauthenticated', { detail })
const missing = (): AppError =>
  unauthenticated(
    'There is no API key and no session: send the header "Authorization: Bearer <api key>", or sign in.',
  )

/** The text equals that of `authorize`: a tenant that is not there and one that is another's look the same. */
const noSuchTenant = (slug: string): AppError =>
  appError('not_found', { detail: `There is no tenant "${slug}".` })

const toKnownKey = (row: KeyRow, askedMs: number): KnownKey => {
  const keyId = asId('apiKey', row.id)
  const actor = printId('apiKey', keyId)
  const principal: Principal | undefined =
    row.tenant_id === null
      ? undefined
      : {
          kind: 'api_key',
          keyId,
          actor,
          tenantId: asId('tenant', row.tenant_id),
          tenantSlug: row.slug ?? '',
          platformAdmin: false,
          scopes: row.scopes,
        }
  const expiresAtMs = row.expires_in_ms === null ? Infinity : askedMs + row.expires_in_ms
  const { is_revoked: isRevoked, is_suspended: isSuspended } = row
  return { keyId, actor, isRevoked, isSuspended, expiresAtMs, principal }
}

/** The key in `Authorization: Bearer <key>` (RFC 6750 §2.1; the scheme's case does not matter). */
const readBearer = (header: string): string => {
  const [scheme = '', key = '', ...rest] = header.split(' ')
  if (scheme.toLowerCase() !== 'bearer' || rest.length > 0) {
    throw unauthenticated('The header Authorization must be "Bearer <api key>".')
  }
  // Spares the database what can't be a key.
  if (!isKeyShaped(key)) throw unauthenticated('The API key is not known.')
  return key
}

const assertUsable = (key: KnownKey | undefined, nowMs: number): KnownKey => {
  if (key === undefined) throw unauthenticated('The API key is not known.')
  if (key.isRevoked) throw unauthenticated('The API key was revoked.')
  if (nowMs >= key.expiresAtMs) throw unauthenticated('The API key has expired.')
  if (key.isSuspended) throw tenantSuspended()
  return key
}

/** A tenant's key may name its own tenant, or none. */
const inOwnTenant = (principal: Principal, slug: string | undefined): Principal => {
  if (slug !== undefined && slug !== principal.tenantSlug) throw noSuchTenant(slug)
  return principal
}

type FindTenant = (slug: string) => Promise<TenantId | undefined>

const asPlatformAdmin = async (
  { keyId, actor }: KnownKey,
  slug: string | undefined,
  findTenant: FindTenant,
): Promise<Principal> => {
  const tenantSlug = slug ?? defaultTenantSlug
  const tenantId = await findTenant(tenantSlug)
  if (tenantId === undefined && slug !== undefined) throw noSuchTenant(slug)
  return {
    kind: 'api_key',
    keyId,
    actor,
    ...(tenantId === undefined ? {} : { tenantId }),
    tenantSlug,
    platformAdmin: true,
    scopes: ['*'],
  }
}

/** The tenant named in a request. */
const slugIn = (headers: IncomingHttpHeaders): string | undefined =>
  headers['carillon-tenant']?.toString()

/** Finds the id of a tenant by its slug; undefined: there is none. */
const createTenantFinder = (pool: Pool, monotonicMs: () => number): FindTenant => {
  const find = createBriefCache({
    monotonicMs,
    maxFound: maxTenants,
    // Whoever has just made a tenant may use it at once.
    maxMissing: 0,
    lookUp: gatherLookUps({
      monotonicMs,
      lookUp: async (slugs) => {
        const rows = await findTenantIdsAcrossTenants(pool, slugs)
        return new Map(rows.map((row) => [row.slug, asId('tenant', row.tenant_id)]))
      },
    }),
  })
  return async (slug) => (isTenantSlug(slug) ? await find(slug) : undefined)
}

const createKeyFinder = (
  pool: Pool,
  monotonicMs: () => number,
): ((hash: string) => Promise<KnownKey | undefined>) =>
  createBriefCache({
    monotonicMs,
    maxFound: maxKeys,
    maxMissing: maxUnknownKeys,
    lookUp: gatherLookUps({
      monotonicMs,
      lookUp: async (hashes) => {
        const askedMs = monotonicMs()
        const rows = await findKeysAcrossTenants(pool, hashes)
        return new Map(rows.map((row) => [row.hash, toKnownKey(row, askedMs)]))
      },
    }),
  })

/**
 * Makes the `authenticate` of the HTTP edge. It throws `unauthenticated` for a missing, unknown, expired or revoked key
 * or session, `not_found` for a header `Carillon-Tenant` that names no tenant, or another than the caller's own, and
 * `forbidden` for what another site makes a browser send. What it knows of a key or session is at most a second old.
 */
export const createAuthenticator = (options: Options): Authenticate => {
  const { pool, monotonicMs = systemMonotonicMs, timers = systemTimers, log, publicUrl } = options
  const recorder = { timers, log, monotonicMs }
  const recordKey = createUseRecorder({
    ...recorder,
    what: 'API keys',
    write: async (ids) => touchKeysAcrossTenants(pool, ids),
  })
  const recordSession = createUseRecorder({
    ...recorder,
    what: 'sessions',
    write: async (ids) => touchSessionsAcrossTenants(pool, ids),
  })
  const findKey = createKeyFinder(pool, monotonicMs)
  const findTenant = createTenantFinder(pool, monotonicMs)
  const ofSession = createSessionAuthenticator({
    pool,
    monotonicMs,
    findTenant,
    defaultTenantSlug,
  })
  const hostOnly = publicUrl?.startsWith('https:') === true
  const authenticateSession = async (request: FastifyRequest): Promise<Principal> => {
    const hash = sessionHashOf(request.headers.cookie, { hostOnly })
    if (hash === undefined) throw missing()
    assertOwnSite(request, { publicUrl, strict: true })
    const principal = await ofSession(hash, slugIn(request.headers))
    if (principal.kind === 'session') recordSession(principal.sessionId)
    return principal
  }
  return async (request) => {
    const { headers } = request
    if (headers.authorization === undefined) return await authenticateSession(request)
    const known = await findKey(hashKey(readBearer(headers.authorization)))
    const key = assertUsable(known, monotonicMs())
    const slug = slugIn(headers)
    const principal =
      key.principal === undefined
        ? await asPlatformAdmin(key, slug, findTenant)
        : inOwnTenant(key.principal, slug)
    recordKey(key.keyId)
    return principal
  }
}
