/** The integrations' API over real routes, roles and rows: what it makes, what it refuses, and that secrets stay inside. */
import { connectors } from '@carillon/connectors/registry.gen'
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import { startHttpSink } from '@carillon/testkit/http-sink'
import type { TestReply } from '@carillon/testkit/test-api'
import { expect, test } from 'vitest'

const canary = 'whsec_Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZ'
const hook = { connector: 'webhook', name: 'hook', settings: { url: 'https://example.org/in' } }
const telegram = { connector: 'telegram', name: 'bot', secrets: { botToken: '123456:CANARY' } }

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json
const idOf = (reply: TestReply): string => String(bodyOf(reply)['id'])

const create = async (c: ConfigApi, body: object): Promise<string> => {
  const reply = await c.call('POST', '/integrations', body)
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return idOf(reply)
}

test('the connectors are listed with the schemas that forms are made of', async () => {
  await using c = await configApi()
  const reply = await c.call('GET', '/connectors')
  const items = bodyOf(reply)['items'] as Json[]
  // A new connector must not have to be written down here, too.
  expect(items.map(({ id }) => id)).toEqual(Object.keys(connectors).toSorted())
  expect(items.map(({ id }) => id)).toContain('webhook')
  expect(items.find(({ id }) => id === 'webhook')).toMatchObject({
    channel: 'webhook',
    kinds: ['sender'],
    settings: { type: 'object', properties: { url: { type: 'string' } } },
    secrets: { properties: { signingSecret: { type: 'string' } } },
    generatesSecrets: true,
    canVerify: true,
  })
})

test('an integration whose provider tells receipts has the URL that the provider calls', async () => {
  await using c = await configApi()
  const example = connectors.twilio.examples[0]
  const made = await c.call('POST', '/integrations', {
    connector: 'twilio',
    name: 'SMS',
    settings: example?.settings,
    secrets: example?.secrets,
  })
  const id = String(bodyOf(made)['id'])
  expect(await c.call('GET', `/integrations/${id}`)).toMatchObject({
    status: 200,
    body: { connector: 'twilio', hookUrl: `/hooks/${id}` },
  })
})

test('a new integration is the default of its channel, healthy, and shows its made secret once', async () => {
  await using c = await configApi()
  const made = await c.call('POST', '/integrations', hook)
  expect(made.status).toBe(201)
  expect(made.body).toEqual({
    id: expect.stringMatching(/^int_/),
    ...hook,
    channel: 'webhook',
    secretNames: ['signingSecret'],
    limits: null,
    breaker: null,
    enabled: true,
    isDefault: true,
    onUnknown: 'resend',
    hookUrl: null,
    version: 1,
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
    health: {
      breaker: { state: 'closed', failures: 0, openUntil: null, reason: null },
      lastError: null,
      lastErrorAt: null,
      pausedUntil: null,
    },
    generatedSecrets: { signingSecret: expect.stringMatching(/^whsec_/) },
  })
  const { generatedSecrets: _, ...rest } = bodyOf(made)
  expect((await c.call('GET', `/integrations/${idOf(made)}`)).body).toEqual(rest)
})

test('what the sealed column holds opens only at its own place', async () => {
  await using c = await configApi()
  await create(c, { ...hook, secrets: { signingSecret: canary } })
  const { rows } = await c.db.owner.query<{ id: string; secrets: Buffer }>(
    'SELECT id, secrets FROM integrations',
  )
  const [row] = rows
  const place = { tenantId: c.tenantId, table: 'integrations', column: 'secrets' }
  const sealed = row?.secrets ?? Buffer.alloc(0)
  expect(c.keyring.open(sealed, { ...place, rowId: row?.id ?? '' })).toEqual({
    ok: true,
    plaintextJson: JSON.stringify({ signingSecret: canary }),
  })
  expect(c.keyring.open(sealed, { ...place, rowId: c.tenantId }).ok).toBe(false)
})

