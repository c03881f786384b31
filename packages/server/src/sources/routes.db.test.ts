import { describe, expect, test } from 'vitest'
import { createHmac } from 'node:crypto'
import { connectors } from '@carillon/connectors/registry.gen'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { createIntegrationCheck } from '../integrations/check-integration.ts'
import { systemClock } from '../platform/clock.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { addHookRoutes } from '../receipts/routes.ts'
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import { hookServices } from '@carillon/testkit/hook-services'
import { createKeyring } from '../platform/secrets/keyring.ts'
import { addScheduleRoutes } from '../schedules/routes.ts'
import { quietLog } from '@carillon/testkit/quiet-log'
import { inTransaction } from '../platform/db/transaction.ts'
import { addSourceRoutes } from './routes.ts'
import { markHintsApplied, takeHints } from './take-hints.ts'
import { storeHookCall } from './store-hook-call.ts'

type Json = Record<string, unknown>

const token = 'the-token-of-the-other-side'
const inbound = {
  connector: 'inbound',
  name: 'shop',
  settings: {
    auth: { scheme: 'token', in: 'header', name: 'x-token' },
    map: { type: 'order.{{ item.state }}', id: '$.id', data: '$' },
  },
  secrets: { secret: token },
}
const polled = {
  connector: 'http-poll',
  name: 'api',
  settings: { url: 'http://127.0.0.1:9/', every: '1m', map: { type: 'x' } },
  secrets: {},
}

const sources = async (): Promise<ConfigApi> => {
  // Sealed with one key by the API and opened with it by the hook.
  const keyring = createKeyring([{ id: 'one', key32: new Uint8Array(32).fill(7) }], 'one')
  return await configApi({
    keyring,
    addRoutes: (server, db, newId) => {
      const renderer = createTemplateRenderer()
      const acceptEvents = createAcceptEvents({ newId, renderer, shard: 0 })
      const shared = hookServices(db, { keyring, connectors, newId })
      addHookRoutes(server, shared)
      addSourceRoutes(server, {
        ...shared,
        pool: db.app,
        enginePool: db.engine,
        renderer,
        check: createIntegrationCheck({ connectors, renderer, allowPrivateTargets: [] }),
        verifySignature: async () => await Promise.reject(new Error('not in this test')),
        publicUrl: 'https://bells.example',
        wake: () => {},
      })
      addScheduleRoutes(server, {
        pool: db.app,
        services: {
          pool: db.engine,
          acceptEvents,
          onAccepted: () => {},
          newId,
          clock: systemClock,
          log: quietLog,
          collectErrors: async () => ({}),
        },
      })
    },
  })
}

const made = async (c: ConfigApi, body: object): Promise<string> => {
  const reply = await c.call('POST', '/integrations', body)
  expect(reply).toMatchObject({ status: 201 })
  return String((reply.body as Json)['id'])
}

const callHook = async (c: ConfigApi, id: string, body: string, headers: object = {}) =>
  await c.api.server.inject({
    method: 'POST',
    url: `/hooks/${id}`,
    payload: body,
    headers: { 'content-type': 'application/json', 'x-token': token, ...headers },
  })

const listOf = async (c: ConfigApi, path: string): Promise<readonly Json[]> => {
  const reply = await c.call('GET', path)
  expect(reply).toMatchObject({ status: 200 })
  return (reply.body as { readonly items: readonly Json[] }).items
}

const eventsOf = async (c: ConfigApi) =>
  (
    await c.db.owner.query<{ source_id: string; type: string }>(
      'SELECT source_id, type FROM events ORDER BY id',
    )
  ).rows

