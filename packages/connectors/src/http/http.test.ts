/** What is particular to templated requests and goes beyond the conformance suite: values that try to leave their place. */
import { describe, expect, test } from 'vitest'
import { exampleMessage, fakePeer, httpAnswer, peerContext } from '../conformance-peer.ts'
import type { HttpReply, HttpRequest } from '../http-port.ts'
import { connector } from './http.ts'
import type { HttpSecrets, HttpSettings } from './settings.ts'

const settings: HttpSettings = {
  method: 'POST',
  url: 'https://erp.example.org/orders/{{ data.id }}/paid',
}

/** One send: how it ended, as "kind: reason", and the request if there was one. */
const exchange = async (
  more: Partial<HttpSettings>,
  {
    data = { id: '7' },
    secrets = {},
    to = 'x',
  }: { data?: object; secrets?: HttpSecrets; to?: string } = {},
): Promise<{ readonly end: string; readonly request: HttpRequest | undefined }> => {
  const { event } = exampleMessage({ to })
  const message = exampleMessage({ to, event: { ...event, dataJson: JSON.stringify(data) } })
  const peer = fakePeer({ http: httpAnswer(200), smtp: { kind: 'no_answer', message: '' } })
  const context = peerContext(peer, message, { settings: { ...settings, ...more }, secrets })
  const outcome = await connector.send(message, context)
  const reason = 'reason' in outcome ? outcome.reason : ''
  return { end: `${outcome.kind}: ${reason}`, request: peer.requests[0] }
}

describe('a value in the URL', () => {
  test('is percent-encoded', async () => {
    const { request } = await exchange({}, { data: { id: 'a/b?c#d é' } })
    expect(request?.url).toBe('https://erp.example.org/orders/a%2Fb%3Fc%23d%20%C3%A9/paid')
  })

  test.each(['.', '..'])('can not climb with %j', async (id) => {
    const { end, request } = await exchange({}, { data: { id } })
    expect(end).toMatch(/^message_rejected: .*segment/)
    expect(request).toBeUndefined()
  })
})

describe('a value in a header', () => {
  test.each(['a\r\nX-Admin: 1', 'a\0', '€'])(
    '%j ends the message before anything is sent',
    async (id) => {
      const { end, request } = await exchange(
        { headers: { 'X-Id': '{{ data.id }}' } },
        { data: { id } },
      )
      expect(end).toMatch(/^message_rejected: .*X-Id/)
      expect(request).toBeUndefined()
    },
  )
})

describe('a value in the body', () => {
  test('stays inside its JSON string', async () => {
    const { request } = await exchange(
      { body: '{"id":"{{ data.id }}"}' },
      { data: { id: '","admin":"1' } },
    )
    expect(JSON.parse(String(request?.body))).toEqual({ id: '","admin":"1' })
  })

  test('stays inside its form field', async () => {
    const { request } = await exchange(
      {
        body: 'id={{ data.id }}',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
      },
      { data: { id: 'a&admin=1' } },
    )
    expect(request?.body).toBe('id=a%26admin%3D1')
  })

  test('that breaks the JSON ends the message', async () => {
    const { end } = await exchange({ body: '{"id":{{ data.id }}}' }, { data: { id: 'x' } })
    expect(end).toMatch(/^message_rejected: .*JSON/)
  })

  test('is left as it is in plain text', async () => {
    const { request } = await exchange(
      { body: 'id "{{ data.id }}"', headers: { 'content-type': 'text/plain' } },
      { data: { id: 'é&"' } },
    )
    expect(request?.body).toBe('id "é&""')
  })
})

test.each(['url', 'body'] as const)(
  'a broken template in %s ends the message with the reason',
  async (part) => {
    const template = part === 'url' ? 'https://erp.example.org/{{' : '{{'
    const { end, request } = await exchange({ [part]: template })
    expect(end.startsWith(`message_rejected: ${part}: `)).toBe(true)
    expect(request).toBeUndefined()
  },
)

test('a broken template in a header ends the message with its name', async () => {
  const { end } = await exchange({ headers: { 'X-Id': '{{' } })
  expect(end).toMatch(/^message_rejected: header X-Id: /)
})

