/** Calls with the specification's and Svix's published signatures are believed, all others are not. */
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { sharedVectors } from '@carillon/testkit/shared-vectors'
import { standardSignature, standardSignatureProblem } from './verify-standard-signature.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const now = instant(1_614_265_330_000)
const body = Buffer.from('{"test": 2432232314}')
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

const problem = (
  change: {
    headers?: Record<string, string>
    body?: Uint8Array
    secret?: string
    byMs?: number
  } = {},
) =>
  standardSignatureProblem(
    {
      headers: {
        'webhook-id': id,
        'webhook-timestamp': '1614265330',
        'webhook-signature': signature,
        ...change.headers,
      },
      body: change.body ?? body,
    },
    { secret: change.secret ?? secret, prefix: 'webhook', now: instant(now + (change.byMs ?? 0)) },
  )

test('the specification’s own call is believed, and ours has the same signature', () => {
  expect(problem()).toBeUndefined()
  expect(standardSignature(body, { secret, prefix: 'webhook', id, now })).toEqual({
    'webhook-id': id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': signature,
  })
})

test.each([
  ['within five minutes', { byMs: 299_000 }],
  ['with a secret without its prefix', { secret: secret.slice(6) }],
  [
    'with other signatures beside it',
    { headers: { 'webhook-signature': `v1a,AA== v1,AA== ${signature}` } },
  ],
])('%s it is believed', (_, change) => {
  expect(problem(change)).toBeUndefined()
})

test.each([
  ['too late', { byMs: 301_000 }],
  ['too early', { byMs: -301_000 }],
  ['with another body', { body: Buffer.from('{"test": 2432232315}') }],
  ['with another id', { headers: { 'webhook-id': 'msg_2' } }],
  ['with another time', { headers: { 'webhook-timestamp': '1614265331' } }],
  ['with another secret', { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
  ['without a secret', { secret: '' }],
  ['with a secret that is no base64', { secret: 'whsec_!' }],
  ['with half a signature', { headers: { 'webhook-signature': signature.slice(0, -4) } }],
  [
    'with a signature of another version',
    { headers: { 'webhook-signature': signature.replace('v1', 'v2') } },
  ],
  ['without a signature', { headers: { 'webhook-signature': '' } }],
  ['with a time that is none', { headers: { 'webhook-timestamp': 'now' } }],
])('%s it is not believed', (_, change) => {
  expect(problem(change)).toBeTypeOf('string')
})

const vectors = sharedVectors(
  'standard-webhooks.json',
  Type.Object({
    vectors: Type.Array(
      Type.Object({
        name: Type.String(),
        secret: Type.Optional(Type.String()),
        id: Type.String(),
        timestamp: Type.Number(),
        payload: Type.String(),
        signature: Type.Optional(Type.String()),
        header: Type.Optional(Type.String()),
      }),
    ),
  }),
  { vectors: [] },
)

describe.skipIf(!vectors.isThere)(`the published vectors${vectors.leftOut}`, () => {
  const symmetric = vectors.value.vectors.filter(({ secret }) => secret !== undefined)

  test('are there', () => {
    expect(symmetric.length).toBeGreaterThanOrEqual(3)
  })

  test.each(symmetric)('$name', (vector) => {
    const headers = {
      'svix-id': vector.id,
      'svix-timestamp': String(vector.timestamp),
      'svix-signature': vector.header ?? vector.signature ?? '',
    }
    const given = { secret: vector.secret, prefix: 'svix', now: instant(vector.timestamp * 1_000) }
    const request = { headers, body: Buffer.from(vector.payload) }
    expect(standardSignatureProblem(request, given)).toBeUndefined()
  })
})