test('secrets are in no answer, in no row and in no error', async () => {
  await using c = await configApi()
  const replies = [
    await c.call(
      'POST',
      '/integrations',
      { ...hook, secrets: { signingSecret: canary } },
      { 'idempotency-key': 'k' },
    ),
    await c.call('POST', '/integrations', telegram),
    await c.call('GET', '/integrations'),
    await c.call('POST', '/integrations', {
      ...hook,
      settings: { url: 1 },
      secrets: { signingSecret: `${canary}!` },
    }),
    await c.call('POST', '/integrations', {
      ...hook,
      secrets: { signingSecret: canary, authorization: 'CANARY\n' },
    }),
  ]
  const id = idOf(replies[0] ?? { status: 0, body: {}, headers: {} })
  replies.push(
    await c.call('PUT', `/integrations/${id}`, { ...hook, secrets: { signingSecret: canary } }),
  )
  replies.push(await c.call('PATCH', `/integrations/${id}`, { name: 'x' }))
  replies.push(await c.call('GET', `/integrations/${id}`))
  expect(JSON.stringify(replies)).not.toMatch(/CANARY|Q0FOQVJZ/)
  for (const table of ['integrations', 'idempotency_keys']) {
    const { rows } = await c.db.owner.query<{ row: string }>(
      `SELECT t::text AS row FROM ${table} t`,
    )
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toMatch(/CANARY|Q0FOQVJZ/)
  }
})

test('a repeated request makes one integration, and its second answer has no secret', async () => {
  await using c = await configApi()
  const key = { 'idempotency-key': 'once' }
  const first = await c.call('POST', '/integrations', hook, key)
  const second = await c.call('POST', '/integrations', hook, key)
  expect(bodyOf(first)['generatedSecrets']).toBeDefined()
  const { generatedSecrets: _, ...rest } = bodyOf(first)
  expect([second.status, second.body]).toEqual([201, rest])
  const { rows } = await c.db.owner.query('SELECT response::text FROM idempotency_keys')
  expect(JSON.stringify(rows)).not.toContain('whsec_')
  expect(await itemsOf(c)).toHaveLength(1)
})

const itemsOf = async (c: ConfigApi, query = ''): Promise<Json[]> =>
  bodyOf(await c.call('GET', `/integrations${query}`))['items'] as Json[]

test('isDefault moves the default, and a channel has one however many change it at once', async () => {
  await using c = await configApi()
  const first = await create(c, hook)
  const second = await create(c, { ...hook, isDefault: true })
  const defaults = async () =>
    (await itemsOf(c)).filter((item) => item['isDefault']).map(({ id }) => id)
  expect(await defaults()).toEqual([second])
  await c.call('PATCH', `/integrations/${first}`, { isDefault: true })
  expect(await defaults()).toEqual([first])
  const made = await Promise.all(
    Array.from({ length: 6 }, () =>
      c.call('POST', '/integrations', { ...telegram, isDefault: true }),
    ),
  )
  const moved = await Promise.all(
    made.map((reply) => c.call('PATCH', `/integrations/${idOf(reply)}`, { isDefault: true })),
  )
  expect([...made, ...moved].map(({ status }) => status)).toEqual([
    ...made.map(() => 201),
    ...made.map(() => 200),
  ])
  expect(await itemsOf(c, '?channel=telegram')).toHaveLength(6)
  expect(await defaults()).toHaveLength(2)
})

test('of several first ones at once exactly one becomes the default', async () => {
  await using c = await configApi()
  const made = await Promise.all(
    Array.from({ length: 6 }, () => c.call('POST', '/integrations', telegram)),
  )
  expect(made.filter((reply) => bodyOf(reply)['isDefault'] === true)).toHaveLength(1)
})

test('the list is filtered and paged, oldest first', async () => {
  await using c = await configApi()
  const ids = [
    await create(c, hook),
    await create(c, telegram),
    await create(c, { ...hook, enabled: false }),
  ]
  expect((await itemsOf(c)).map(({ id }) => id)).toEqual(ids)
  expect((await itemsOf(c, '?connector=webhook&enabled=true')).map(({ id }) => id)).toEqual([
    ids[0],
  ])
  expect((await itemsOf(c, '?channel=telegram')).map(({ id }) => id)).toEqual([ids[1]])
  const first = await c.call('GET', '/integrations?limit=2')
  const rest = await c.call(
    'GET',
    `/integrations?limit=2&cursor=${String(bodyOf(first)['nextCursor'])}`,
  )
  expect((bodyOf(rest)['items'] as Json[]).map(({ id }) => id)).toEqual([ids[2]])
  expect(bodyOf(rest)['nextCursor']).toBeNull()
  expect((await c.call('GET', '/integrations?cursor=x')).status).toBe(400)
})

