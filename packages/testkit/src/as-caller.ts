/**
 * Callers of a route test without sign-in: the header `x-caller` names one of the principals given. Not for testing
 * authentication.
 */
import { appError } from '@carillon/domain/errors'
import { asId } from '@carillon/domain/ids'
import type { Authenticate, Principal } from '@carillon/server/platform/http/principal'

type GivenCaller = {
  readonly tenantId: string
  /** `usr_…` or `key_…`; by it tests tell whose a thing is. */
  readonly actor: string
  readonly role: 'platform' | 'admin' | 'member' | 'key'
  /** Of a key; default all. */
  readonly scopes?: readonly string[]
}

const aUuid = '0199a5c2-0000-7000-8000-000000000001'

/** A principal as the real sign-in makes it: an admin has all scopes of its tenant, a member only sees subscriptions. */
export const givenCaller = ({ tenantId, actor, role, scopes }: GivenCaller): Principal => {
  const common = {
    actor,
    tenantId: asId('tenant', tenantId),
    tenantSlug: 'given',
    platformAdmin: role === 'platform',
  }
  return role === 'key'
    ? { ...common, kind: 'api_key', keyId: asId('apiKey', aUuid), scopes: scopes ?? ['*'] }
    : {
        ...common,
        kind: 'session',
        userId: asId('user', aUuid),
        sessionId: `ses_of_${actor}`,
        scopes: role === 'member' ? ['subscriptions:read'] : ['*'],
      }
}

/** An `authenticate` that believes the header `x-caller`. */
export const authenticateAs =
  (callers: Readonly<Record<string, Principal>>): Authenticate =>
  async ({ headers }) => {
    const caller = callers[String(headers['x-caller'])]
    if (caller === undefined) throw appError('unauthenticated', { detail: 'Who are you?' })
    return caller
  }
