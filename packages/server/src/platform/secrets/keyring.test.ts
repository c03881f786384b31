import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { createKeyring, sealedKeyId, type SecretPlace } from './keyring.ts'
import { fingerprintOf, type SecretKey } from './secret-keys.ts'

const keyOf = (id: string, seed: number): SecretKey => ({
  id,
  key32: Uint8Array.from({ length: 32 }, (_, at) => (at * 7 + seed) & 255),
})
const first = keyOf('k1', 1)
const second = keyOf('k2', 2)
const ring = createKeyring([first], 'k1')
const place: SecretPlace = {
  tenantId: '0199a5c2-7b1e-7def-8123-456789abcdef',
  table: 'integrations',
  column: 'secrets',
  rowId: '0199a5c2-7b1e-7def-8123-000000000001',
}
const secret = '{"botToken":"123:abc"}'

const codeOf = (result: ReturnType<typeof ring.open>): string =>
  result.ok ? 'opened' : result.error.code

test('what was sealed for a place opens there, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(ring.open(ring.seal(text, place), place)).toEqual({ ok: true, plaintextJson: text })
    }),
  )
})

test('the envelope begins with the version, names its key and holds no plaintext', () => {
  const sealed = ring.seal(secret, place)
  expect([...sealed.subarray(0, 4)]).toEqual([1, 2, 'k'.charCodeAt(0), '1'.charCodeAt(0)])
  expect(sealed.length).toBe(4 + 12 + secret.length + 16)
  expect(sealedKeyId(sealed)).toBe('k1')
  expect(sealed.includes('botToken')).toBe(false)
})

test('sealing the same secret twice never gives the same bytes, nor the same IV', () => {
  const ivs = Array.from({ length: 200 }, () => ring.seal(secret, place).toString('hex', 4, 16))
  expect(new Set(ivs).size).toBe(200)
})

test.each(['tenantId', 'table', 'column', 'rowId'] as const)(
  'a ciphertext moved to another %s does not open',
  (part) => {
    const sealed = ring.seal(secret, place)
    expect(codeOf(ring.open(sealed, { ...place, [part]: 'other' }))).toBe('tampered')
  },
)

test('places that would read the same when joined are different places', () => {
  const sealed = ring.seal(secret, { ...place, table: 'a|b', column: 'c' })
  expect(codeOf(ring.open(sealed, { ...place, table: 'a', column: 'b|c' }))).toBe('tampered')
})

test('no single flipped bit goes unnoticed', () => {
  const sealed = ring.seal(secret, place)
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const altered = Buffer.from(sealed)
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(ring.open(altered, place).ok).toBe(false)
  }
})

test.each([4, 8, 12, 15])('a tag cut to %i bytes does not open', (length) => {
  const sealed = ring.seal(secret, place)
  expect(codeOf(ring.open(sealed.subarray(0, sealed.length - 16 + length), place))).toBe('tampered')
})

test('any bytes at all give an answer and never a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(ring.open(bytes, place).ok).toBe(false)
      sealedKeyId(bytes)
    }),
  )
  expect(codeOf(ring.open(new Uint8Array(0), place))).toBe('malformed')
})

test('an unknown key id is named together with the remedy', () => {
  const sealed = createKeyring([second], 'k2').seal(secret, place)
  const result = ring.open(sealed, place)
  expect(codeOf(result)).toBe('unknown_key')
  expect(result.ok ? '' : result.error.message).toMatch(/"k2".*CARILLON_SECRET_KEY/)
})

test('another key under the same id does not open it', () => {
  const sealed = createKeyring([{ ...second, id: 'k1' }], 'k1').seal(secret, place)
  expect(codeOf(ring.open(sealed, place))).toBe('tampered')
})

test('rotation: old secrets open, are rewrapped once, and then need the old key no more', () => {
  const old = ring.seal(secret, place)
  const both = createKeyring([second, first], 'k2')
  expect(both.keyIds).toEqual(['k2', 'k1'])
  expect(both.open(old, place)).toEqual({ ok: true, plaintextJson: secret })

  const moved = both.rewrap(old, place)
  if (!moved.ok) throw new Error(moved.error.message)
  expect([moved.changed, sealedKeyId(moved.sealed)]).toEqual([true, 'k2'])
  expect(both.rewrap(moved.sealed, place)).toEqual({ ...moved, changed: false })
  expect(createKeyring([second], 'k2').open(moved.sealed, place).ok).toBe(true)
  expect(both.rewrap(old.subarray(0, 30), place).ok).toBe(false)
})

test('a key that had no name opens what it sealed after it was given one', () => {
  const unnamed = { id: fingerprintOf(first.key32), key32: first.key32 }
  const sealed = createKeyring([unnamed], unnamed.id).seal(secret, place)
  const named = createKeyring([second, first], 'k2')
  expect(named.open(sealed, place)).toEqual({ ok: true, plaintextJson: secret })
})

test('more tenants than derived keys are kept still open', () => {
  const sealed = ring.seal(secret, place)
  for (let n = 0; n < 1_100; n += 1) ring.seal('{}', { ...place, tenantId: `t${n}` })
  expect(ring.open(sealed, place)).toEqual({ ok: true, plaintextJson: secret })
})

test('a keyring without its active key is a bug', () => {
  expect(() => createKeyring([first], 'k9')).toThrow('"k9" is not in the keyring')
})
