import { generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { instant, type Instant } from '@carillon/domain/clock'
import type { HookAnswer, HookRequest } from '../receipts.ts'
import { connector } from './inbound.ts'
import type { InboundSecrets, InboundSettings } from './settings.ts'
import { signCall } from './sign-call.ts'

const now = instant(Date.UTC(2026, 10, 22, 10))
const secret = 'whsec_0123456789abcdef0123456789abcdef0123456789abcdef'

type Given = {
  readonly settings: InboundSettings
  readonly secrets?: Partial<InboundSecrets>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly now?: Instant
  readonly publicKeys?: () => Promise<Readonly<Record<string, unknown>> | undefined>
}

const call = async (given: Given): Promise<HookAnswer> => {
  const request: HookRequest = {
    method: 'POST',
    url: 'https://carillon.example/hooks/int_1',
    query: {},
    headers: given.headers ?? {},
    body: Buffer.from(given.body ?? '{}'),
  }
  const { webhook } = connector.source ?? {}
  if (webhook === undefined) throw new Error('it takes no calls')
  return await webhook.parse(request, {
    settings: given.settings,
    secrets: given.secrets ?? { secret },
    now: given.now ?? now,
    http: { request: async () => ({ kind: 'not_sent', reason: 'blocked', message: '' }) },
    render: (template) => ({ ok: true, text: template }),
    signal: new AbortController().signal,
    integration: { id: 'int_1', name: 'x' },
    publicKeys: given.publicKeys ?? (async () => undefined),
  })
}

const vectorsFile = fileURLToPath(
  new URL('../../../../../shared/vectors/standard-webhooks.json', import.meta.url),
)
type Vector = {
  readonly name: string
  readonly secret?: string
  readonly id: string
  readonly timestamp: number
  readonly payload: string
  readonly signature?: string
  readonly header?: string
}
const vectors: readonly Vector[] = existsSync(vectorsFile)
  ? (JSON.parse(readFileSync(vectorsFile, 'utf8')) as { vectors: readonly Vector[] }).vectors
  : []

const leftOut = existsSync(vectorsFile) ? '' : ' (left out: the shared vectors are missing)'

describe.skipIf(vectors.length === 0)(`the vectors of Standard Webhooks${leftOut}`, () => {
  const symmetric = vectors.filter((vector) => vector.secret !== undefined)

  test.each(symmetric)('$name', async (vector) => {
    const given = {
      settings: { auth: { scheme: 'standard-webhooks' }, map: { type: 'x' } },
      secrets: { secret: vector.secret ?? '' },
      headers: {
        'webhook-id': vector.id,
        'webhook-timestamp': String(vector.timestamp),
        'webhook-signature': vector.header ?? vector.signature ?? '',
      },
      body: vector.payload,
      now: instant(vector.timestamp * 1_000),
    } satisfies Given
    expect(await call(given)).toMatchObject({
      ok: true,
      callIds: [expect.stringMatching(/^signed:/), vector.id],
    })
    expect(await call({ ...given, body: `${vector.payload} ` })).toMatchObject({
      ok: false,
      reason: 'unauthenticated',
    })
    expect(await call({ ...given, now: instant((vector.timestamp + 301) * 1_000) })).toMatchObject({
      ok: false,
    })
  })
})

describe('what a call is known by', () => {
  const body = '{"ref":"main"}'
  const request: HookRequest = {
    method: 'POST',
    url: '',
    query: {},
    headers: {},
    body: Buffer.from(body),
  }
  const idsOf = async (
    settings: InboundSettings,
    over: { readonly now?: Instant; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<readonly string[]> => {
    const signedAt = over.now ?? now
    const signed = signCall(request, { settings, secrets: { secret }, now: signedAt })
    const headers = { ...signed, 'x-token': secret, ...over.headers }
    const answer = await call({ settings, headers, body, now: signedAt })
    if (!answer.ok) throw new Error(answer.detail)
    return answer.callIds ?? []
  }
  const map = { type: 'push' }
  const deliveryIdHeader = 'X-Delivery'
  const github = {
    auth: { scheme: 'hmac', header: 'x-sig', prefix: 'sha256=' },
    map,
    deliveryIdHeader,
  } satisfies InboundSettings
  const slack = {
    auth: {
      scheme: 'hmac',
      header: 'x-sig',
      signed: '{timestamp}:{body}',
      timestampHeader: 'x-time',
    },
    map,
    deliveryIdHeader,
  } satisfies InboundSettings

  test('has what is signed in common with a copy under another delivery id, or without one', async () => {
    for (const settings of [github, slack]) {
      const [signed, id] = await idsOf(settings, { headers: { 'x-delivery': 'd1' } })
      expect(id).toBe('d1')
      const [copied, other] = await idsOf(settings, { headers: { 'x-delivery': 'd2' } })
      expect([copied, other]).toEqual([signed, 'd2'])
      expect(await idsOf(settings)).toContain(signed)
    }
  })

  test('differs when the other side signs the same content at another time; its own id stays', async () => {
    const [first, id] = await idsOf(slack, { headers: { 'x-delivery': 'd1' } })
    const later = instant(now + 60_000)
    const [second, same] = await idsOf(slack, { now: later, headers: { 'x-delivery': 'd1' } })
    expect(second).not.toBe(first)
    expect(same).toBe(id)
  })

  test('is the delivery id alone where nothing is signed, and nothing where events have ids of their own', async () => {
    const token = {
      auth: { scheme: 'token', in: 'header', name: 'x-token' },
      map,
      deliveryIdHeader,
    } satisfies InboundSettings
    expect(await idsOf(token, { headers: { 'x-delivery': 'd1' } })).toEqual(['d1'])
    expect(await idsOf({ ...github, map: { type: 'push', id: '$.ref' } })).toEqual([])
  })
})

test('while the other side changes its secret, the old one and the new one are believed', async () => {
  const settings: InboundSettings = {
    auth: { scheme: 'hmac', header: 'X-Sig', encoding: 'base64', algorithm: 'sha512' },
    map: { type: 'x' },
  }
  const request = {
    method: 'POST',
    url: '',
    query: {},
    headers: {},
    body: Buffer.from('{}'),
  } as const
  const headers = signCall(request, { settings, secrets: { secret }, now })
  const secrets = { secret: 'the-new-secret-of-theirs', previousSecret: secret }
  expect(await call({ settings, secrets, headers })).toMatchObject({ ok: true })
  expect(await call({ settings, secrets: { secret: secrets.secret }, headers })).toMatchObject({
    ok: false,
  })
})

describe('a JSON Web Signature', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const header = Buffer.from('{"alg":"RS256","kid":"k1"}').toString('base64url')
  const body = '{"id":"1"}'
  const payload = Buffer.from(body).toString('base64url')
  const jws = (isDetached: boolean): string => {
    const signature = sign('sha256', Buffer.from(`${header}.${payload}`), pair.privateKey)
    return `${header}.${isDetached ? '' : payload}.${signature.toString('base64url')}`
  }
  const auth = (key: string) => ({
    scheme: 'jws' as const,
    header: 'X-JWS-Signature',
    algorithms: ['RS256' as const],
    publicKey: key,
  })
  const pem = String(pair.publicKey.export({ format: 'pem', type: 'spki' }))

  test.each([
    ['compact, by a key in PEM', jws(false), pem, true],
    ['detached, by a key in PEM', jws(true), pem, true],
    ['by a JWK', jws(true), JSON.stringify(pair.publicKey.export({ format: 'jwk' })), true],
    ['by another key', jws(true), JSON.stringify(other.publicKey.export({ format: 'jwk' })), false],
    ['by a key that is none', jws(true), 'nonsense', false],
  ])('%s', async (_, given, key, isBelieved) => {
    const settings: InboundSettings = { auth: auth(key), map: { type: 'x', id: '$.id' } }
    const headers = { 'x-jws-signature': given }
    expect((await call({ settings, headers, body })).ok).toBe(isBelieved)
    expect((await call({ settings, headers, body: '{"id":"2"}' })).ok).toBe(false)
  })

  test('an algorithm that is not on the list is not believed', async () => {
    const settings: InboundSettings = {
      auth: { ...auth(pem), algorithms: ['PS256', 'EdDSA'] },
      map: { type: 'x' },
    }
    const headers = { 'x-jws-signature': jws(true) }
    expect(await call({ settings, headers, body })).toMatchObject({ reason: 'unauthenticated' })
  })

  test('by a key set that is fetched; while it can not be had the call is to be repeated', async () => {
    const settings: InboundSettings = {
      auth: {
        scheme: 'jws',
        header: 'X-JWS-Signature',
        algorithms: ['RS256'],
        jwksUrl: 'https://keys.example/jwks.json',
      },
      map: { type: 'x' },
    }
    const headers = { 'x-jws-signature': jws(true) }
    const keys = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }] }
    expect(await call({ settings, headers, body, publicKeys: async () => keys })).toMatchObject({
      ok: true,
    })
    expect(await call({ settings, headers, body })).toMatchObject({
      ok: false,
      reason: 'unavailable',
    })
    expect(await call({ settings, body })).toMatchObject({ reason: 'unauthenticated' })
  })
})