test('the recipient can be a part of the request', async () => {
  const { request } = await exchange(
    { url: 'https://erp.example.org/notify?who={{ to }}' },
    { to: 'anna&bob' },
  )
  expect(request?.url).toBe('https://erp.example.org/notify?who=anna%26bob')
})

test.each(['GET', 'DELETE'] as const)(
  'a %s without a body template has neither body nor content type',
  async (method) => {
    const { request } = await exchange({ method })
    expect(request).not.toHaveProperty('body')
    expect(request?.headers).not.toHaveProperty('content-type')
  },
)

describe('the token', () => {
  const secrets = { token: 'token-123' }
  test.each([
    [{}, 'authorization', 'Bearer token-123'],
    [{ tokenScheme: 'Token' }, 'authorization', 'Token token-123'],
    [{ tokenScheme: '' }, 'authorization', 'token-123'],
    [{ tokenHeader: 'X-Api-Key' }, 'x-api-key', 'token-123'],
    [{ tokenHeader: 'X-Api-Key', tokenScheme: 'Key' }, 'x-api-key', 'Key token-123'],
  ])('with %j goes into %s as %j', async (more, name, value) => {
    const { request } = await exchange(more, { secrets })
    expect(request?.headers?.[name]).toBe(value)
  })

  test('that is not there leaves no header', async () => {
    const { request } = await exchange({})
    expect(request?.headers).not.toHaveProperty('authorization')
  })
})

const pointersFor = (more: Partial<HttpSettings>): readonly string[] =>
  (connector.check?.({ ...settings, ...more }, {}) ?? []).map(({ pointer }) => pointer)

describe('check', () => {
  test('takes templates behind the host', () => {
    expect(pointersFor({ url: 'https://erp.example.org:8443{{ data.path }}?x={{ to }}' })).toEqual([
      '/settings/url',
    ])
    expect(pointersFor({ url: 'https://erp.example.org:8443/{{ data.path }}?x={{ to }}' })).toEqual(
      [],
    )
  })

  test.each([
    'https://{{ data.host }}/x',
    '{{ data.url }}',
    'https://u:p@erp.example.org/',
    'ftp://x/',
    'https://a{% if x %}/',
  ])('refuses the URL %j', (url) => {
    expect(pointersFor({ url })).toEqual(['/settings/url'])
  })

  test.each(['Idempotency-Key', 'Authorization', 'Host', 'Proxy-Authorization'])(
    'refuses the header %s',
    (name) => {
      expect(pointersFor({ headers: { [name]: 'x' } })).toEqual([`/settings/headers/${name}`])
    },
  )

  test('refuses a header that carries the token already', () => {
    expect(pointersFor({ headers: { 'x-api-key': 'x' }, tokenHeader: 'X-Api-Key' })).toEqual([
      '/settings/headers/x-api-key',
    ])
  })

  test.each(['Host', 'content-type', 'Idempotency-Key'])(
    'refuses %s as the header of the token',
    (tokenHeader) => {
      expect(pointersFor({ tokenHeader })).toEqual(['/settings/tokenHeader'])
    },
  )

  test('refuses a GET with a body', () => {
    expect(pointersFor({ method: 'GET', body: 'x' })).toEqual(['/settings/body'])
  })
})

const verify = async (reply: HttpReply) => {
  const message = exampleMessage({ to: 'x' })
  const peer = fakePeer({ http: reply, smtp: { kind: 'no_answer', message: '' } })
  const answer = await connector.verify?.(
    peerContext(peer, message, { settings, secrets: { token: 'token-123' } }),
  )
  return { answer, peer }
}

describe('testing the integration', () => {
  test('asks for the root of the host and runs no template', async () => {
    const { answer, peer } = await verify(httpAnswer(404))
    expect(answer).toMatchObject({ ok: true })
    expect(peer.requests).toMatchObject([{ method: 'GET', url: 'https://erp.example.org/' }])
  })

  test('is not content with a failing server, and keeps the token to itself', async () => {
    const { answer } = await verify({ kind: 'not_sent', reason: 'tls', message: 'bad token-123' })
    expect(answer).toEqual({ ok: false, error: 'not sent (tls): bad [redacted]' })
    expect((await verify(httpAnswer(500))).answer).toMatchObject({ ok: false })
  })
})
