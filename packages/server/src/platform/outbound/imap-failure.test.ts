import { expect, test } from 'vitest'
import { ConnectFailure } from './guarded-connect.ts'
import { failureOfImapError } from './imap-failure.ts'

const reasonOf = (fields: object, words = 'Command failed'): string =>
  failureOfImapError(Object.assign(new Error(words), fields), 'imap.example.org:993').reason

test.each([
  ['AUTHENTICATIONFAILED', 'Authentication failed.', 'auth'],
  [undefined, 'LOGIN failed', 'auth'],
  ['UNAVAILABLE', 'Temporary authentication failure.', 'refused'],
  ['LIMIT', 'Maximum number of connections exceeded', 'refused'],
  [undefined, 'Too many simultaneous connections', 'refused'],
  [undefined, 'Account is temporarily unavailable', 'refused'],
])(
  'a login refused with %s "%s" is %s: only a wrong password stops a source for good',
  (code, words, reason) => {
    const fields = { authenticationFailed: true, responseStatus: 'NO', responseText: words }
    expect(reasonOf({ ...fields, serverResponseCode: code })).toBe(reason)
  },
)

test('a login in the middle of which the connection broke says nothing of the password', () => {
  expect(reasonOf({ authenticationFailed: true, code: 'NoConnection' })).toBe('lost')
})

test.each([
  ['ECONNREFUSED', 'connect'],
  ['GREETING_TIMEOUT', 'timeout'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ['STARTTLS_INJECTION', 'tls'],
  ['LiteralTooLarge', 'protocol'],
  ['ParserError11', 'protocol'],
  ['NotFound', 'refused'],
  ['NoConnection', 'lost'],
  ['EPIPE', 'lost'],
])('%s is %s', (code, reason) => {
  expect(reasonOf({ code })).toBe(reason)
})

test('a refusal of the guard keeps its reason and its words', () => {
  const blocked = new ConnectFailure('blocked', 'x is a forbidden address')
  expect(failureOfImapError(blocked, 'x')).toEqual({
    kind: 'failed',
    reason: 'blocked',
    message: 'x is a forbidden address',
  })
})

test('a server’s words are one short line, whatever it sends', () => {
  const words = `no\r\n\u001B[31m${'x'.repeat(5_000)}`
  const { message } = failureOfImapError(
    Object.assign(new Error('e'), { responseStatus: 'NO', responseText: words }),
    'h:1',
  )
  expect(message).toMatch(/^h:1: no \[31mx+$/)
  expect(message.length).toBeLessThanOrEqual(500)
})
