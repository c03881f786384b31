import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '@carillon/domain/errors'
import { asId } from '@carillon/domain/ids'
import type { Principal } from '../platform/http/principal.ts'
import { assertMayGrant } from './assert-grant.ts'
import { readScopes, roleScopes, scopeTable } from './scopes.ts'

const principal = (scopes: readonly string[], platformAdmin = false): Principal => ({
  kind: 'api_key',
  keyId: asId('apiKey', '0199a5c2-7b1e-7def-8123-456789abcde0'),
  actor: 'key_1',
  tenantSlug: 'default',
  platformAdmin,
  scopes,
})

test('a list is checked, cleared of repetitions and sorted', () => {
  expect(readScopes({ scopes: ['rules:read', 'events:*', 'rules:read'] })).toEqual([
    'events:*',
    'rules:read',
  ])
})

test('an unknown scope is refused with its place and the one that was meant', () => {
  expect(() => readScopes({ scopes: ['events:read', 'event:write'] })).toThrow(
    expect.objectContaining({
      code: 'validation_failed',
      errors: [
        {
          pointer: '/scopes/1',
          detail: 'There is no such scope: did you mean "events:write"?',
        },
      ],
    }),
  )
})

test.each([{}, { role: 'read', scopes: ['events:read'] } as const])(
  'neither or both of role and scopes is refused: %j',
  (given) => {
    expect(() => readScopes(given)).toThrow(/either "role" or "scopes"/)
  },
)

test('the role read changes nothing; write makes neither keys nor members; admin is everything', () => {
  expect(roleScopes.read.every((scope) => scope.endsWith(':read'))).toBe(true)
  expect(roleScopes.read).toContain('deliveries:read')
  expect(roleScopes.write).toContain('events:write')
  expect(roleScopes.write).not.toContain('keys:write')
  expect(roleScopes.write).not.toContain('members:write')
  expect(readScopes({ role: 'admin' })).toEqual(['*'])
})

test('every scope has a form that a route accepts, and a sentence', () => {
  for (const [scope, meaning] of Object.entries(scopeTable)) {
    expect(scope).toMatch(/^[a-z][a-z-]*:[a-z]+$/)
    expect(meaning).toMatch(/^[A-Z].*\.$/)
  }
})

const scopeLists = fc.subarray(['*', 'events:*', ...Object.keys(scopeTable)])

test('nobody gives what they do not have: whatever is granted can in turn be granted by it, and no more', () => {
  fc.assert(
    fc.property(scopeLists, scopeLists, (own, wanted) => {
      const covers = (scope: string): boolean =>
        own.includes('*') ||
        own.includes(scope) ||
        own.includes(`${scope.slice(0, scope.indexOf(':'))}:*`)
      const refusal = (): string => {
        try {
          assertMayGrant(principal(own), wanted)
          return 'none'
        } catch (error) {
          return error instanceof AppError ? error.code : 'a fault'
        }
      }
      expect(refusal()).toBe(wanted.every(covers) ? 'none' : 'forbidden')
    }),
  )
})

test('a platform admin may give everything', () => {
  expect(() => assertMayGrant(principal([], true), ['*'])).not.toThrow()
})
