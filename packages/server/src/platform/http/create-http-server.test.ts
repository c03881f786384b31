import { Type } from 'typebox'
import { Parse } from 'typebox/value'
import { afterEach, expect, test } from 'vitest'
import { request as sendRequest } from 'undici'
import { connect } from 'node:net'
import { once } from 'node:events'
import { appError } from '@carillon/domain/errors'
import { asId, parseId, printId } from '@carillon/domain/ids'
import { createSystemIdGenerator } from '../ids.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpServer, type HttpEdge } from './create-http-server.ts'
import type { HttpServer } from './fastify-types.ts'
import { principalOf, tenantOf, type Principal } from './principal.ts'

const tenantId = asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdef')
const keyId = asId('apiKey', '0199a5c2-7b1e-7def-8123-456789abcde0')
const principal: Principal = {
  kind: 'api_key',
  keyId,
  actor: printId('apiKey', keyId),
  tenantId,
  tenantSlug: 'default',
  platformAdmin: false,
  scopes: ['rules:read', 'events:*'],
}
const { tenantId: _tenant, ...homeless } = principal
const principals: Readonly<Record<string, Principal>> = {
  member: principal,
  admin: { ...principal, platformAdmin: true, scopes: [] },
  homeless,
}

const open: HttpEdge[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ server }) => server.close()))
})

const rule = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 20 }),
  enabled: Type.Optional(Type.Boolean()),
  retry: Type.Optional(Type.Object({ delays: Type.Array(Type.String()) })),
})

const addSampleRoutes = (server: HttpServer): void => {
  server.post(
    '/api/v1/rules',
    {
      config: { auth: { scope: 'events:write' } },
      schema: { body: rule, response: { 201: rule } },
    },
    (request, reply) => {
      reply.code(201)
      return request.body
    },
  )
  server.get(
    '/api/v1/rules',
    {
      config: { auth: { scope: 'rules:read' } },
      schema: {
        querystring: Type.Object({ limit: Type.Optional(Type.Integer({ maximum: 200 })) }),
      },
    },
    (request) => ({ limit: request.query.limit, tenant: tenantOf(request) }),
  )
  server.get('/api/v1/rules/:id', { config: { auth: { scope: 'rules:read' } } }, () => ({}))
  server.get('/api/v1/tenants', { config: { auth: { platform: true } } }, (request) => ({
    key: principalOf(request).actor,
  }))
  server.get('/broken', { config: { auth: { public: true } } }, () => {
    throw new Error('CANARY at src/secret.ts')
  })
  server.get('/away', { config: { auth: { public: true } } }, () => {
    throw new Error('ECONNREFUSED')
  })
  server.post('/big', { config: { auth: { public: true } }, bodyLimit: 4_000_000 }, () => ({}))
}

const start = async (readiness: () => Promise<void> = () => Promise.resolve()) => {
  const lines: string[] = []
  const metrics = createMetrics()
  const edge = await createHttpServer({
    log: createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } }),
    metrics,
    newId: createSystemIdGenerator(),
    version: '1.2.3',
    authenticate: (request) => {
      const found = principals[request.headers.authorization?.replace('Bearer ', '') ?? '']
      if (found === undefined) throw appError('unauthenticated', { detail: 'No such key.' })
      return Promise.resolve(found)
    },
    readiness: [{ name: 'database', check: readiness }],
    translateError: (error) =>
      error instanceof Error && error.message === 'ECONNREFUSED'
        ? appError('unavailable', { detail: 'The database is away.', retryAfterSeconds: 0.2 })
        : undefined,
  })
  open.push(edge)
  addSampleRoutes(edge.server)
  return { ...edge, metrics, lines }
}

const anyObject = Type.Record(Type.String(), Type.Unknown())
type Reply = {
  readonly statusCode: number
  readonly headers: Record<string, unknown>
  readonly body: string
}
const problemOf = (reply: Reply): Record<string, unknown> => {
  expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
  return Parse(anyObject, JSON.parse(reply.body))
}
const asMember = { authorization: 'Bearer member' }
const post = (server: HttpServer, payload: string, type = 'application/json') =>
  server.inject({
    method: 'POST',
    url: '/api/v1/rules',
    headers: { ...asMember, 'content-type': type },
    payload,
  })

test('a good request gets its answer, with the security headers', async () => {
  const { server } = await start()
  const reply = await post(server, '{"name":"x"}')
  expect([reply.statusCode, reply.body]).toEqual([201, '{"name":"x"}'])
  expect(reply.headers['content-security-policy']).toContain("default-src 'none'")
  expect(reply.headers['x-content-type-options']).toBe('nosniff')
})

test('a route without config.auth does not get registered', async () => {
  const { server } = await start()
  expect(() => server.get('/forgotten', () => 1)).toThrow(/GET \/forgotten has no config\.auth/)
  expect(() => server.get('/odd', { config: { auth: { scope: 'Everything' } } }, () => 1)).toThrow(
    /not of the form "things:read"/,
  )
})

