/** What is particular to webhooks and goes beyond the conformance suite: what a receiver's library says, rotation, refused settings. */
import { instant } from '@carillon/domain/clock'
import fc from 'fast-check'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { exampleMessage, fakePeer, httpAnswer, peerContext, peerNow } from '../conformance-peer.ts'
import type { HttpReply, HttpRequest } from '../http-port.ts'
import type { WebhookSecrets, WebhookSettings } from './settings.ts'
import { connector } from './webhook.ts'

const oldSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const newSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const settings: WebhookSettings = { url: 'https://hooks.example.org/in' }

const sent = async (
  secrets: WebhookSecrets,
  { dataJson = '{}', now = peerNow, attempt = 1 } = {},
): Promise<HttpRequest> => {
  const { event } = exampleMessage({ to: 'x' })
  const message = exampleMessage({ to: 'x', attempt, event: { ...event, dataJson } })
  const peer = fakePeer({ http: httpAnswer(200), smtp: { kind: 'no_answer', message: '' } })
  await connector.send(message, peerContext(peer, message, { settings, secrets, now }))
  const [request] = peer.requests
  if (request === undefined) throw new Error('nothing was sent')
  return request
}

/** What the receiver's side of the public library makes of a request, by a clock set to the sender's. */
const received = (request: HttpRequest, secret: string): unknown => {
  vi.setSystemTime(peerNow)
  return new Webhook(secret).verify(String(request.body), { ...request.headers })
}

afterEach(() => {
  vi.useRealTimers()
})

describe('the public library', () => {
  test('verifies what we send and reads type, timestamp and data', async () => {
    const request = await sent({ signingSecret: newSecret }, { dataJson: '{"total":12.50}' })
    expect(received(request, newSecret)).toEqual({
      type: 'order.paid',
      timestamp: '2026-11-22T09:59:58.000Z',
      data: { total: 12.5 },
    })
  })

  test('verifies with the old and with the new secret during a rotation', async () => {
    const request = await sent({ signingSecret: newSecret, previousSigningSecret: oldSecret })
    expect(received(request, oldSecret)).toBeDefined()
    expect(received(request, newSecret)).toBeDefined()
  })

  test('refuses what was signed with the old secret only', async () => {
    const request = await sent({ signingSecret: oldSecret })
    expect(() => received(request, newSecret)).toThrow(WebhookVerificationError)
  })

  test('refuses a changed body', async () => {
    const request = await sent({ signingSecret: newSecret })
    expect(() => received({ ...request, body: `${String(request.body)} ` }, newSecret)).toThrow(
      WebhookVerificationError,
    )
  })

  test('verifies any JSON data', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (dataJson) => {
        const request = await sent({ signingSecret: newSecret }, { dataJson })
        expect(received(request, newSecret)).toMatchObject({ type: 'order.paid' })
      }),
      { numRuns: 50 },
    )
  })
})

test('the data keeps the very bytes that the producer sent', async () => {
  const dataJson = '{ "total": 12.50, "id": 12345678901234567890, "a": 1, "a": 2 }'
  const request = await sent({ signingSecret: newSecret }, { dataJson })
  expect(request.body).toContain(`"data":${dataJson}}`)
})

test('an event without data says null', async () => {
  const request = await sent({ signingSecret: newSecret }, { dataJson: '' })
  expect(received(request, newSecret)).toMatchObject({ data: null })
})

test('a later attempt has the same id and body, a new timestamp and a new signature', async () => {
  const secrets = { signingSecret: newSecret }
  const first = await sent(secrets)
  const later = await sent(secrets, { attempt: 2, now: instant(peerNow + 5_999) })
  expect(later.body).toBe(first.body)
  expect(later.headers).toMatchObject({
    'webhook-id': first.headers?.['webhook-id'],
    'webhook-timestamp': String(peerNow / 1_000 + 5),
  })
  expect(later.headers?.['webhook-signature']).not.toBe(first.headers?.['webhook-signature'])
})

