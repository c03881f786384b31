import { Type } from 'typebox'
import { Parse } from 'typebox/value'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appError } from '@carillon/domain/errors'
import { createSystemIdGenerator } from '../ids.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './fastify-types.ts'
import { hashRequest, parseIdempotencyKey } from './idempotency-key.ts'
import { decodeCursor, encodeCursor, limitOf, listQuery, toPage } from './paging.ts'
import { requireId } from './path-id.ts'
import { problemSchema } from './problem.ts'

/**
 * T-A3 for the edge: sample routes of every shape (nested bodies, unions, lists, ids in paths, idempotency keys) against
 * hostile requests. Nothing may be a 5xx, every refusal is a problem document, nothing leaks, nothing gets poisoned.
 */
const runs = { numRuns: 300 }

const action = Type.Union([
  Type.Object({
    type: Type.Literal('notify'),
    route: Type.Array(Type.Object({ to: Type.String() }), { maxItems: 9 }),
  }),
  Type.Object({
    type: Type.Literal('publish'),
    subscriptionId: Type.String({ pattern: '^[A-Za-z_]+$' }),
  }),
])
const sampleRule = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  at: Type.Optional(Type.String({ format: 'date-time' })),
  filter: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  retry: Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: 10 }), Type.Null()])),
  action,
})
const auth = { public: true } as const
const sampleKeyset = Type.Tuple([Type.Number(), Type.String({ format: 'uuid' })])

const addSampleRoutes = (server: HttpServer): void => {
  server.post('/rules', { config: { auth }, schema: { body: sampleRule } }, (request) => {
    parseIdempotencyKey(request.headers['idempotency-key'])
    hashRequest({ method: request.method, url: request.url, rawBody: request.rawBody })
    return { name: request.body.name, type: request.body.action.type }
  })
  server.post(
    '/events',
    {
      config: { auth },
      schema: { body: Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 1_000 }) },
    },
    (request) => ({ accepted: request.body.length, json: JSON.stringify(request.body).length }),
  )
  server.get(
    '/rules/:id',
    { config: { auth }, schema: { params: Type.Object({ id: Type.String() }) } },
    (request) => ({ id: requireId('rule', request.params.id) }),
  )
  server.get(
    '/rules',
    {
      config: { auth },
      schema: {
        querystring: Type.Object({ ...listQuery, enabled: Type.Optional(Type.Boolean()) }),
      },
    },
    (request) => {
      const limit = limitOf(request.query)
      const rows = [decodeCursor(request.query.cursor, sampleKeyset)]
      return toPage(rows, { limit, toItem: (row) => row, keysetOf: (row) => row ?? [] })
    },
  )
  server.delete('/rules/:id', { config: { auth } }, () => ({}))
  server.get('/guarded', { config: { auth: { scope: 'rules:read' } } }, () => ({}))
}

const edge: { server?: HttpServer } = {}
beforeAll(async () => {
  const { server } = await createHttpServer({
    log: createLog({ level: 'silent' }),
    metrics: createMetrics(),
    newId: createSystemIdGenerator(),
    version: '1',
    authenticate: () => Promise.reject(appError('unauthenticated', { detail: 'No such key.' })),
    readiness: [],
  })
  addSampleRoutes(server)
  edge.server = server
  await server.ready()
})
afterAll(() => edge.server?.close())

type Sent = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: string
  readonly headers?: Record<string, string>
  readonly payload?: string | Buffer
}

const send = async (request: Sent): Promise<number> => {
  if (edge.server === undefined) throw new Error('the server has not started')
  const keysBefore = Object.getOwnPropertyNames(Object.prototype).length
  const startedMs = performance.now()
  const reply = await edge.server.inject(request)
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(keysBefore)
  expect(reply.body).not.toMatch(/node_modules|\n\s+at |\.ts:\d/)
  const problem = reply.statusCode < 400 ? undefined : Parse(problemSchema, reply.json())
  expect(problem?.status ?? reply.statusCode).toBe(reply.statusCode)
  expect(reply.headers['content-type']).toContain(
    problem === undefined ? 'json' : 'application/problem+json',
  )
  return reply.statusCode
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    '\0',
    '\ud800',
    'a\udfffb',
    '=1+1',
    '{{7*7}}',
    '$ne',
    '../..',
  ),
  fc.constant('x'.repeat(10_000)),
)
const hostileNumber = fc.constantFrom(
  '1e400',
  '-1e400',
  '1e-400',
  '-0',
  '9007199254740993',
  '1e308',
  '01',
  '.5',
  'NaN',
)

