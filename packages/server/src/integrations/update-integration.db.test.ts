/** PUT and PATCH of an integration over the real route: what is replaced, merged, kept, made anew and refused. */
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import type { TestReply } from '@carillon/testkit/test-api'
import { expect, test } from 'vitest'

const hook = { connector: 'webhook', name: 'hook', settings: { url: 'https://example.org/in' } }
const telegram = { connector: 'telegram', name: 'bot', secrets: { botToken: '123456:CANARY' } }

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json
const errorsOf = (reply: TestReply): unknown => bodyOf(reply)['errors']
const idOf = (reply: TestReply): string => String(bodyOf(reply)['id'])

const create = async (c: ConfigApi, body: object): Promise<string> => {
  const reply = await c.call('POST', '/integrations', body)
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return String(bodyOf(reply)['id'])
}

test('PUT replaces settings and PATCH merges them; secrets that are not named stay in both', async () => {
  await using c = await configApi()
  const id = await create(c, {
    ...hook,
    settings: { url: 'https://example.org/1', headers: { 'x-one': '1', 'x-two': '2' } },
    secrets: { authorization: 'Bearer abcdefgh' },
    limits: { rate: { n: 10, per: '1m' }, weight: 2 },
    breaker: { failures: 3, openFor: '10m' },
    onUnknown: 'hold',
  })
  const patched = await c.call('PATCH', `/integrations/${id}`, {
    settings: { headers: { 'x-one': null, 'x-three': '3' } },
    enabled: false,
  })
  expect(patched.body).toMatchObject({
    settings: { url: 'https://example.org/1', headers: { 'x-two': '2', 'x-three': '3' } },
    secretNames: ['authorization', 'signingSecret'],
    limits: { rate: { n: 10, per: '1m', burst: 1 }, weight: 2 },
    breaker: { failures: 3, openFor: '10m' },
    onUnknown: 'hold',
    enabled: false,
    version: 2,
  })
  const put = await c.call('PUT', `/integrations/${id}`, {
    ...hook,
    secrets: { authorization: null },
  })
  expect(put.body).toMatchObject({
    settings: hook.settings,
    secretNames: ['signingSecret'],
    limits: null,
    breaker: null,
    enabled: true,
    isDefault: true,
    onUnknown: 'resend',
    version: 3,
  })
  expect(bodyOf(put)['settings']).toEqual(hook.settings)
  expect(bodyOf(put)['generatedSecrets']).toBeUndefined()
})

test('limits and breaker are stored in the shape that the engine reads', async () => {
  await using c = await configApi()
  await create(c, {
    ...hook,
    limits: { rate: { n: 10, per: '1m' }, concurrency: 4 },
    breaker: { openFor: '10m' },
  })
  const { rows } = await c.db.owner.query('SELECT limits, breaker FROM integrations')
  expect(rows).toEqual([
    {
      limits: { rate: { n: 10, perMs: 60_000, burst: 1 }, concurrency: 4 },
      breaker: { openMs: 600_000 },
    },
  ])
})

test('a signing secret that is set to null is made anew and shown once', async () => {
  await using c = await configApi()
  const first = await c.call('POST', '/integrations', hook)
  const renewed = await c.call('PATCH', `/integrations/${idOf(first)}`, {
    secrets: { signingSecret: null },
  })
  expect(bodyOf(renewed)['generatedSecrets']).toEqual({
    signingSecret: expect.stringMatching(/^whsec_/),
  })
  expect(bodyOf(renewed)['generatedSecrets']).not.toEqual(bodyOf(first)['generatedSecrets'])
})

test('a required secret can not be removed, and the connector can not be changed', async () => {
  await using c = await configApi()
  const id = await create(c, telegram)
  const removed = await c.call('PATCH', `/integrations/${id}`, { secrets: { botToken: null } })
  expect(errorsOf(removed)).toEqual([
    {
      pointer: '/secrets/botToken',
      detail: expect.stringMatching(/^"botToken" is required: add it\. The token that @BotFather/),
    },
  ])
  const moved = await c.call('PUT', `/integrations/${id}`, hook)
  expect(errorsOf(moved)).toContainEqual({
    pointer: '/connector',
    detail: `Is "telegram" and can't be changed: make another integration.`,
  })
})

test('an integration whose secrets can not be opened can be switched off, and its secrets entered again', async () => {
  await using c = await configApi()
  const id = await create(c, telegram)
  await c.db.owner.query(`UPDATE integrations SET secrets = '\\x0104'::bytea || sha256('x')`)
  expect((await c.call('PATCH', `/integrations/${id}`, { enabled: false })).status).toBe(200)
  const settings = await c.call('PATCH', `/integrations/${id}`, { settings: { silent: true } })
  expect([settings.status, bodyOf(settings)['code']]).toEqual([409, 'conflict'])
  const entered = await c.call('PATCH', `/integrations/${id}`, { secrets: { botToken: '1:new' } })
  expect([entered.status, bodyOf(entered)['secretNames']]).toEqual([200, ['botToken']])
  expect(await testOf(c, id)).toMatchObject({ ok: false })
})

const testOf = async (c: ConfigApi, id: string): Promise<Json> => {
  const reply = await c.call('POST', `/integrations/${id}/test`)
  expect(reply.status).toBe(200)
  return bodyOf(reply)
}

test('a stored secret does not follow the integration to another server', async () => {
  await using c = await configApi()
  const made = await c.call('POST', '/integrations', {
    connector: 'telegram',
    name: 'chat',
    settings: {},
    secrets: { botToken: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11' },
  })
  const { id } = made.body as { readonly id: string }
  const settings = { baseUrl: 'https://mine.example.org' }
  expect(await c.call('PATCH', `/integrations/${id}`, { settings })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/secrets/botToken' }] },
  })
  const secrets = { botToken: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11' }
  expect(await c.call('PATCH', `/integrations/${id}`, { settings, secrets })).toMatchObject({
    status: 200,
  })
})