test('a schema that can not be closed, or is not strict, does not get registered', async () => {
  const { server } = await start()
  const auth = { public: true } as const
  const both = Type.Intersect([rule, Type.Object({ more: Type.String() })])
  expect(() => server.post('/both', { config: { auth }, schema: { body: both } }, () => 1)).toThrow(
    /schema that can't be used/,
  )
  server.post(
    '/typo',
    { config: { auth }, schema: { body: { type: 'object', requird: [] } } },
    () => 1,
  )
  await expect(server.ready()).rejects.toThrow(/requird/)
})

test.each([
  ['nobody', 'GET', '/api/v1/rules', undefined, 401, 'unauthenticated'],
  ['a wrong key', 'GET', '/api/v1/rules', 'x', 401, 'unauthenticated'],
  ['a key without the scope', 'GET', '/api/v1/tenants', 'member', 403, 'forbidden'],
  ['a key without a tenant', 'GET', '/api/v1/rules', 'homeless', 404, 'not_found'],
  ['nobody, on a path that is not there', 'GET', '/nowhere', undefined, 404, 'not_found'],
  ['nobody, with a wrong method', 'DELETE', '/api/v1/rules', undefined, 405, 'method_not_allowed'],
] as const)('%s gets a problem: %s %s', async (_, method, url, key, status, code) => {
  const { server } = await start()
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const reply = await server.inject({ method, url, headers })
  const problem = problemOf(reply)
  expect([reply.statusCode, problem['status'], problem['code']]).toEqual([status, status, code])
  expect(problem['type']).toBe(`urn:carillon:error:${code}`)
  expect(parseId('request', String(problem['instance']))).toBeDefined()
})

test('401 says how to authenticate, 405 which methods there are', async () => {
  const { server } = await start()
  const anonymous = await server.inject('/api/v1/rules')
  expect(anonymous.headers['www-authenticate']).toBe('Bearer')
  const wrong = await server.inject({ method: 'PUT', url: '/api/v1/rules?x=1' })
  expect(wrong.headers['allow']).toBe('GET, HEAD, POST')
})

test('the scope and the platform right let through whom they should', async () => {
  const { server } = await start()
  const list = await server.inject({ url: '/api/v1/rules?limit=7', headers: asMember })
  expect(list.json()).toEqual({ limit: 7, tenant: tenantId })
  const admin = await server.inject({
    url: '/api/v1/tenants',
    headers: { authorization: 'Bearer admin' },
  })
  expect(admin.json()).toEqual({ key: printId('apiKey', keyId) })
  const head = await server.inject({ method: 'HEAD', url: '/api/v1/rules' })
  expect(head.statusCode).toBe(401)
})

test('all wrong fields are named, each with a pointer and a remedy', async () => {
  const { server } = await start()
  const body = { nmae: 'x', enabled: 'yes', retry: { delays: [5], dealys: 1 } }
  const problem = problemOf(await post(server, JSON.stringify(body)))
  expect(problem['code']).toBe('validation_failed')
  expect(problem['errors']).toEqual(
    expect.arrayContaining([
      { pointer: '/nmae', detail: 'Unknown field "nmae": did you mean "name"?' },
      { pointer: '/name', detail: '"name" is required: add it.' },
      { pointer: '/enabled', detail: 'Must be a boolean.' },
      { pointer: '/retry/dealys', detail: 'Unknown field "dealys": did you mean "delays"?' },
      { pointer: '/retry/delays/0', detail: 'Must be a string.' },
    ]),
  )
})

test('nothing is coerced in bodies, and an unknown query parameter is refused', async () => {
  const { server } = await start()
  expect((await post(server, '{"name":5}')).statusCode).toBe(400)
  const list = await server.inject({ url: '/api/v1/rules?limti=7', headers: asMember })
  expect(problemOf(list)['errors']).toEqual([
    { pointer: '?limti', detail: 'Unknown field "limti": did you mean "limit"?' },
  ])
  const one = await server.inject({ url: '/api/v1/rules/x?verbose=1', headers: asMember })
  expect(one.statusCode).toBe(400)
})

test.each([
  ['broken JSON', '{"name":', 400, 'malformed_json'],
  ['no body', '', 400, 'validation_failed'],
  [
    'a key that reaches the prototype',
    '{"name":"x","__proto__":{"a":1}}',
    400,
    'validation_failed',
  ],
  ['a constructor', '{"name":"x","constructor":{"prototype":{"a":1}}}', 400, 'validation_failed'],
  ['a NUL', '{"name":"a\\u0000b"}', 400, 'validation_failed'],
  ['half a surrogate pair', '{"name":"a\\uD800b"}', 400, 'validation_failed'],
  ['endless nesting', '['.repeat(100_000) + ']'.repeat(100_000), 400, 'validation_failed'],
  ['a number beyond all', '{"name":1e400}', 400, 'validation_failed'],
  ['an array', '[]', 400, 'validation_failed'],
  ['null', 'null', 400, 'validation_failed'],
])('a body with %s is refused', async (_, payload, status, code) => {
  const { server } = await start()
  const reply = await post(server, payload)
  const problem = problemOf(reply)
  expect([reply.statusCode, problem['code']]).toEqual([status, code])
})

