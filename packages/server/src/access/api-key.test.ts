import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apiKeyOf, hashKey, isKeyShaped, shownPrefix } from './api-key.ts'

const thirtyTwoBytes = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('every 256 bits make another key of the same form', () => {
  fc.assert(
    fc.property(thirtyTwoBytes, thirtyTwoBytes, (a, b) => {
      expect(apiKeyOf(a)).toMatch(/^car_[0-9a-z]{50}$/)
      expect(apiKeyOf(a) === apiKeyOf(b)).toBe(Buffer.from(a).equals(b))
      expect(isKeyShaped(apiKeyOf(a))).toBe(true)
    }),
  )
  expect(apiKeyOf(new Uint8Array(32).fill(255))).toHaveLength(54)
  expect(apiKeyOf(new Uint8Array(32))).toBe(`car_${'0'.repeat(50)}`)
})

test('the hash is SHA-256, so that it can be made by hand', () => {
  expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('what is shown of a key leaves at least 28 characters to guess', () => {
  expect(shownPrefix(apiKeyOf(randomBytes(32)))).toMatch(/^car_[0-9a-z]{6}$/)
  expect(shownPrefix('correct-horse-battery-staple-1234')).toBe('corr')
})

test.each([
  ['x'.repeat(31), false],
  ['x'.repeat(32), true],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
  [`${'x'.repeat(32)} y`, false],
  [`${'x'.repeat(32)}\n`, false],
  [`${'x'.repeat(32)}é`, false],
])('%j may be a key: %s', (text, expected) => {
  expect(isKeyShaped(text)).toBe(expected)
})
