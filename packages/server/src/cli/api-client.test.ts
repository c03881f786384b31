import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { startHttpSink, type SinkAnswer } from '@carillon/testkit/http-sink'
import { createApiClient, type ApiTarget } from './api-client.ts'

const schema = Type.Object({ n: Type.Integer() })
const path = '/api/v1/things'
const get = { method: 'GET', path: '/things' } as const

const problem = (status: number, fields: Record<string, unknown>): SinkAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ code: 'x', detail: 'What is wrong.', ...fields }),
})

const clientOf = (url: string, target: Partial<ApiTarget> = {}) => {
  const waited: number[] = []
  const warned: string[] = []
  const api = createApiClient({
    url,
    apiKey: 'key-1',
    keySource: 'CARILLON_API_KEY',
    warn: (line) => void warned.push(line),
    pause: async (ms) => void waited.push(ms),
    ...target,
  })
  return { api, waited, warned }
}

const messageOf = async (answer: SinkAnswer): Promise<{ kind: string; message: string }> => {
  await using sink = await startHttpSink(() => answer)
  const { api } = clientOf(sink.url)
  await using _closed = api
  const result = await api.call(get, schema)
  if (result.ok) throw new Error('succeeded')
  return { ...result.failure, message: result.failure.message.replaceAll(sink.url, 'URL') }
}

test('a call carries the key, the tenant, the body and the idempotency key', async () => {
  await using sink = await startHttpSink(() => ({ status: 201, body: '{"n":1,"more":2}' }))
  await using api = clientOf(`${sink.url}/base`, { tenant: 'acme' }).api
  const answer = await api.call(
    { method: 'POST', path: '/things', body: '{"a":1}', idempotencyKey: 'req_1' },
    schema,
  )
  expect(answer).toEqual({ ok: true, body: { n: 1, more: 2 } })
  const [request] = sink.requests
  expect(request).toMatchObject({
    method: 'POST',
    path: '/base/api/v1/things',
    body: '{"a":1}',
    headers: {
      authorization: 'Bearer key-1',
      'carillon-tenant': 'acme',
      'content-type': 'application/json',
      'idempotency-key': 'req_1',
    },
  })
})

test('a server that is not ready is asked again after the time it names, and the operator is told', async () => {
  await using sink = await startHttpSink()
  const notReady = problem(503, {})
  sink.answer(path, { ...notReady, headers: { 'retry-after': '7' } }, notReady, {
    status: 200,
    body: '{"n":3}',
  })
  const { api, waited, warned } = clientOf(sink.url)
  await using _closed = api
  expect(await api.call(get, schema)).toEqual({ ok: true, body: { n: 3 } })
  expect(waited).toEqual([7_000, 2_000])
  expect(warned[0]).toBe(`${sink.url} is not ready (503); trying again in 7 s`)
})

test('a server that stays away is given up after five attempts, with a sentence that names CARILLON_URL', async () => {
  const sink = await startHttpSink()
  await sink.close()
  const { api, waited } = clientOf(sink.url)
  await using _closed = api
  const answer = await api.call(get, schema)
  expect(waited).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(answer).toMatchObject({ ok: false, failure: { kind: 'failed' } })
  expect(answer.ok ? '' : answer.failure.message).toMatch(
    /ECONNREFUSED.*carillon serve.*CARILLON_URL/,
  )
})

test('a server that comes up while we wait is reached', async () => {
  await using sink = await startHttpSink(() => ({ body: '{"n":1}' }))
  sink.answer(path, problem(503, {}))
  const { api } = clientOf(sink.url, {
    pause: async () => sink.answer(path, { body: '{"n":9}' }),
  })
  await using _closed = api
  expect(await api.call(get, schema)).toEqual({ ok: true, body: { n: 9 } })
})

test('a wait of an hour is not waited out', async () => {
  await using sink = await startHttpSink(() => ({
    ...problem(429, { remedy: 'Wait.' }),
    headers: { 'retry-after': '3600' },
  }))
  const { api, waited } = clientOf(sink.url)
  await using _closed = api
  expect(await api.call(get, schema)).toMatchObject({ ok: false, failure: { kind: 'failed' } })
  expect([waited, sink.requests.length]).toEqual([[], 1])
})

test.each([
  [
    'a wrong key',
    problem(401, {}),
    'failed',
    /API key from CARILLON_API_KEY.*Set CARILLON_API_KEY/,
  ],
  ['a bug of the server', problem(500, { instance: 'req_9' }), 'failed', /answered 500.*req_9/],
  [
    'a wrong field',
    problem(400, { remedy: 'R.', errors: [{ pointer: '/a', detail: 'Must be b.' }] }),
    'refused',
    /^\/a: Must be b\.$/,
  ],
  ['a conflict', problem(409, { remedy: 'Decide.' }), 'refused', /^What is wrong\. Decide\.$/],
  [
    'a remedy about the document',
    problem(409, { remedy: 'Read `detail`.' }),
    'refused',
    /^What is wrong\.$/,
  ],
  ['an unknown tenant', problem(404, {}), 'missing', /^What is wrong\.$/],
  [
    'a page of a proxy',
    { status: 502, headers: { 'content-type': 'text/html' } },
    'failed',
    /502 \(text\/html\).*not Carillon's API/,
  ],
  [
    'a redirect',
    { status: 308, headers: { location: 'https://other.example/' } },
    'failed',
    /redirects to https:\/\/other\.example\/: set CARILLON_URL/,
  ],
  ['another API', { body: '{"hello":"world"}' }, 'failed', /form that this version does not know/],
  ['a success that is no JSON', { body: 'ok' }, 'failed', /form that this version does not know/],
  ['a hostile text', problem(404, { detail: 'a\u001b[2Jb' }), 'missing', /^a \[2Jb$/],
] as const)('%s becomes a sentence', async (_name, answer, kind, message) => {
  const failure = await messageOf(answer)
  expect(failure.kind).toBe(kind)
  expect(failure.message).toMatch(message)
})