test('a secret that was made for the tenant can sign', async () => {
  const made = connector.generateSecrets?.((n) => new Uint8Array(n).fill(7))
  expect(made?.signingSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(connector.check?.(settings, made ?? {})).toEqual([])
})

test('without a usable secret nothing leaves', async () => {
  const message = exampleMessage({ to: 'x' })
  const peer = fakePeer({ http: httpAnswer(200), smtp: { kind: 'no_answer', message: '' } })
  const context = peerContext(peer, message, { settings, secrets: { signingSecret: 'whsec_' } })
  expect(await connector.send(message, context)).toMatchObject({ kind: 'integration_rejected' })
  expect(peer.requests).toEqual([])
})

const pointersFor = (
  more: Partial<WebhookSettings>,
  secrets: Partial<WebhookSecrets> = {},
): readonly string[] =>
  (connector.check?.({ ...settings, ...more }, secrets) ?? []).map(({ pointer }) => pointer)

describe('check', () => {
  test.each([
    '',
    'hooks.example.org',
    'ftp://example.org/',
    'https://',
    'https:///x',
    'https://u:p@example.org/',
  ])('refuses the URL %j', (url) => {
    expect(pointersFor({ url })).toEqual(['/settings/url'])
  })

  test.each([
    'Webhook-Id',
    'webhook-signature',
    'WEBHOOK-TIMESTAMP',
    'Content-Type',
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Authorization',
  ])('refuses the header %s and names it', (name) => {
    expect(pointersFor({ headers: { [name]: 'x' } })).toEqual([`/settings/headers/${name}`])
  })

  test('refuses values that no header can carry, and names that are there twice', () => {
    expect(pointersFor({ headers: { 'X-A': 'a\r\nb', 'x-a': '€' } })).toEqual([
      '/settings/headers/X-A',
      '/settings/headers/x-a',
      '/settings/headers/x-a',
    ])
  })

  test('refuses secrets that are not base64 of the right length', () => {
    expect(pointersFor({}, { signingSecret: 'secret', previousSigningSecret: 'whsec_' })).toEqual([
      '/secrets/signingSecret',
      '/secrets/previousSigningSecret',
    ])
  })
})

const verify = async (reply: HttpReply, secrets: Partial<WebhookSecrets> = {}) => {
  const message = exampleMessage({ to: 'x' })
  const peer = fakePeer({ http: reply, smtp: { kind: 'no_answer', message: '' } })
  const given = { settings, secrets: { signingSecret: newSecret, ...secrets } }
  const answer = await connector.verify?.(peerContext(peer, message, given))
  return { answer, peer }
}

describe('testing the integration', () => {
  test('sends no event and no signature', async () => {
    const { peer } = await verify(httpAnswer(405))
    expect(peer.requests).toEqual([
      { method: 'GET', url: settings.url, headers: { 'user-agent': 'Carillon-Webhooks/1.0' } },
    ])
  })

  test.each([200, 204, 400, 401, 404, 405])('is content with an answer of %i', async (status) => {
    const { answer } = await verify(httpAnswer(status))
    expect(answer).toMatchObject({ ok: true })
  })

  test.each([301, 410, 500, 503])('is not content with an answer of %i', async (status) => {
    const { answer } = await verify(httpAnswer(status))
    expect(answer).toMatchObject({ ok: false })
  })

  test('is not content when the authorization header is refused', async () => {
    const { answer } = await verify(httpAnswer(401), { authorization: 'Bearer 12345678' })
    expect(answer).toMatchObject({ ok: false })
  })

  test('says why the address is not allowed', async () => {
    const blocked = { kind: 'not_sent', reason: 'blocked', message: '10.0.0.1 is private' } as const
    const { answer } = await verify(blocked)
    expect(answer).toEqual({ ok: false, error: 'target not allowed: 10.0.0.1 is private' })
  })
})

test('any label is an address, and an empty one is called endpoint', () => {
  expect(connector.parseAddress('Billing team')).toEqual({ ok: true, address: 'Billing team' })
  expect(connector.parseAddress(' \n')).toEqual({ ok: true, address: 'endpoint' })
})
