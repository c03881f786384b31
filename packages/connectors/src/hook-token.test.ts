/** Who brings the token is believed; nobody else, and nobody at all where there is none. */
import { Check } from 'typebox/value'
import { expect, test } from 'vitest'
import { hookTokenSecret, newHookToken, refusedByToken, sameText } from './hook-token.ts'
import type { HookRequest } from './receipts.ts'

const token = 'a-token-of-24-characters'

const call = (query: Readonly<Record<string, string>>): HookRequest => ({
  method: 'POST',
  url: 'https://carillon.example.org/hooks/int_1',
  query,
  headers: {},
  body: new Uint8Array(),
})

test('the right token is believed', () => {
  expect(refusedByToken(call({ token }), token)).toBeUndefined()
})

test.each([
  ['no token', {}, token],
  ['an empty one', { token: '' }, token],
  ['half of it', { token: token.slice(0, 12) }, token],
  ['more than it', { token: `${token}x` }, token],
  ['another case', { token: token.toUpperCase() }, token],
  ['any token where we have none', { token }, undefined],
  ['no token where ours is empty', { token: '' }, ''],
])('%s is not', (_, query, ours) => {
  expect(refusedByToken(call(query), ours)).toMatchObject({ ok: false, reason: 'unauthenticated' })
})

test('texts of any length are compared', () => {
  expect(sameText('', '')).toBe(true)
  expect(sameText('a', 'b'.repeat(10_000))).toBe(false)
})

test('a new token fits its schema, and other bytes make another one', () => {
  const made = [1, 2].map((byte) => newHookToken((n) => new Uint8Array(n).fill(byte)).hookToken)
  expect(made.every((each) => Check(hookTokenSecret, each))).toBe(true)
  expect(made[0]).not.toBe(made[1])
})
