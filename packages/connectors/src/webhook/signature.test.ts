/** Holds our signatures to the public vectors and to the public verification library, both ways. */
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { decodeSecret, encodeSecret, signatureHeader } from './signature.ts'

const vectorsSchema = Type.Object({
  vectors: Type.Array(
    Type.Object({
      name: Type.String(),
      secret: Type.Optional(Type.String()),
      id: Type.String(),
      timestamp: Type.Integer(),
      payload: Type.String(),
      signature: Type.Optional(Type.String()),
    }),
  ),
  invalidSecretsSvix: Type.Array(Type.String()),
  validSecretsSvix: Type.Array(Type.String()),
})

const file = new URL('../../../../../shared/vectors/standard-webhooks.json', import.meta.url)
const hasVectors = existsSync(file)
const known = Value.Parse(
  vectorsSchema,
  hasVectors
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { vectors: [], invalidSecretsSvix: [], validSecretsSvix: [] },
)

describe.skipIf(!hasVectors)(
  'the public vectors (left out where shared/vectors is missing)',
  () => {
    const symmetric = known.vectors.filter(({ signature }) => signature?.startsWith('v1,') === true)

    test('at least four symmetric vectors were found', () => {
      expect(symmetric.length).toBeGreaterThanOrEqual(4)
    })

    test.each(symmetric)('$name', ({ secret = '', id, timestamp, payload, signature }) => {
      const key = decodeSecret(secret) ?? new Uint8Array()
      expect(signatureHeader([key], { id, timestampSeconds: timestamp, body: payload })).toBe(
        signature,
      )
    })

    test.each(known.invalidSecretsSvix)('%j is not a signing secret', (secret) => {
      expect(decodeSecret(secret)).toBeUndefined()
    })

    test.each(known.validSecretsSvix)('%j is a signing secret', (secret) => {
      expect(decodeSecret(secret)).toBeDefined()
    })
  },
)

describe('a secret', () => {
  test('is read back as it was written, for 24 to 64 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), (bytes) => {
        expect(Buffer.from(decodeSecret(encodeSecret(bytes)) ?? [])).toEqual(Buffer.from(bytes))
      }),
    )
  })

  test.each([23, 65])('of %i bytes is refused', (length) => {
    expect(decodeSecret(encodeSecret(new Uint8Array(length)))).toBeUndefined()
  })

  test.each(['', 'whsec_', 'whsec_!!!!', `whsec_${'A'.repeat(33)}`, ` whsec_${'A'.repeat(32)}`])(
    '%j is refused',
    (secret) => {
      expect(decodeSecret(secret)).toBeUndefined()
    },
  )
})

test('a rotation carries one signature for each key, in order, separated by a space', () => {
  const keys = [new Uint8Array(24).fill(1), new Uint8Array(24).fill(2)] as const
  const signed = { id: 'dlv_1', timestampSeconds: 1, body: '{}' }
  const alone = keys.map((key) => signatureHeader([key], signed))
  expect(signatureHeader(keys, signed)).toBe(alone.join(' '))
  expect(new Set(alone).size).toBe(2)
})

test('the public library signs the same', () => {
  const bodies = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), bodies, (bytes, body) => {
      const library = new Webhook(encodeSecret(bytes))
      const signed = { id: 'dlv_1', timestampSeconds: 1_795_341_600, body }
      expect(signatureHeader([bytes], signed)).toBe(
        library.sign('dlv_1', new Date(1_795_341_600_000), body),
      )
    }),
  )
})
