import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import type { HttpReply, HttpRequest } from '../http-port.ts'
import type { HookRequest } from '../receipts.ts'
import { universignHookExamples } from './examples.ts'
import { readTransaction } from './read-transaction.ts'
import type { UniversignSecrets, UniversignSettings } from './settings.ts'
import { connector } from './universign.ts'

const now = instant(Date.UTC(2026, 10, 22, 10))
const secrets = { apiKey: 'the-api-key' }
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwks = { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'scd_1' }] }

const signature = (body: string, key = keys.privateKey): string => {
  const head = Buffer.from('{"alg":"PS256","kid":"scd_1"}').toString('base64url')
  const input = Buffer.from(`${head}.${Buffer.from(body).toString('base64url')}`)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return `${head}..${sign('sha256', input, { key, padding, saltLength: 32 }).toString('base64url')}`
}

const call = (body: string, headers: Readonly<Record<string, string>> = {}): HookRequest => ({
  method: 'POST',
  url: 'https://carillon.example.org/hooks/int_1',
  query: {},
  headers,
  body: Buffer.from(body),
})

const parse = async (
  request: HookRequest,
  more: {
    readonly settings?: UniversignSettings
    readonly secrets?: Partial<UniversignSecrets>
  } = {},
) => {
  const asked: unknown[] = []
  const answer = await connector.source?.webhook?.parse(request, {
    render: () => ({ ok: true, text: '' }),
    settings: more.settings ?? {},
    secrets: more.secrets ?? secrets,
    now,
    http: { request: async () => ({ kind: 'not_sent', reason: 'dns', message: 'no' }) },
    signal: new AbortController().signal,
    integration: { id: 'int_1', name: 'sign' },
    publicKeys: async (url, wanted) => {
      asked.push([url, wanted?.kid])
      return jwks
    },
  })
  return { answer, asked }
}

const completed =
  '{"object":"event","id":"evt_1","type":"transaction.lifecycle.completed","payload":{"object":{"object":"transaction","id":"tx_1"}}}'

describe('the hook', () => {
  test.each(universignHookExamples)('$name', async ({ request, answer, publicKeys, ...given }) => {
    const url = request.url ?? 'https://carillon.example.org/hooks/int_1'
    const query = Object.fromEntries(new URL(url).searchParams)
    const made = { ...call(request.body ?? '', request.headers), url, query }
    const found = await connector.source?.webhook?.parse(made, {
      render: () => ({ ok: true, text: '' }),
      ...given,
      now,
      http: { request: async () => ({ kind: 'not_sent', reason: 'dns', message: 'no' }) },
      signal: new AbortController().signal,
      integration: { id: 'int_1', name: 'sign' },
      publicKeys: async () => publicKeys,
    })
    expect(found).toMatchObject(answer)
  })

  test('a call that is signed is a hint; its keys are asked for by their id', async () => {
    const { answer, asked } = await parse(
      call(completed, { 'x-jws-signature': signature(completed) }),
    )
    expect(answer).toMatchObject({ ok: true, hints: [{ key: 'tx_1', id: 'evt_1' }] })
    expect(asked).toEqual([['https://api.universign.com/v1/webhooks/jwks.json', 'scd_1']])
  })

  test('for a caller without a signature no keys are fetched', async () => {
    for (const headers of [{}, { 'x-jws-signature': 'x' }]) {
      const { answer, asked } = await parse(call(completed, headers))
      expect(answer).toMatchObject({ ok: false, reason: 'unauthenticated' })
      expect(asked).toEqual([])
    }
  })

  test('another body, another key and another algorithm are refused', async () => {
    const good = signature(completed)
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const none = Buffer.from('{"alg":"none","kid":"scd_1"}').toString('base64url')
    const calls = [
      call(`${completed} `, { 'x-jws-signature': good }),
      call(completed, { 'x-jws-signature': signature(completed, stranger.privateKey) }),
      call(completed, { 'x-jws-signature': `${none}..AAAA` }),
    ]
    for (const request of calls) {
      const { answer } = await parse(request)
      expect(answer).toMatchObject({ ok: false, reason: 'unauthenticated' })
    }
  })

  test('the older calls are refused unless the settings allow them, and then need the token', async () => {
    const body = '{"event":"transaction.completed","transaction_id":"tr_1"}'
    const hookToken = 'a-token-of-this-test'
    const withToken = { ...call(body), query: { token: hookToken } }
    const armed = { secrets: { ...secrets, hookToken } }
    expect((await parse(withToken, armed)).answer).toMatchObject({ ok: false })
    const allowed = { ...armed, settings: { hooks: 'token' } } as const
    expect((await parse(call(body), allowed)).answer).toMatchObject({
      ok: false,
      reason: 'unauthenticated',
    })
    const first = (await parse(withToken, allowed)).answer
    expect(first).toMatchObject({ ok: true, hints: [{ key: 'tr_1' }] })
    expect((await parse(withToken, allowed)).answer).toEqual(first)
  })

  test.each(['..', '../x', 'a/b', '', 'tx_1?x', 7, null])(
    'the id %j, which could lead elsewhere, gives no hint',
    async (id) => {
      const body = JSON.stringify({
        id: 'evt_1',
        type: 'action.stalled',
        payload: { object: { transaction_id: id } },
      })
      const { answer } = await parse(call(body, { 'x-jws-signature': signature(body) }))
      expect(answer).toEqual({ ok: true, receipts: [], hints: [] })
    },
  )
})

