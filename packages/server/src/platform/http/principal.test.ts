import { expect, test } from 'vitest'
import { asId, printId } from '@carillon/domain/ids'
import { authorize, hasScope, type Principal } from './principal.ts'

const uuid = '0199a5c2-7b1e-7def-8123-456789abcdef'
const holder = (scopes: readonly string[], platformAdmin = false): Principal => ({
  kind: 'api_key',
  keyId: asId('apiKey', uuid),
  actor: printId('apiKey', asId('apiKey', uuid)),
  tenantId: asId('tenant', uuid),
  tenantSlug: 'default',
  platformAdmin,
  scopes,
})

test.each([
  [['rules:read'], 'rules:read', true],
  [['rules:*'], 'rules:write', true],
  [['*'], 'rules:write', true],
  [['rules:read'], 'rules:write', false],
  [['rule:*'], 'rules:read', false],
  [['rules'], 'rules:read', false],
  [['*:read'], 'rules:read', false],
  [[], 'rules:read', false],
])('scopes %j for %s: %s', (scopes, wanted, allowed) => {
  expect(hasScope(holder(scopes), wanted)).toBe(allowed)
})

test('a platform admin may everything, others nothing of the platform', () => {
  expect(() => authorize(holder([], true), { platform: true })).not.toThrow()
  expect(() => authorize(holder([], true), { scope: 'rules:write' })).not.toThrow()
  expect(() => authorize(holder(['*']), { platform: true })).toThrow('forbidden')
})

test('a missing scope is named', () => {
  expect(() => authorize(holder([]), { scope: 'rules:read' })).toThrow('lacks the scope rules:read')
})

test('where several scopes are needed, each is, and the missing one is named', () => {
  const auth = { scope: 'reports:read', also: ['events:read', 'contacts:read'] }
  expect(() => authorize(holder(['reports:read', 'events:*']), auth)).toThrow(
    'lacks the scope contacts:read',
  )
  expect(() => authorize(holder(['*']), auth)).not.toThrow()
})

test('who is signed in and in no tenant is told so', () => {
  const nobody: Principal = {
    kind: 'session',
    userId: asId('user', uuid),
    sessionId: 'ses_1',
    actor: printId('user', asId('user', uuid)),
    tenantSlug: 'default',
    platformAdmin: false,
    scopes: [],
  }
  expect(() => authorize(nobody, { scope: 'rules:read' })).toThrow('member of no tenant')
})
