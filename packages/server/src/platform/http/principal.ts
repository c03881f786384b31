/**
 * Who asks, and what a route demands of them. Authorisation is a mandatory field of every route (`config.auth`), checked
 * when the route is registered; there is no rule by path prefix. Finding out who asks (`authenticate`) is injected.
 */
import type { FastifyRequest } from 'fastify'
import { appError } from '@carillon/domain/errors'
import type { ApiKeyId, TenantId, UserId } from '@carillon/domain/ids'

type Caller = {
  /** `key_…` or `usr_…`: whose things are "own", and who stands in the audit log. */
  readonly actor: string
  /** The tenant acted in; absent when a platform admin names none that exists, and for a person who is in none. */
  readonly tenantId?: TenantId
  readonly tenantSlug: string
  readonly platformAdmin: boolean
  /** "events:write", "events:*" or "*". */
  readonly scopes: readonly string[]
}

export type KeyPrincipal = Caller & { readonly kind: 'api_key'; readonly keyId: ApiKeyId }

/** A person who is signed in. Its scopes are those of its role in the tenant. */
export type SessionPrincipal = Caller & {
  readonly kind: 'session'
  readonly userId: UserId
  readonly sessionId: string
}

/** The caller, already authenticated. */
export type Principal = KeyPrincipal | SessionPrincipal

/**
 * What a route demands: nothing, a scope within a tenant, a platform admin, or a person who is signed in (own account,
 * in no tenant). What gathers from several places demands the scope of each: `also`. `public` also means that the route checks its caller itself (signatures of inbound hooks). With `own`
 * a member of the tenant comes in without the scope as well, and the handler restricts it to its own: `ownOnly`.
 */
export type RouteAuth =
  | { readonly public: true }
  | { readonly scope: string; readonly own?: true; readonly also?: readonly string[] }
  | { readonly platform: true }
  | { readonly session: true }

/** Finds out who asks; throws `unauthenticated` when that can't be said, `not_found` for a tenant that is not there. */
export type Authenticate = (request: FastifyRequest) => Promise<Principal>

const scopePattern = /^[a-z][a-z-]*:[a-z]+$/

/** The error in a route's `auth` that must stop the process at boot; undefined when all is well. */
export const routeAuthError = (auth: RouteAuth | undefined): string | undefined => {
  if (auth === undefined) {
    return 'has no config.auth: say { public: true }, { scope: "things:read" }, { platform: true } or { session: true }'
  }
  if (!('scope' in auth)) return undefined
  const wrong = [auth.scope, ...(auth.also ?? [])].find((scope) => !scopePattern.test(scope))
  return wrong === undefined
    ? undefined
    : `has the scope "${wrong}", which is not of the form "things:read"`
}

/** Does the principal have the scope, by name, by "things:*", by "*", or as platform admin? */
export const hasScope = (principal: Principal, scope: string): boolean => {
  const resource = scope.slice(0, scope.indexOf(':'))
  return (
    principal.platformAdmin ||
    principal.scopes.some((own) => own === scope || own === '*' || own === `${resource}:*`)
  )
}

const lacksScope = (principal: Principal, scope: string): string => {
  if (principal.kind === 'api_key') return `The key lacks the scope ${scope}.`
  return principal.tenantId === undefined
    ? 'You are a member of no tenant: ask for an invitation, and accept it.'
    : `Your role in this tenant does not have the right ${scope}.`
}

/** Lets the principal through, or throws: `forbidden` without the right, `not_found` without a tenant where one is needed. */
export const authorize = (principal: Principal, auth: RouteAuth): void => {
  if ('platform' in auth && !principal.platformAdmin) {
    throw appError('forbidden', { detail: 'Only a platform admin may do this.' })
  }
  if ('session' in auth && principal.kind !== 'session') {
    throw appError('forbidden', { detail: 'Only a person who is signed in may do this.' })
  }
  if (!('scope' in auth)) return
  const isOwnWay = auth.own === true && principal.kind === 'session'
  if (!hasScope(principal, auth.scope) && !isOwnWay) {
    throw appError('forbidden', { detail: lacksScope(principal, auth.scope) })
  }
  const lacked = auth.also?.find((scope) => !hasScope(principal, scope))
  if (lacked !== undefined) throw appError('forbidden', { detail: lacksScope(principal, lacked) })
  if (principal.tenantId === undefined) {
    throw appError('not_found', { detail: `There is no tenant "${principal.tenantSlug}".` })
  }
}

/** The caller of a route that is not public. On a public route it throws: that is a bug in the route. */
export const principalOf = (request: FastifyRequest): Principal => {
  if (request.principal === null) throw new Error('a public route asked for its principal')
  return request.principal
}

/** The tenant acted in, for routes that demand a scope. Elsewhere it throws: that is a bug in the route. */
export const tenantOf = (request: FastifyRequest): TenantId => {
  const { tenantId } = principalOf(request)
  if (tenantId === undefined) throw new Error('a route without a scope asked for its tenant')
  return tenantId
}

/**
 * On a route with `own`: the actor to whose things the caller is restricted, or undefined when it has the scope and sees
 * all. A foreign object must then be answered as one that is missing.
 */
export const ownOnly = (request: FastifyRequest, scope: string): string | undefined => {
  const principal = principalOf(request)
  return hasScope(principal, scope) ? undefined : principal.actor
}