describe('calls of an inbound hook', () => {
  test('become events before they are answered, once however often they come', async () => {
    await using c = await sources()
    const id = await made(c, inbound)
    for (const _ of [1, 2])
      expect((await callHook(c, id, '{"id":1,"state":"paid"}')).statusCode).toBe(202)
    expect(await eventsOf(c)).toEqual([{ source_id: '1', type: 'order.paid' }])
    expect(await c.call('GET', `/integrations/${id}/source`)).toMatchObject({
      body: {
        ways: ['hook'],
        hookUrl: `https://bells.example/hooks/${id}`,
        state: 'idle',
        lastEventAt: expect.stringMatching(/Z$/) as unknown,
      },
    })
  })

  test('that prove nothing are answered 401 and not kept', async () => {
    await using c = await sources()
    const id = await made(c, inbound)
    expect((await callHook(c, id, 'nonsense', { 'x-token': 'wrong' })).statusCode).toBe(401)
    expect(await listOf(c, `/integrations/${id}/quarantine`)).toEqual([])
  })

  test('without an id of their own are known by their content for a day', async () => {
    await using c = await sources()
    const settings = { ...inbound.settings, map: { type: 'ping' } }
    const id = await made(c, { ...inbound, settings })
    for (const body of ['{"a":1}', '{"a":1}', '{"a":2}']) await callHook(c, id, body)
    expect(await eventsOf(c)).toHaveLength(2)
    await c.db.owner.query(
      `UPDATE source_calls SET received_at = received_at - interval '25 hours'`,
    )
    await callHook(c, id, '{"a":1}')
    expect(await eventsOf(c)).toHaveLength(3)
  })

  test('signed once are one, whatever delivery ids are written over them', async () => {
    await using c = await sources()
    const auth = { scheme: 'hmac', header: 'x-sig' }
    const settings = { auth, map: { type: 'push' }, deliveryIdHeader: 'x-delivery' }
    const id = await made(c, { ...inbound, settings })
    const signed = (body: string) => ({
      'x-sig': createHmac('sha256', token).update(body).digest('hex'),
    })
    const push = async (body: string, delivery: object) =>
      (await callHook(c, id, body, { ...signed(body), ...delivery })).statusCode
    expect(await push('{"a":1}', { 'x-delivery': 'd1' })).toBe(202)
    for (const delivery of [{ 'x-delivery': 'd2' }, {}])
      expect(await push('{"a":1}', delivery)).toBe(202)
    expect(await eventsOf(c)).toEqual([{ source_id: 'd1', type: 'push' }])
    expect(await push('{"a":2}', { 'x-delivery': 'd2' })).toBe(202)
    expect(await eventsOf(c)).toHaveLength(2)
  })

  test('are limited for each source, by those that prove who they are', async () => {
    await using c = await sources()
    const [busy, calm] = [await made(c, inbound), await made(c, { ...inbound, name: 'calm' })]
    await c.db.owner.query(`UPDATE tenants SET limits = '{"hooksPerMinute": 2}'`)
    const order = (n: number) => JSON.stringify({ id: n, state: 'paid' })
    for (const n of [1, 2, 3])
      expect((await callHook(c, busy, order(n), { 'x-token': 'wrong' })).statusCode).toBe(401)
    for (const n of [1, 2]) expect((await callHook(c, busy, order(n))).statusCode).toBe(202)
    const refused = await callHook(c, busy, order(3))
    expect(refused.statusCode).toBe(429)
    expect(refused.json()).toMatchObject({ code: 'rate_limited' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await callHook(c, calm, order(4))).statusCode).toBe(202)
    expect(await eventsOf(c)).toHaveLength(3)
  })

  test('to a source that is switched off or stopped are to be repeated', async () => {
    await using c = await sources()
    const id = await made(c, inbound)
    await c.call('POST', `/integrations/${id}/source/stop`)
    expect((await callHook(c, id, '{"id":1,"state":"paid"}')).statusCode).toBe(503)
    expect(await c.call('POST', `/integrations/${id}/source/start`)).toMatchObject({ status: 200 })
    expect((await callHook(c, id, '{"id":1,"state":"paid"}')).statusCode).toBe(202)
    await c.call('PATCH', `/integrations/${id}`, { enabled: false })
    expect((await callHook(c, id, '{"id":2,"state":"paid"}')).statusCode).toBe(503)
    await c.call('DELETE', `/integrations/${id}`)
    expect((await callHook(c, id, '{"id":2,"state":"paid"}')).statusCode).toBe(401)
    expect(await eventsOf(c)).toHaveLength(1)
  })
})