const download = async (answer: (request: HttpRequest) => HttpReply, document = 'doc_1') => {
  const requests: HttpRequest[] = []
  const file = await connector.tracker?.download?.('tx_1', document, {
    settings: { baseUrl: 'https://sign.example.org' },
    secrets,
    now,
    signal: new AbortController().signal,
    http: {
      request: async (request) => {
        requests.push(request)
        return answer(request)
      },
    },
  })
  return { file, requests }
}
const reply = (status: number, bytes?: Uint8Array, body = ''): HttpReply => ({
  kind: 'response',
  status,
  headers: {},
  body,
  truncated: false,
  ...(bytes === undefined ? {} : { bytes }),
})

describe('a signed document', () => {
  const pdf = Buffer.from('%PDF-1.7')

  test('comes from the archive, else from the transaction', async () => {
    const first = await download(() => reply(200, pdf))
    expect(first.requests.map(({ url }) => url)).toEqual([
      'https://sign.example.org/v1/archives/tx_1/documents/doc_1/download',
    ])
    const second = await download(({ url }) =>
      url.includes('/archives/') ? reply(404) : reply(200, pdf),
    )
    expect(second.file).toMatchObject({ kind: 'document', bytes: pdf })
    expect(second.requests[1]?.url).toBe(
      'https://sign.example.org/v1/transactions/tx_1/archive/documents/doc_1/download',
    )
  })

  test('of the older dialect comes from the address given, without our key', async () => {
    const older = JSON.stringify({
      state: 'completed',
      signers: [],
      documents: [{ url: 'https://elsewhere.example.net/1.pdf' }],
    })
    const { file, requests } = await download(({ url }) => {
      if (url.endsWith('/1.pdf')) return reply(200, pdf)
      return url.endsWith('/transactions/tx_1') ? reply(200, undefined, older) : reply(404)
    }, '1')
    expect(file).toMatchObject({ kind: 'document' })
    expect(requests.at(-1)?.headers).not.toHaveProperty('authorization')
  })

  test('that is too large or cut off is none', async () => {
    const cut = { ...reply(200, pdf), truncated: true } as HttpReply
    expect((await download(() => cut)).file).toMatchObject({ kind: 'retry' })
    const headers = { 'content-length': String(26 * 1_048_576) }
    const large = { ...cut, headers } as HttpReply
    expect((await download(() => large)).file).toMatchObject({ kind: 'unusable' })
  })
})

test('a transaction of the vendor: double l, people by their full name, their actions', () => {
  const item = readTransaction(
    {
      state: 'cancelled',
      stalled: true,
      participants: [{ email: 'Anna@example.org', full_name: 'Anna' }, { email: 'b@example.org' }],
      actions: [{ participant_email: 'anna@example.org', state: 'closed' }],
      documents: [{ id: 'doc_1', name: 'a\nb' }],
      started_at: 1_790_000_000.5,
    },
    'auto',
  )
  expect(item).toEqual({
    remoteState: 'cancelled',
    isStalled: true,
    participants: [
      { name: 'Anna', email: 'Anna@example.org', status: 'closed' },
      { email: 'b@example.org', status: 'waiting' },
    ],
    documents: [{ id: 'doc_1', name: 'a b' }],
    times: { sentAt: 1_790_000_000_500 },
  })
  expect(connector.tracker?.statuses['cancelled']).toBe('ANNULE')
})

test.each([null, [], 'x', {}, { state: 7 }, { state: '' }])('%j is no transaction', (value) => {
  expect(readTransaction(value, 'auto')).toBeUndefined()
})

test.each([
  [{}, 300_000],
  [{ pollEvery: '1m' }, 60_000],
  [{ pollEvery: '1s' }, 30_000],
])('it is looked at as often as the settings %j say', (settings, expected) => {
  expect(connector.tracker?.everyMs?.(settings)).toBe(expected)
  const problems = connector.check?.(settings, secrets) ?? []
  expect(problems.length > 0).toBe('pollEvery' in settings && settings.pollEvery === '1s')
})
