import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { CarillonError, createClient, type Client } from './client.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A server that answers one request after the other as it is told, and a client for it. */
const serve = async (...answers: readonly Answer[]) => {
  const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] =
    []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      const { method = '', url = '', headers } = request
      const answer = answers[Math.min(seen.length, answers.length - 1)]
      seen.push({ method, url, headers, body })
      answer?.(request, response, body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}`
  return {
    seen,
    baseUrl,
    client: (more: { readonly retries?: number; readonly tenant?: string } = {}): Client =>
      createClient({ baseUrl: `${baseUrl}/`, apiKey: 'k', ...more }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(value))
  }

const drop: Answer = (request) => request.socket.destroy()

const caught = async (promise: Promise<unknown>): Promise<CarillonError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof CarillonError)) throw new Error('no CarillonError')
  return error
}

test('a call carries key, tenant, query and body, and gives the parsed answer', async () => {
  await using s = await serve(json(200, { items: [], nextCursor: null }), json(201, { id: 'x' }))
  const client = s.client({ tenant: 'acme' })
  expect(await client.rules.list({ limit: 5 })).toEqual({ items: [], nextCursor: null })
  await client.schedules.create(
    { name: 'n', pattern: '@daily' },
    { idempotencyKey: 'once', tenant: 'other' },
  )
  expect(s.seen).toMatchObject([
    {
      method: 'GET',
      url: '/api/v1/rules?limit=5',
      headers: { authorization: 'Bearer k', 'carillon-tenant': 'acme' },
    },
    {
      method: 'POST',
      headers: { 'idempotency-key': 'once', 'carillon-tenant': 'other' },
      body: '{"name":"n","pattern":"@daily"}',
    },
  ])
})

test("what is put into a path can't leave it", async () => {
  await using s = await serve(json(200, {}))
  await s.client().rules.get('../../x?y#z')
  expect(s.seen[0]?.url).toBe('/api/v1/rules/..%2F..%2Fx%3Fy%23z')
})

test('a problem becomes an error with its code, sentence and fields', async () => {
  const errors = [{ pointer: '/name', detail: 'is missing' }]
  await using s = await serve(json(400, { code: 'validation_failed', detail: 'no', errors }))
  const error = await caught(s.client().rules.list())
  expect(error).toMatchObject({ status: 400, code: 'validation_failed', detail: 'no', errors })
})

test('an answer of a proxy in between is an error too', async () => {
  await using s = await serve((_request, response) => {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
  })
  expect(await caught(s.client().rules.list())).toMatchObject({ status: 502, code: 'http_502' })
})

test('429 and 503 are tried again after the time they name, and given up when it is long', async () => {
  const soon = json(503, { code: 'unavailable', detail: '' }, { 'retry-after': '0' })
  const late = json(429, { code: 'rate_limited', detail: '' }, { 'retry-after': '60' })
  await using s = await serve(soon, json(200, { ok: true }), late)
  expect(await s.client().rules.list()).toEqual({ ok: true })
  expect(await caught(s.client().rules.list())).toMatchObject({ retryAfterSeconds: 60 })
  expect(s.seen).toHaveLength(3)
})

test('without an answer what is safe is tried again; a creating call only with its key', async () => {
  await using s = await serve(drop, json(200, { ok: true }), drop, drop, json(201, { id: 'y' }))
  const client = s.client()
  expect(await client.rules.list()).toEqual({ ok: true })
  const body = { name: 'n', pattern: '@daily' }
  expect(await caught(client.schedules.create(body))).toMatchObject({ code: 'unreachable' })
  expect(await client.schedules.create(body, { idempotencyKey: 'k' })).toEqual({ id: 'y' })
})

test('all items of all pages, one after the other', async () => {
  await using s = await serve(
    json(200, { items: [{ id: 1 }, { id: 2 }], nextCursor: 'c' }),
    json(200, { items: [{ id: 3 }], nextCursor: null }),
  )
  const ids: unknown[] = []
  for await (const { id } of s.client().rules.listEach({ limit: 2 })) ids.push(id)
  expect(ids).toEqual([1, 2, 3])
  expect(s.seen.map(({ url }) => url)).toEqual([
    '/api/v1/rules?limit=2',
    '/api/v1/rules?limit=2&cursor=c',
  ])
})

test('a stream is handed out as it comes', async () => {
  await using s = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end('{"a":1}\n{"a":2}\n')
  })
  const response = await s.client().auditLog.export()
  expect((await response.text()).split('\n')).toHaveLength(3)
})

test("the caller's signal ends a call, and is not mistaken for an unreachable server", async () => {
  await using s = await serve(() => {})
  const stop = new AbortController()
  const call = s.client().rules.list({}, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
})

test('a file goes as it is, and says what it is; what a spreadsheet calls itself is CSV', async () => {
  await using api = await serve(json(200, {}))
  const client = api.client()
  await client.contacts.import(new Blob(['a;b\n1;2\n'], { type: 'text/tab-separated-values' }))
  await client.contacts.import(new Blob(['a\n1\n'], { type: 'application/vnd.ms-excel' }))
  await client.suppressions.import(new Blob(['channel,address\n']))
  expect(api.seen.map(({ headers, body }) => [headers['content-type'], body])).toEqual([
    ['text/tab-separated-values', 'a;b\n1;2\n'],
    ['text/csv', 'a\n1\n'],
    ['text/csv', 'channel,address\n'],
  ])
})
