/**
 * Who asks, and what a route demands of them. Authorisation is a mandatory field of every route (`config.auth`), checked
 * when the route is registered; there is no rule by path prefix. Finding out who asks (`authenticate`) is injected.
 */
import type { FastifyRequest } from 'fastify'
import { appError } from '@carillon/domain/errors'
import type { ApiKeyId, TenantId } from '@carillon/domain/ids'

/** The caller, already authenticated. */
export type Principal = {
  readonly kind: 'api_key'
  readonly keyId: ApiKeyId
  /** The tenant acted in; absent when a platform admin names none that exists. */
  readonly tenantId?: TenantId
  readonly tenantSlug: string
  readonly platformAdmin: boolean
  /** "events:write", "events:*" or "*". */
  readonly scopes: readonly string[]
}

/**
 * What a route demands: nothing, a scope within a tenant, or a platform admin. `public` also means that the route checks
 * its caller itself (signatures of inbound hooks).
 */
export type RouteAuth =
  | { readonly public: true }
  | { readonly scope: string }
  | { readonly platform: true }

/** Finds out who asks; throws `unauthenticated` when that can't be said, `not_found` for a tenant that is not there. */
export type Authenticate = (request: FastifyRequest) => Promise<Principal>

const scopePattern = /^[a-z][a-z-]*:[a-z]+$/

/** The error in a route's `auth` that must stop the process at boot; undefined when all is well. */
export const routeAuthError = (auth: RouteAuth | undefined): string | undefined => {
  if (auth === undefined) {
    return 'has no config.auth: say { public: true }, { scope: "things:read" } or { platform: true }'
  }
  return 'scope' in auth && !scopePattern.test(auth.scope)
    ? `has the scope "${auth.scope}", which is not of the form "things:read"`
    : undefined
}

/** Does the principal have the scope, by name, by "things:*", by "*", or as platform admin? */
export const hasScope = (principal: Principal, scope: string): boolean => {
  const resource = scope.slice(0, scope.indexOf(':'))
  return (
    principal.platformAdmin ||
    principal.scopes.some((own) => own === scope || own === '*' || own === `${resource}:*`)
  )
}

/** Lets the principal through, or throws: `forbidden` without the right, `not_found` without a tenant where one is needed. */
export const authorize = (principal: Principal, auth: RouteAuth): void => {
  if ('platform' in auth && !principal.platformAdmin) {
    throw appError('forbidden', { detail: 'Only a platform admin may do this.' })
  }
  if (!('scope' in auth)) return
  if (!hasScope(principal, auth.scope)) {
    throw appError('forbidden', { detail: `The key lacks the scope ${auth.scope}.` })
  }
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
