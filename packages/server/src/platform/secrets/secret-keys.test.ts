import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fingerprintOf, parseSecretKeys } from './secret-keys.ts'

const one = randomBytes(32)
const two = randomBytes(32)

test('a bare key is active under its fingerprint', () => {
  expect(parseSecretKeys(` ${one.toString('base64')}\n`)).toEqual({
    ok: true,
    keys: [{ id: fingerprintOf(one), key32: one }],
    activeId: fingerprintOf(one),
  })
})

test('of several keys the first is active, in base64 or base64url', () => {
  const text = `new:${two.toString('base64url')}, old:${one.toString('base64')}`
  expect(parseSecretKeys(text)).toEqual({
    ok: true,
    keys: [
      { id: 'new', key32: two },
      { id: 'old', key32: one },
    ],
    activeId: 'new',
  })
})

test.each([
  ['', 'key 1 has 0 bytes instead of 32'],
  ['not base64!', 'key 1 is not base64'],
  [randomBytes(16).toString('base64'), 'key 1 has 16 bytes instead of 32'],
  [Buffer.alloc(32, 65).toString('base64'), 'placeholder'],
  [`a b:${one.toString('base64')}`, 'an id has 1 to 32 letters'],
  [`k:${one.toString('base64')},k:${two.toString('base64')}`, 'the id "k" is there twice'],
  [`${one.toString('base64')},`, 'key 2 has 0 bytes'],
  ['x,'.repeat(20), 'more than 16 keys'],
])('%j is refused: %s', (text, reason) => {
  const parsed = parseSecretKeys(text)
  expect(parsed.ok ? '' : parsed.error).toContain(reason)
})

test('an error never repeats the key material', () => {
  const text = randomBytes(31).toString('base64')
  const parsed = parseSecretKeys(`k1:${text}`)
  expect(JSON.stringify(parsed)).not.toContain(text.slice(0, 8))
})
