import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { CompactSign, FlattenedSign } from 'jose'
import { expect, test } from 'vitest'
import { jwsProblem, kidOfJws } from './verify-jws.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const document = {
  keys: [
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'scd_1', use: 'sig' },
    { ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec' },
    { ...ed.publicKey.export({ format: 'jwk' }), kid: 'ed' },
    { kty: 'RSA', kid: 'broken', n: '!' },
    'nonsense',
  ],
}
const body = Buffer.from('{"type":"transaction.lifecycle.completed"}')
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const detached = (
  header: object = { alg: 'PS256', kid: 'scd_1' },
  key = rsa.privateKey,
  over = body,
): string => {
  const head = part(header)
  const input = Buffer.from(`${head}.${over.toString('base64url')}`)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const signature = sign('sha256', input, { key, padding, saltLength: 32 })
  return `${head}..${signature.toString('base64url')}`
}

const problem = (jws: string, keys: unknown = document) =>
  jwsProblem(jws, { payload: body, keys, algorithms: ['PS256'] })

test('a detached signature by a known key over these bytes is believed', () => {
  expect(problem(detached())).toBeUndefined()
  expect(kidOfJws(detached())).toBe('scd_1')
})

test.each([
  ['nothing', ''],
  ['nonsense', 'a.b.c.d'],
  ['another key', detached({ alg: 'PS256', kid: 'scd_1' }, other.privateKey)],
  ['another body', detached(undefined, undefined, Buffer.from('{}'))],
  ['a key that is not known', detached({ alg: 'PS256', kid: 'scd_2' })],
  ['a broken key', detached({ alg: 'PS256', kid: 'broken' })],
  ['a key of another kind', detached({ alg: 'PS256', kid: 'ec' })],
  ['no algorithm', `${part({ alg: 'none', kid: 'scd_1' })}..AA`],
  ['an algorithm that is not expected', detached({ alg: 'RS256', kid: 'scd_1' })],
  ['critical extensions', detached({ alg: 'PS256', kid: 'scd_1', crit: ['b64'], b64: false })],
  ['a second spelling', `${detached().slice(0, -1)}${detached().endsWith('A') ? 'B' : 'A'}=`],
])('%s is refused', (_, jws) => {
  expect(problem(jws)).toBeTypeOf('string')
})

test('without keys nobody is believed', () => {
  for (const keys of [null, 0, {}, { keys: [] }, { keys: 'x' }]) {
    expect(problem(detached(), keys)).toBeTypeOf('string')
  }
})

test.each([
  ['PS256', 'scd_1', rsa.privateKey],
  ['RS256', 'scd_1', rsa.privateKey],
  ['ES256', 'ec', ec.privateKey],
  ['EdDSA', 'ed', ed.privateKey],
] as const)(
  'what another library signs with %s verifies, detached and whole',
  async (alg, kid, key) => {
    const given = { payload: body, keys: document, algorithms: [alg] } as const
    const whole = await new CompactSign(body).setProtectedHeader({ alg, kid }).sign(key)
    expect(jwsProblem(whole, given)).toBeUndefined()
    expect(jwsProblem(whole, { ...given, payload: Buffer.from('{}') })).toBeTypeOf('string')
    const flat = await new FlattenedSign(body).setProtectedHeader({ alg, kid }).sign(key)
    expect(jwsProblem(`${flat.protected}..${flat.signature}`, given)).toBeUndefined()
  },
)