test('a body that is not UTF-8 is refused', async () => {
  const { server } = await start()
  const reply = await server.inject({
    method: 'POST',
    url: '/api/v1/rules',
    headers: { ...asMember, 'content-type': 'application/json' },
    payload: Buffer.from([0x22, 0xff, 0x22]),
  })
  expect(problemOf(reply)['detail']).toContain('not UTF-8')
})

test.each([
  'text/plain',
  'application/json\tx',
  'application/jsonx',
  'application/json garbage',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'json',
  ';application/json',
])('the content type %j is not understood', async (type) => {
  const { server } = await start()
  const reply = await post(server, '{"name":"x"}', type)
  expect([reply.statusCode, problemOf(reply)['code']]).toEqual([415, 'unsupported_media_type'])
})

test.each([
  'APPLICATION/JSON',
  'application/json ; charset=utf-8',
  'application/json;',
  'application/cloudevents+json',
])('the content type %j is understood', async (type) => {
  const { server } = await start()
  expect((await post(server, '{"name":"x"}', type)).statusCode).toBe(201)
})

test('a body of 10 MB gets a 413 that names the limit, over a real connection', async () => {
  const { server } = await start()
  const address = await server.listen({ port: 0, host: '127.0.0.1' })
  for (const [path, limit] of [
    ['/api/v1/rules', '1 MB'],
    ['/big', '3.8 MB'],
  ] as const) {
    const reply = await sendRequest(`${address}${path}`, {
      method: 'POST',
      headers: { ...asMember, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x'.repeat(10_000_000) }),
    })
    const problem = Parse(anyObject, await reply.body.json())
    expect([reply.statusCode, problem['code']]).toEqual([413, 'body_too_large'])
    expect(problem['detail']).toContain(limit)
    // A closed connection would reach some clients as a reset, before the answer.
    expect(reply.headers['connection']).not.toBe('close')
  }
})

test('what is not HTTP gets a problem and a closed connection', async () => {
  const { server } = await start()
  await server.listen({ port: 0, host: '127.0.0.1' })
  const address = server.server.address()
  const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'close')
  expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 .*problem\+json/s)
})

test('a fault of ours shows an id and nothing else; the log has both', async () => {
  const { server, lines } = await start()
  const reply = await server.inject('/broken')
  const problem = problemOf(reply)
  expect([reply.statusCode, problem['code']]).toEqual([500, 'internal'])
  expect(reply.body).not.toMatch(/CANARY|secret\.ts|stack/)
  expect(lines.join('')).toContain(String(problem['instance']))
  expect(lines.join('')).toContain('CANARY')
})

test('an error that the composition root knows is translated, and is no fault', async () => {
  const { server, lines } = await start()
  const reply = await server.inject('/away')
  expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '1'])
  expect(lines).toEqual([])
})

test.each(['/api/v1/rules/%zz', '/%ff', '/api/v1/rules/a%00b', `/api/v1/rules/${'x'.repeat(500)}`])(
  'the path %s is a 404',
  async (url) => {
    const { server } = await start()
    const reply = await server.inject({ url, headers: asMember })
    expect([reply.statusCode, problemOf(reply)['code']]).toEqual([404, 'not_found'])
  },
)

test('a NUL in the query is refused by name', async () => {
  const { server } = await start()
  const reply = await server.inject({ url: '/api/v1/rules?limit=%00', headers: asMember })
  expect(problemOf(reply)['errors']).toMatchObject([{ pointer: '?limit' }])
})

test('while stopping, everything but the probes gets 503 with Retry-After, and ready says no', async () => {
  const { server, drain } = await start()
  drain()
  const reply = await server.inject({ url: '/api/v1/rules', headers: asMember })
  expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '5'])
  expect(problemOf(reply)['code']).toBe('unavailable')
  expect((await server.inject('/health/live')).statusCode).toBe(200)
  expect((await server.inject('/health/ready')).statusCode).toBe(503)
})

test('ready when all checks are, and not ready names the failing one without its reason', async () => {
  const well = await start()
  expect((await well.server.inject('/health/ready')).json()).toEqual({
    status: 'ready',
    checks: ['database'],
  })
  const ill = await start(() =>
    Promise.reject(new Error('password authentication failed for CANARY')),
  )
  const reply = await ill.server.inject('/health/ready')
  expect([reply.statusCode, problemOf(reply)['detail']]).toEqual([503, 'Not ready: database.'])
  expect(reply.body).not.toContain('CANARY')
  expect(ill.lines.join('')).toContain('CANARY')
})

test('requests are measured by route pattern, not by path', async () => {
  const { server } = await start()
  await server.inject({ url: '/api/v1/rules/rul_1', headers: asMember })
  await server.inject('/nowhere/at/all')
  const text = (await server.inject('/metrics')).body
  expect(text).toContain('_count{method="GET",route="/api/v1/rules/:id",status="200"} 1')
  expect(text).toContain('_count{method="GET",route="none",status="404"} 1')
})

test('requests that go well leave no line in the log', async () => {
  const { server, lines } = await start()
  await post(server, '{"name":"x"}')
  await server.inject('/nowhere')
  expect(lines).toEqual([])
})