test("another tenant's integration, a deleted one and a malformed id are the same 404", async () => {
  await using c = await configApi()
  const id = await create(c, hook)
  const strange = await c.callAsStranger('GET', `/integrations/${id}`)
  const malformed = await c.call('GET', '/integrations/int_x')
  const detail = (reply: TestReply) => [reply.status, bodyOf(reply)['detail']]
  expect(strange.status).toBe(404)
  expect(detail(malformed)).toEqual(detail(strange))
  for (const [method, path, body] of [
    ['PUT', '', hook],
    ['PATCH', '', {}],
    ['DELETE', '', undefined],
    ['POST', '/test', undefined],
    ['POST', '/send-test', { to: 'x' }],
    ['POST', '/circuit/close', undefined],
  ] as const) {
    expect((await c.callAsStranger(method, `/integrations/${id}${path}`, body)).status).toBe(404)
  }
  expect((await c.call('DELETE', `/integrations/${id}`)).status).toBe(204)
  expect(detail(await c.call('GET', `/integrations/${id}`))).toEqual(detail(strange))
  expect(await itemsOf(c)).toEqual([])
  const { rows } = await c.db.owner.query(
    'SELECT secrets, secret_names, is_default FROM integrations',
  )
  expect(rows).toEqual([{ secrets: null, secret_names: [], is_default: false }])
})

test('an integration that a rule sends through is not deleted, and the rule is named', async () => {
  await using c = await configApi()
  const id = await create(c, hook)
  const action = { type: 'notify', route: [{ integration: id }] }
  const rule = await c.call('POST', '/rules', { name: 'orders', eventType: '*', action })
  const refused = await c.call('DELETE', `/integrations/${id}`)
  expect([refused.status, bodyOf(refused)['code']]).toEqual([409, 'conflict'])
  expect(bodyOf(refused)['detail']).toContain(`"orders" (${idOf(rule)})`)
  await c.call('DELETE', `/rules/${idOf(rule)}`)
  expect((await c.call('DELETE', `/integrations/${id}`)).status).toBe(204)
})

test('a rule and the deletion of its integration at the same moment: one of the two is refused', async () => {
  await using c = await configApi()
  const rounds = Array.from({ length: 5 }, async () => {
    const id = await create(c, hook)
    const action = { type: 'notify', route: [{ integration: id }] }
    const [rule, deleted] = await Promise.all([
      c.call('POST', '/rules', { name: 'r', eventType: '*', action }),
      c.call('DELETE', `/integrations/${id}`),
    ])
    return [rule.status, deleted.status]
  })
  for (const statuses of await Promise.all(rounds)) {
    expect([
      [201, 409],
      [400, 204],
    ]).toContainEqual(statuses)
  }
})

const testOf = async (c: ConfigApi, id: string): Promise<Json> => {
  const reply = await c.call('POST', `/integrations/${id}/test`)
  expect(reply.status).toBe(200)
  return bodyOf(reply)
}

test('the credentials are tried through the real way out, and the token is in no answer', async () => {
  await using c = await configApi()
  await using bot = await startHttpSink(({ path }) =>
    path.includes('CANARY')
      ? {
          headers: { 'content-type': 'application/json' },
          body: '{"ok":true,"result":{"username":"carillon_bot"}}',
        }
      : { status: 401, body: `{"ok":false,"error_code":401,"description":"Unauthorized ${path}"}` },
  )
  const settings = { baseUrl: bot.url }
  const id = await create(c, { ...telegram, settings })
  expect(await testOf(c, id)).toEqual({ ok: true, detail: '@carillon_bot' })
  const wrong = await create(c, { ...telegram, settings, secrets: { botToken: '99:ECHOEDTOKEN' } })
  const failed = await testOf(c, wrong)
  expect(failed).toMatchObject({ ok: false, error: expect.any(String) })
  expect(JSON.stringify(failed)).not.toContain('ECHOEDTOKEN')
})

test('a peer that is not there is an answer, not an error', async () => {
  await using c = await configApi()
  const peer = await startHttpSink()
  await peer.close()
  const id = await create(c, { ...hook, settings: { url: peer.url } })
  expect(await testOf(c, id)).toMatchObject({
    ok: false,
    error: expect.stringContaining('connect'),
  })
})

test('a key without the scope may not, and nobody may without a key', async () => {
  await using c = await configApi()
  const reader = await c.api.key({ tenantId: c.tenantId, scopes: ['integrations:read'] })
  expect((await c.api.send(reader, 'GET', '/api/v1/integrations')).status).toBe(200)
  expect((await c.api.send(reader, 'POST', '/api/v1/integrations', { body: hook })).status).toBe(
    403,
  )
  expect((await c.api.send(undefined, 'GET', '/api/v1/connectors')).status).toBe(401)
})
