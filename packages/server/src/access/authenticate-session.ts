/**
 * Who asks, when a person does: from the hash of a session's token and the tenant named to the principal. Not for keys
 * (`authenticate.ts`), and not for signing in (`sign-in`).
 */
import type { Pool } from 'pg'
import { appError, type AppError } from '@carillon/domain/errors'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import type { Principal, SessionPrincipal } from '../platform/http/principal.ts'
import { createBriefCache } from './brief-cache.ts'
import { gatherLookUps } from './gather-lookups.ts'
import { findSessionsAcrossTenants, type MemberRole, type SessionRow } from './queries/sessions.ts'
import { tenantSuspended } from './tenant-suspended.ts'

/** Sessions remembered at a time: some 600 bytes each. */
const maxSessions = 10_000
const maxUnknownSessions = 1_000

/** What a role may do in its tenant, as scopes; a member also comes in through routes with `own`. */
const scopesOf: Readonly<Record<MemberRole, readonly string[]>> = {
  admin: ['*'],
  member: ['subscriptions:read'],
}

type KnownSession = { readonly row: SessionRow; readonly endsAtMs: number }

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly monotonicMs: () => number
  readonly findTenant: (slug: string) => Promise<TenantId | undefined>
  readonly defaultTenantSlug: string
}

const unauthenticated = (detail: string): AppError => appError('unauthenticated', { detail })
const noSuchTenant = (slug: string): AppError =>
  appError('not_found', { detail: `There is no tenant "${slug}".` })

const personOf = (row: SessionRow) => ({
  kind: 'session' as const,
  userId: asId('user', row.user_id),
  sessionId: row.id,
  actor: printId('user', asId('user', row.user_id)),
})

/** In the tenant named, or in the first one that the person came to. */
const asMember = (row: SessionRow, slug: string | undefined): SessionPrincipal => {
  const membership = row.memberships.find((each) => slug === undefined || each.slug === slug)
  if (membership === undefined && slug !== undefined) throw noSuchTenant(slug)
  if (membership?.isSuspended === true) throw tenantSuspended()
  return {
    ...personOf(row),
    ...(membership === undefined ? {} : { tenantId: asId('tenant', membership.tenantId) }),
    tenantSlug: membership?.slug ?? '',
    platformAdmin: false,
    scopes: membership === undefined ? [] : scopesOf[membership.role],
  }
}

/**
 * Makes what finds the principal of a session. It throws `unauthenticated` when the session has ended or its person is
 * disabled, and `not_found` for a tenant that is not there or that the person is not in. What it knows is at most a
 * second old.
 */
export const createSessionAuthenticator = (
  options: Options,
): ((hash: string, slug: string | undefined) => Promise<Principal>) => {
  const { pool, monotonicMs, findTenant, defaultTenantSlug } = options
  const findSession = createBriefCache<KnownSession>({
    monotonicMs,
    maxFound: maxSessions,
    maxMissing: maxUnknownSessions,
    lookUp: gatherLookUps({
      monotonicMs,
      lookUp: async (hashes) => {
        const askedMs = monotonicMs()
        const rows = await findSessionsAcrossTenants(pool, hashes)
        return new Map(
          rows.map((row) => [row.hash, { row, endsAtMs: askedMs + row.expires_in_ms }]),
        )
      },
    }),
  })
  const asPlatformAdmin = async (
    row: SessionRow,
    slug: string | undefined,
  ): Promise<SessionPrincipal> => {
    const tenantSlug = slug ?? defaultTenantSlug
    const tenantId = await findTenant(tenantSlug)
    if (tenantId === undefined && slug !== undefined) throw noSuchTenant(slug)
    return {
      ...personOf(row),
      ...(tenantId === undefined ? {} : { tenantId }),
      tenantSlug,
      platformAdmin: true,
      scopes: ['*'],
    }
  }
  return async (hash, slug) => {
    const known = await findSession(hash)
    if (known === undefined || monotonicMs() >= known.endsAtMs || known.row.is_disabled) {
      throw unauthenticated('The session has ended: sign in again.')
    }
    return known.row.platform_admin
      ? await asPlatformAdmin(known.row, slug)
      : asMember(known.row, slug)
  }
}
