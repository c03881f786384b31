import { Type } from 'typebox'
import { Parse } from 'typebox/value'
import { afterEach, expect, test } from 'vitest'
import { createSystemIdGenerator } from '../ids.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { apiDocumentPath, operationIdOf } from './api-document.ts'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './fastify-types.ts'

const open: HttpServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

const start = async (): Promise<HttpServer> => {
  const { server } = await createHttpServer({
    log: createLog({ level: 'silent' }),
    metrics: createMetrics(),
    newId: createSystemIdGenerator(),
    version: '1.2.3',
    publicUrl: 'https://notify.example.org',
    authenticate: () => Promise.reject(new Error('not used')),
    readiness: [],
  })
  open.push(server)
  return server
}

const documentSchema = Type.Object({
  openapi: Type.String(),
  info: Type.Object({ title: Type.String(), version: Type.String() }),
  servers: Type.Array(Type.Object({ url: Type.String() })),
  paths: Type.Record(
    Type.String(),
    Type.Record(
      Type.String(),
      Type.Object({
        operationId: Type.String(),
        security: Type.Array(Type.Unknown()),
        description: Type.Optional(Type.String()),
        responses: Type.Record(Type.String(), Type.Unknown()),
        requestBody: Type.Optional(Type.Unknown()),
      }),
    ),
  ),
})

test('the document describes the routes: auth, closed bodies, problems, operation ids', async () => {
  const server = await start()
  server.post(
    '/api/v1/rules',
    {
      config: { auth: { scope: 'rules:write' } },
      schema: { description: 'Makes a rule.', body: Type.Object({ name: Type.String() }) },
    },
    () => ({}),
  )
  const document = Parse(documentSchema, (await server.inject(apiDocumentPath)).json())
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Carillon', version: '1.2.3' },
    servers: [{ url: 'https://notify.example.org' }],
  })
  const operation = document.paths['/api/v1/rules']?.['post']
  expect(operation).toMatchObject({
    operationId: 'postRules',
    security: [{ apiKey: [] }, { session: [] }],
    description: 'Makes a rule. Needs the scope `rules:write`.',
  })
  expect(operation?.responses['default']).toEqual({ $ref: '#/components/responses/Problem' })
  expect(JSON.stringify(operation?.requestBody)).toContain('"additionalProperties":false')
})

test('the browser of the document works under a policy without unsafe-inline', async () => {
  const server = await start()
  const page = await server.inject('/api/docs')
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-security-policy']).toContain("script-src 'self'")
  expect(page.headers['content-security-policy']).not.toContain('unsafe-inline')
  expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)/)
  expect((await server.inject('/api/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200)
})

test('over https browsers are told to stay there', async () => {
  const server = await start()
  expect((await server.inject('/health/live')).headers['strict-transport-security']).toBe(
    'max-age=31536000',
  )
})

test.each([
  ['GET', '/api/v1/rules', 'getRules'],
  ['GET', '/api/v1/rules/:id', 'getRulesById'],
  ['POST', '/api/v1/integrations/:id/circuit/close', 'postIntegrationsByIdCircuitClose'],
  ['DELETE', '/api/v1/api-keys/:id', 'deleteApiKeysById'],
  ['GET', '/health/live', 'getHealthLive'],
])('%s %s is called %s', (method, url, name) => {
  expect(operationIdOf(method, url)).toBe(name)
})
