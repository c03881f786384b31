/** Tokens of unsubscribe links: what was signed comes back, and nothing else does. */
import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createUnsubscribeTokens, type UnsubscribeGrant } from './token.ts'

const key = new Uint8Array(32).fill(7)
const tokens = createUnsubscribeTokens([key])

const grant: fc.Arbitrary<UnsubscribeGrant> = fc.record({
  tenantId: fc.uuid(),
  deliveryId: fc.uuid(),
  channel: fc.constantFrom('email', 'sms', 'telegram', 'x'.repeat(100)),
  address: fc.oneof(
    fc.emailAddress(),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
  ),
  subscription: fc.option(fc.uuid(), { nil: undefined }),
})
const example: UnsubscribeGrant = {
  tenantId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
  deliveryId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c',
  channel: 'email',
  address: 'anna@example.org',
  subscription: undefined,
}

test('what was signed comes back, and is the same text each time', () => {
  fc.assert(
    fc.property(grant, (of) => {
      const token = tokens.sign(of)
      expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(tokens.read(token)).toEqual(of)
      expect(tokens.sign({ ...of })).toBe(token)
    }),
    { numRuns: 1_000 },
  )
})

test('two grants never have one token', () => {
  fc.assert(
    fc.property(grant, grant, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other))
      expect(tokens.sign(one)).not.toBe(tokens.sign(other))
    }),
  )
})

describe('nothing else is a token', () => {
  test('not one with any bit changed', () => {
    const bytes = Buffer.from(tokens.sign(example), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(tokens.read(changed.toString('base64url'))).toBeUndefined()
    }
  })

  test('not one that is cut, prolonged, or put together of two', () => {
    const other = tokens.sign({ ...example, address: 'bruno@example.org' })
    const token = tokens.sign(example)
    for (let length = 0; length < token.length; length += 1) {
      expect(tokens.read(token.slice(0, length))).toBeUndefined()
      const mixed = token.slice(0, length) + other.slice(length)
      expect(mixed === other || tokens.read(mixed) === undefined).toBe(true)
    }
    expect(tokens.read(`${token}A`)).toBeUndefined()
    expect(tokens.read(`${token}=`)).toBeUndefined()
    expect(tokens.read(` ${token}`)).toBeUndefined()
  })

  test('not any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        expect(tokens.read(text)).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
    expect(tokens.read('A'.repeat(1_000_000))).toBeUndefined()
    expect(tokens.read('../../etc/passwd')).toBeUndefined()
    expect(tokens.read('__proto__')).toBeUndefined()
  })

  test('not one of another key, and the one spelling only', () => {
    const foreign = createUnsubscribeTokens([randomBytes(32)])
    expect(tokens.read(foreign.sign(example))).toBeUndefined()
    const token = tokens.sign(example)
    const last = token.at(-1) ?? ''
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
    const spellings = letters
      .filter((letter) => letter !== last)
      .map((letter) => tokens.read(token.slice(0, -1) + letter))
    expect(spellings.every((read) => read === undefined)).toBe(true)
  })
})

test('after a rotation links of the older key still work, new ones are of the newer', () => {
  const newer = randomBytes(32)
  const rotated = createUnsubscribeTokens([newer, key])
  expect(rotated.read(tokens.sign(example))).toEqual(example)
  expect(createUnsubscribeTokens([newer]).read(rotated.sign(example))).toEqual(example)
})

test('the address can not be read in the link', () => {
  const token = tokens.sign(example)
  expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('example')
})
