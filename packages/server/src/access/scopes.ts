/**
 * Every scope that an API key can have, and the roles that stand for several. Routes name their scope in `config.auth`;
 * whether a principal has it says `hasScope` in `platform/http/principal.ts`. What crosses tenants (tenants, platform
 * keys) has no scope: only platform admins may.
 */
import { appError, type FieldError } from '@carillon/domain/errors'
import { nearestName } from '@carillon/domain/nearest-name'

export const scopeTable = {
  'audit:read': 'See the audit log.',
  'campaigns:read': 'See campaigns and their statistics.',
  'campaigns:write': 'Make, change, pause and cancel campaigns.',
  'contacts:read': 'See and export contacts, tags and operators.',
  'contacts:write': 'Make, change, import and delete contacts, tags and operators.',
  'deliveries:read': 'See deliveries with their attempts and receipts.',
  'deliveries:write': 'Cancel, resend and replay deliveries.',
  'events:read': 'See events.',
  'events:write': 'Post events.',
  'integrations:read': 'See connectors and integrations (never their secrets).',
  'integrations:write': 'Make, change, test and delete integrations.',
  'keys:read': 'See API keys (never their values).',
  'keys:write': 'Make and revoke API keys, with at most the scopes that one has oneself.',
  'members:read': 'See the members of the tenant.',
  'members:write': 'Invite, change and remove members.',
  'registrations:read': "See everybody's registrations.",
  'registrations:write': "Make, change and delete everybody's registrations.",
  'reports:read': 'See reports, statistics and explanations.',
  'reports:write': 'Send reports, and say who gets them.',
  'rules:read': 'See rules.',
  'rules:write': 'Make, change, test and delete rules.',
  'schedules:read': 'See schedules.',
  'schedules:write': 'Make, change and delete schedules.',
  'settings:read': 'See the settings of the tenant.',
  'settings:write': 'Change the name, language and time zone of the tenant.',
  'subscriptions:read': 'See subscriptions.',
  'subscriptions:trigger': 'Trigger subscriptions.',
  'subscriptions:write': 'Make, change and delete subscriptions.',
  'suppressions:read': 'See suppressed addresses.',
  'suppressions:write': 'Suppress addresses and lift suppressions.',
  'syncs:read': 'See tracked items, membership syncs and their runs.',
  'syncs:write': 'Make, change, run and delete tracked items and membership syncs.',
} as const satisfies Record<string, string>

export type Scope = keyof typeof scopeTable

const allScopes: readonly string[] = Object.keys(scopeTable)
const resources = [...new Set(allScopes.map((scope) => scope.slice(0, scope.indexOf(':'))))]
/** What a key may be given: single scopes, all of a resource, or everything. */
const grantable: ReadonlySet<string> = new Set([
  ...allScopes,
  ...resources.map((resource) => `${resource}:*`),
  '*',
])

const readsOnly = allScopes.filter((scope) => scope.endsWith(':read'))
/** Who may act: a `write` key that could make keys or members would be an `admin` key. */
const decidesWhoMayAct = new Set(['keys:write', 'members:write'])

/**
 * Role -> scopes. They are written out when the key is made: a key does not get more rights because a later version has
 * more scopes. Only `*` grows.
 */
export const roleScopes = {
  read: readsOnly,
  write: allScopes.filter((scope) => !decidesWhoMayAct.has(scope)),
  admin: ['*'],
} as const satisfies Record<string, readonly string[]>

export type KeyRole = keyof typeof roleScopes

const unknownScope = (scope: string, at: number): FieldError => {
  const nearest = nearestName(scope, [...grantable])
  const hint =
    nearest === undefined ? `known are ${allScopes.join(', ')}` : `did you mean "${nearest}"?`
  return { pointer: `/scopes/${at}`, detail: `There is no such scope: ${hint}` }
}

/**
 * The scopes that a new key is to have, sorted, from a role or a list. Throws `validation_failed` for unknown scopes and
 * unless exactly one of the two is given.
 */
export const readScopes = (given: {
  readonly role?: KeyRole
  readonly scopes?: readonly string[]
}): readonly string[] => {
  const { role, scopes } = given
  if ((role === undefined) === (scopes === undefined)) {
    const detail = 'Give either "role" or "scopes".'
    throw appError('validation_failed', { detail, errors: [{ pointer: '/scopes', detail }] })
  }
  const wanted = scopes ?? (role === undefined ? [] : roleScopes[role])
  const errors = wanted.flatMap((scope, at) =>
    grantable.has(scope) ? [] : [unknownScope(scope, at)],
  )
  if (errors.length > 0) {
    throw appError('validation_failed', { detail: 'There are unknown scopes.', errors })
  }
  return [...new Set(wanted)].toSorted()
}