describe('what can not be read', () => {
  test('is kept with its reason, downloaded as it came, and read again when the mapping was mended', async () => {
    await using c = await sources()
    const id = await made(c, inbound)
    expect((await callHook(c, id, '{"state":"paid"}')).statusCode).toBe(202)
    const [kept] = await listOf(c, `/integrations/${id}/quarantine`)
    expect(kept).toMatchObject({ reason: 'id: "$.id" finds no text', bytes: 16, triedAt: null })
    const path = `/integrations/${id}/quarantine/${String(kept?.['id'])}`
    expect(await c.call('GET', `${path}/raw`)).toMatchObject({
      status: 200,
      headers: { 'content-disposition': expect.stringContaining('attachment') as unknown },
    })
    expect(await c.call('POST', `${path}/retry`)).toMatchObject({
      status: 200,
      body: { ok: false, events: [], reason: 'id: "$.id" finds no text' },
    })
    const map = { type: 'order.{{ item.state }}' }
    await c.call('PATCH', `/integrations/${id}`, { settings: { map: { ...map, id: null } } })
    expect(await c.call('POST', `${path}/retry`)).toMatchObject({ body: { ok: true } })
    expect(await eventsOf(c)).toMatchObject([{ type: 'order.paid' }])
    expect(await c.call('POST', `${path}/retry`)).toMatchObject({ status: 404 })
  })

  test('can be thrown away, and is nobody else’s', async () => {
    await using c = await sources()
    const id = await made(c, inbound)
    await callHook(c, id, 'no JSON')
    const [kept] = await listOf(c, `/integrations/${id}/quarantine`)
    const path = `/integrations/${id}/quarantine/${String(kept?.['id'])}`
    for (const [method, at] of [
      ['GET', `${path}/raw`],
      ['POST', `${path}/retry`],
      ['DELETE', path],
    ] as const)
      expect(await c.callAsStranger(method, at)).toMatchObject({ status: 404 })
    expect(await c.call('DELETE', path)).toMatchObject({ status: 204 })
    expect(await c.call('DELETE', path)).toMatchObject({ status: 404 })
  })
})

describe('the dry run of a mapping', () => {
  test('shows events and what would be kept, and stores nothing', async () => {
    await using c = await sources()
    const id = await made(c, inbound)
    expect(
      await c.call('POST', `/integrations/${id}/map`, { sample: { id: 1, state: 'paid' } }),
    ).toMatchObject({
      status: 200,
      body: { events: [{ id: '1', type: 'order.paid', data: { state: 'paid' } }], unreadable: [] },
    })
    const settings = { ...inbound.settings, items: '$.all' }
    expect(
      await c.call('POST', `/integrations/${id}/map`, { sample: '{"all":[{}]}', settings }),
    ).toMatchObject({ body: { events: [], unreadable: [{ reason: /finds no text/ }] } })
    expect(await eventsOf(c)).toEqual([])
    expect(await listOf(c, `/integrations/${id}/quarantine`)).toEqual([])
  })

  test('with settings that could not be saved names the field', async () => {
    await using c = await sources()
    const id = await made(c, inbound)
    const settings = { ...inbound.settings, map: { type: '$.' } }
    expect(await c.call('POST', `/integrations/${id}/map`, { sample: {}, settings })).toMatchObject(
      {
        status: 400,
        body: { errors: [{ pointer: '/settings/map/type' }] },
      },
    )
  })
})