/** JSON text with duplicate keys, dangerous names, odd numbers and escapes, mostly well-formed. */
const hostileJson = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', '""', '"\\u0000"', '"\\ud800"', '{}', '[]'),
    hostileNumber,
    hostileText.map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(hostileText, tie('value')), { maxLength: 4 })
      .map(
        (pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`,
      ),
  ),
})).value

/** A good rule with one part replaced by something hostile: gets past the outer checks and into the inner ones. */
const nearlyGoodRule = fc
  .tuple(fc.constantFrom('"NAME"', '"FILTER"', '"ACTION"', '"RETRY"', '"AT"', '"TO"'), hostileJson)
  .map(([part, json]) =>
    '{"name":"NAME","at":"AT","filter":{"a":"FILTER"},"retry":"RETRY","action":{"type":"notify","route":[{"to":"TO"}]}}'
      .replace(part, json)
      .replace('"AT"', '"2026-11-22T10:00:00Z"')
      .replace('"RETRY"', '3'),
  )

const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'application/json\t',
    'APPLICATION/JSON;charset=UTF-16',
    'application/json;;;',
    'application/json ,text/plain',
    'text/plain',
    'multipart/form-data; boundary=--x',
    'application/cloudevents-batch+json',
    'application/x-www-form-urlencoded',
    '/',
    'a'.repeat(5_000),
  ),
)
const payload = fc.oneof(
  hostileJson,
  nearlyGoodRule,
  hostileText,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.constant('{"files":[{"path":"/etc/passwd"}]}'),
  fc.constant('{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)),
)

test.each(['/rules', '/events'])('hostile bodies for POST %s', async (url) => {
  await fc.assert(
    fc.asyncProperty(payload, contentType, fc.option(hostileText), async (payload, type, key) => {
      const idempotency =
        key === null || !/^[\t\x20-\x7e]*$/.test(key) ? {} : { 'idempotency-key': key }
      const status = await send({
        method: 'POST',
        url,
        headers: { 'content-type': type, ...idempotency },
        payload,
      })
      expect(status).toBeLessThan(500)
    }),
    runs,
  )
})

test('hostile ids in paths, for every method', async () => {
  const id = fc.oneof(
    hostileText.map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom(
      '%00',
      '%',
      '%zz',
      '%ff%fe',
      '..%2f..',
      'rul_',
      `rul_8${'0'.repeat(25)}`,
      '%E2%80%AE',
      ';a=b',
    ),
    fc.stringMatching(/^rul_[0-9a-z]{26}$/),
  )
  const method = fc.constantFrom('GET' as const, 'POST' as const, 'DELETE' as const)
  await fc.assert(
    fc.asyncProperty(id, method, async (id, method) => {
      expect(await send({ method, url: `/rules/${id}` })).toBeLessThan(500)
      expect(await send({ method, url: `/${id}` })).toBeLessThan(500)
    }),
    runs,
  )
})

test('hostile queries and cursors', async () => {
  const name = fc.oneof(
    fc.constantFrom('limit', 'cursor', 'enabled', '__proto__', 'constructor', 'a[b]', ''),
    hostileText,
  )
  const value = fc.oneof(
    hostileText,
    fc.constantFrom('0', '201', '1e3', '-1', 'NaN', 'true', ' 5 ', '0x10', '50'),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc.tuple(fc.double(), fc.uuid()).map(encodeCursor),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 5 }), async (pairs) => {
      const query = pairs.map((pair) =>
        pair.map((text) => encodeURIComponent(text.toWellFormed())).join('='),
      )
      expect(await send({ method: 'GET', url: `/rules?${query.join('&')}` })).toBeLessThan(500)
    }),
    runs,
  )
})

test('a guarded route stays shut, whatever the headers', async () => {
  const header = fc.stringMatching(/^[\x20-\x7e]{0,60}$/)
  await fc.assert(
    fc.asyncProperty(header, header, async (authorization, tenant) => {
      const status = await send({
        method: 'GET',
        url: '/guarded',
        headers: { authorization, 'carillon-tenant': tenant },
      })
      expect(status).toBe(401)
    }),
    runs,
  )
})

test('the sample routes do take what is good', async () => {
  const json = { 'content-type': 'application/json' }
  const payload = '{"name":"n","retry":null,"action":{"type":"publish","subscriptionId":"Ops"}}'
  expect(await send({ method: 'POST', url: '/rules', headers: json, payload })).toBe(200)
  expect(await send({ method: 'POST', url: '/events', headers: json, payload: '[{"a":1}]' })).toBe(
    200,
  )
  const cursor = encodeCursor([1, '0199a5c2-7b1e-7def-8123-456789abcdef'])
  expect(await send({ method: 'GET', url: `/rules?limit=5&enabled=true&cursor=${cursor}` })).toBe(
    200,
  )
  expect(await send({ method: 'GET', url: '/rules/rul_06cq2r4yry7qfr28t5cy4tqkff' })).toBe(200)
})
