/** Nobody gives rights that they do not have themselves: to keys, and to members. */
import { appError } from '@carillon/domain/errors'
import { hasScope, type Principal } from '../platform/http/principal.ts'

/** Throws `forbidden` when a principal wants to give scopes that it does not have itself. */
export const assertMayGrant = (principal: Principal, scopes: readonly string[]): void => {
  const missing = scopes.filter((scope) => !hasScope(principal, scope))
  if (missing.length === 0) return
  throw appError('forbidden', {
    detail: `A key can only be given scopes that its maker has; missing: ${missing.join(', ')}.`,
  })
}