describe('a polled source', () => {
  test('is due when it is made, and anew when its settings change, not when its name does', async () => {
    await using c = await sources()
    const id = await made(c, polled)
    const fence = async () =>
      (await c.db.owner.query<{ fence: number }>('SELECT fence FROM source_states')).rows[0]?.fence
    expect(await c.call('GET', `/integrations/${id}/source`)).toMatchObject({
      body: { ways: ['poll'], everySeconds: 60, nextRunAt: expect.stringMatching(/Z$/) as unknown },
    })
    const before = await fence()
    await c.call('PATCH', `/integrations/${id}`, { name: 'other' })
    expect(await fence()).toBe(before)
    await c.call('PATCH', `/integrations/${id}`, { settings: { every: '2m' } })
    expect(await fence()).toBe(Number(before) + 1)
    await c.call('PATCH', `/integrations/${id}`, { enabled: false })
    expect(await c.call('GET', `/integrations/${id}/source`)).toMatchObject({
      body: { nextRunAt: null },
    })
  })

  test('runs when somebody asks, unless it is stopped; a stop by hand outlives a change of settings', async () => {
    await using c = await sources()
    const id = await made(c, polled)
    expect(await c.call('POST', `/integrations/${id}/run`)).toMatchObject({
      status: 202,
      body: { id: expect.stringMatching(/^run_/) as unknown, state: 'requested' },
    })
    expect(await c.call('POST', `/integrations/${id}/source/stop`)).toMatchObject({
      body: { state: 'stopped', stoppedByHand: true, nextRunAt: null },
    })
    expect(await c.call('POST', `/integrations/${id}/run`)).toMatchObject({ status: 409 })
    await c.call('PATCH', `/integrations/${id}`, { settings: { every: '2m' } })
    expect(await c.call('GET', `/integrations/${id}/source`)).toMatchObject({
      body: { state: 'stopped' },
    })
    expect(await c.call('POST', `/integrations/${id}/source/start?fromStart=true`)).toMatchObject({
      body: { state: 'idle', cursor: null, stoppedByHand: false },
    })
    const { rows } = await c.db.owner.query<{ action: string }>(
      `SELECT action FROM audit_log WHERE action LIKE 'integration.source%' ORDER BY seq`,
    )
    expect(rows).toEqual([
      { action: 'integration.source_stopped' },
      { action: 'integration.source_started' },
    ])
  })

  test('can not be the step of a route, and has no channel', async () => {
    await using c = await sources()
    const id = await made(c, polled)
    const action = { type: 'notify', route: [{ integration: id }] }
    expect(await c.call('POST', '/rules', { name: 'r', eventType: 'x', action })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/action/route/0/integration' }] },
    })
    expect(await c.call('PATCH', `/integrations/${id}`, { isDefault: true })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/isDefault' }] },
    })
    expect(await c.call('POST', `/integrations/${id}/send-test`, { to: 'x' })).toMatchObject({
      status: 400,
    })
    const [, connector] = [id, await c.call('GET', '/connectors')]
    const items = (connector.body as { items: Json[] }).items
    expect(items.find((each) => each['id'] === 'http-poll')).toMatchObject({
      channel: null,
      kinds: ['source'],
    })
  })
})

test('the list of sources has integrations that are sources, and schedules', async () => {
  await using c = await sources()
  const first = await made(c, inbound)
  await made(c, { connector: 'webhook', name: 'w', settings: { url: 'http://127.0.0.1:9/' } })
  const schedule = await c.call('POST', '/schedules', { name: 'daily', pattern: '0 8 * * *' })
  const second = await made(c, polled)
  expect(await listOf(c, '/sources')).toMatchObject([
    { kind: 'integration', id: first, ways: ['hook'], nextRunAt: null },
    {
      kind: 'schedule',
      id: (schedule.body as Json)['id'],
      ways: ['schedule'],
      state: 'idle',
      nextRunAt: expect.stringMatching(/Z$/) as unknown,
    },
    { kind: 'integration', id: second, connector: 'http-poll', ways: ['poll'] },
  ])
  expect(await listOf(c, '/sources?limit=2')).toHaveLength(2)
})

test('hints are kept once, taken by one, and marked with what follows from them', async () => {
  await using c = await sources()
  const id = await made(c, inbound)
  const { rows } = await c.db.owner.query<{ id: string }>('SELECT id FROM integrations')
  const of = { tenantId: c.tenantId, integrationId: rows[0]?.id ?? '' }
  expect(id).toMatch(/^int_/)
  const hint = { key: 'tx_1', type: 'changed', id: 'evt_1', data: { a: 1 } }
  const services = {
    pool: c.db.engine,
    acceptEvents: createAcceptEvents({
      newId: c.api.newId,
      renderer: createTemplateRenderer(),
      shard: 0,
    }),
    newId: c.api.newId,
    clock: systemClock,
  }
  const answer = { ok: true, receipts: [], hints: [hint] } as const
  expect(await storeHookCall(of, answer, services)).toMatchObject({ hints: 1 })
  expect(await storeHookCall(of, answer, services)).toMatchObject({ hints: 0 })
  await inTransaction(c.db.engine, async (client) => {
    const taken = await takeHints(client, { ...of, limit: 10 })
    expect(taken).toMatchObject([{ hintId: 'evt_1', key: 'tx_1', data: { a: 1 } }])
    await inTransaction(c.db.engine, async (other) =>
      expect(await takeHints(other, { ...of, limit: 10 })).toEqual([]),
    )
    await markHintsApplied(client, { ...of, hintIds: taken.map(({ hintId }) => hintId) })
  })
  await inTransaction(c.db.engine, async (client) =>
    expect(await takeHints(client, { ...of, limit: 10 })).toEqual([]),
  )
})