describe('settings that do not hold together are refused', () => {
  const map = { type: 'x' }
  const hmac = { scheme: 'hmac', header: 'x-sig' } as const
  const jws = { scheme: 'jws', header: 'x', algorithms: ['PS256' as const] } as const
  test.each<[InboundSettings, string]>([
    [{ auth: { ...hmac, signed: 'all of it' }, map }, '/settings/auth/signed'],
    [{ auth: { ...hmac, timestampHeader: 'x-time' }, map }, '/settings/auth/timestampHeader'],
    [{ auth: { ...hmac, tolerance: '1000d' }, map }, '/settings/auth/tolerance'],
    [{ auth: { ...jws, algorithms: ['PS256'] }, map }, '/settings/auth/jwksUrl'],
    [
      { auth: { ...jws, algorithms: ['PS256'], jwksUrl: 'ftp://x' }, map },
      '/settings/auth/jwksUrl',
    ],
    [{ auth: hmac, map: { type: '$.' } }, '/settings/map/type'],
    [{ auth: hmac, map, items: 'events' }, '/settings/items'],
  ])('%j', (settings, pointer) => {
    expect(connector.check?.(settings, {})).toMatchObject([{ pointer }])
  })
})

test('what is kept of a call or an item can be read again', async () => {
  const settings: InboundSettings = {
    auth: { scheme: 'token', in: 'header', name: 'x-token' },
    map: { type: '$.kind', id: '$.n' },
    items: '$.all',
  }
  const body = '{"all":[{"n":1},{"n":2,"kind":"b"}]}'
  const answer = await call({ settings, headers: { 'x-token': secret }, body })
  if (!answer.ok) throw new Error('refused')
  const [kept] = answer.unreadable ?? []
  const context = {
    settings: { ...settings, map: { type: 'fixed', id: '$.n' } },
    secrets: {},
    http: { request: async () => ({ kind: 'not_sent', reason: 'blocked', message: '' }) as const },
    render: () => ({ ok: true, text: '' }) as const,
    now,
    signal: new AbortController().signal,
    integration: { id: 'int_1', name: 'x' },
    verifySignature: async () => await Promise.reject(new Error('no mail')),
  }
  const thing = { id: kept?.id ?? '', raw: Buffer.from(String(kept?.raw)), keptAt: now }
  expect(await connector.source?.reread?.(thing, context)).toMatchObject({
    events: [{ id: '1', type: 'fixed' }],
    unreadable: [],
  })
})

test('a call that is nested without end is kept for people, like one that is no JSON', async () => {
  const settings: InboundSettings = {
    auth: { scheme: 'token', in: 'header', name: 'X-Token' },
    map: { type: 'x' },
    items: '$.items',
  }
  for (const levels of [100, 100_000]) {
    const body = `{"items":[${'['.repeat(levels)}${']'.repeat(levels)}]}`
    const answer = await call({ settings, headers: { 'x-token': secret }, body })
    expect(answer).toMatchObject({ ok: true, events: [], unreadable: [{}] })
  }
})
