import { expect, test } from 'vitest'
import { hashRequest, parseIdempotencyKey } from './idempotency-key.ts'

test('a visible key is taken, none is none', () => {
  expect(parseIdempotencyKey('order-42/~!')).toBe('order-42/~!')
  expect(parseIdempotencyKey('k'.repeat(255))).toHaveLength(255)
  expect(parseIdempotencyKey(undefined)).toBeUndefined()
})

test.each([[''], ['k'.repeat(256)], ['a b'], ['a, b'], ['é'], ['a\t'], [['a', 'b']]])(
  '%j is refused',
  (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow('idempotency-key')
  },
)

test('the same request has the same hash; another method, path or byte another one', () => {
  const request = { method: 'POST', url: '/a', rawBody: Buffer.from('{"a":1}') }
  const hash = hashRequest(request).toString('hex')
  expect(hashRequest({ ...request }).toString('hex')).toBe(hash)
  const others = [
    { ...request, method: 'PUT' },
    { ...request, url: '/a?x=1' },
    { ...request, rawBody: Buffer.from('{"a": 1}') },
    { ...request, rawBody: null },
  ]
  const hashes = new Set([hash, ...others.map((other) => hashRequest(other).toString('hex'))])
  expect(hashes.size).toBe(5)
})
