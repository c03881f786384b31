/** Triggers and fan-outs over real routes, roles and rows: what came of it, who may see it, stopping it. */
import { authenticateAs, givenCaller } from '@carillon/testkit/as-caller'
import { eventually } from '@carillon/testkit/eventually'
import { fanOutRig } from '@carillon/testkit/fan-out-rig'
import { testApi, type TestReply } from '@carillon/testkit/test-api'
import { expect, test } from 'vitest'
import { addDeliveryRoutes } from '../delivery/routes.ts'
import type { FunctionResult } from '../functions/run-function.ts'
import { addFanOutRoutes } from './routes.ts'

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json
const itemsOf = (reply: TestReply): readonly Json[] => bodyOf(reply)['items'] as readonly Json[]

const content = { default: { text: 'Hello {{ data.name }}' } }

type Method = 'GET' | 'POST'

/** The routes for an admin, two members, a stranger and a key that only triggers. */
const arrange = async (more: { readonly answerWithinMs?: number } = {}) => {
  const rig = await fanOutRig()
  const { db, tenantId } = rig
  const elsewhere = await rig.given.tenant()
  const callers = {
    admin: givenCaller({ tenantId, actor: 'usr_admin', role: 'admin' }),
    u1: givenCaller({ tenantId, actor: 'usr_1', role: 'member' }),
    u2: givenCaller({ tenantId, actor: 'usr_2', role: 'member' }),
    stranger: givenCaller({ tenantId: elsewhere, actor: 'usr_stranger', role: 'admin' }),
    trigger: givenCaller({
      tenantId,
      actor: 'key_trigger',
      role: 'key',
      scopes: ['subscriptions:trigger'],
    }),
  }
  const api = await testApi(
    db,
    (server, newId) => {
      const { gather, expander } = rig
      const services = { pool: db.app, gather, expander, newId, shard: 0, ...more }
      addFanOutRoutes(server, services)
      addDeliveryRoutes(server, { pool: db.app, newId, shard: 0, wake: () => undefined })
    },
    { authenticate: authenticateAs(callers) },
  )
  const as =
    (caller: keyof typeof callers) =>
    async (method: Method, path: string, body?: object, headers: Record<string, string> = {}) =>
      await api.send(undefined, method, `/api/v1${path}`, {
        headers: { 'x-caller': caller, ...headers },
        ...(body === undefined ? {} : { body }),
      })
  return {
    ...rig,
    as,
    call: as('admin'),
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await rig[Symbol.asyncDispose]()
    },
  }
}

type Arranged = Awaited<ReturnType<typeof arrange>>

/** A subscription `News` with texts, somebody to send by, and registrations. */
const news = async (c: Arranged, count: number): Promise<string> => {
  await c.byDefault('email')
  const id = await c.given.subscription(c.tenantId, { subscriptionId: 'News', content })
  if (count > 0) await c.given.registrations(c.tenantId, id, { count, prefix: 'usr_' })
  return id
}

const count = async (c: Arranged, table: string): Promise<number> =>
  (await c.db.owner.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n ??
  -1

const trigger = '/trigger/News'

test('a trigger says how many deliveries it made; its fan-out, event and deliveries are there', async () => {
  await using c = await arrange()
  await news(c, 3)
  const eventParameters = { name: 'Anna' }
  const reply = await c.call('POST', trigger, { eventParameters })
  const fanOut = String(bodyOf(reply)['fanOut'])
  expect([reply.status, reply.body]).toEqual([
    200,
    { success: true, messagesSent: 3, skipped: 0, fanOut: expect.stringMatching(/^fan_/) },
  ])
  expect(await c.call('GET', `/fan-outs/${fanOut}`)).toMatchObject({
    status: 200,
    body: {
      id: fanOut,
      subscriptionId: 'News',
      origin: 'trigger',
      state: 'done',
      audience: 3,
      reached: 3,
      messagesSent: 3,
      skipped: 0,
      pending: 0,
      success: true,
      rule: null,
    },
  })
  const { rows } = await c.db.owner.query('SELECT type, source, subject, data FROM events')
  expect(rows).toEqual([
    {
      type: 'subscription.triggered',
      source: 'carillon/trigger',
      subject: 'News',
      data: JSON.stringify(eventParameters),
    },
  ])
})

test('without a body the parameters are empty, and unknown fields are refused', async () => {
  await using c = await arrange()
  await news(c, 1)
  expect(await c.call('POST', trigger)).toMatchObject({ status: 200, body: { messagesSent: 1 } })
  expect(await c.call('POST', trigger, {})).toMatchObject({ body: { messagesSent: 1 } })
  expect(await c.call('POST', trigger, { parameters: {} })).toMatchObject({ status: 400 })
  expect(await c.call('POST', trigger, { eventParameters: [] })).toMatchObject({ status: 400 })
  const large = { eventParameters: { text: 'x'.repeat(256_000) } }
  expect(await c.call('POST', trigger, large)).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/eventParameters' }] },
  })
  expect(await count(c, 'events')).toBe(2)
})

test('what can not be sent is answered in the order: missing, disabled, no function, nobody', async () => {
  await using c = await arrange()
  expect(await c.call('POST', '/trigger/Nothing')).toMatchObject({ status: 404 })
  expect(await count(c, 'events')).toBe(0)
  await c.given.subscription(c.tenantId, { subscriptionId: 'Off', enabled: false })
  expect(await c.call('POST', '/trigger/Offf')).toMatchObject({
    status: 404,
    body: { code: 'not_found', detail: expect.stringContaining('Did you mean "Off"?') as unknown },
  })
  await c.given.subscription(c.tenantId, { subscriptionId: 'Empty' })
  await news(c, 0)
  const base = { messagesSent: 0, skipped: 0, fanOut: expect.any(String) }
  const off = await c.call('POST', '/trigger/Off')
  const errorMessage = 'Subscription is disabled'
  expect([off.status, off.body]).toEqual([200, { success: false, errorMessage, ...base }])
  const empty = await c.call('POST', '/trigger/Empty')
  const missing = expect.stringMatching(/^function_not_found: .*functions\/Empty\.ts/)
  expect(empty.body).toEqual({ success: false, errorMessage: missing, ...base })
  const nobody = await c.call('POST', trigger)
  expect(nobody.body).toEqual({ success: true, ...base })
  const codes = itemsOf(await c.call('GET', '/fan-outs')).map((item) => item['errorCode'])
  expect(codes).toEqual([null, 'function_not_found', 'subscription_disabled'])
  expect(await count(c, 'deliveries')).toBe(0)
})

test('an Idempotency-Key triggers once: the first result again, and a conflict for another request', async () => {
  await using c = await arrange()
  await news(c, 2)
  await c.given.subscription(c.tenantId, { subscriptionId: 'Other', content })
  const key = { 'idempotency-key': 'k1' }
  const body = { eventParameters: { a: 1 } }
  const first = await c.call('POST', trigger, body, key)
  const again = await c.call('POST', trigger, body, key)
  expect(again.body).toEqual(first.body)
  expect([first, again].map((reply) => reply.headers['idempotent-replayed'])).toEqual([
    undefined,
    'true',
  ])
  expect(await count(c, 'deliveries')).toBe(2)
  for (const [path, other] of [
    ['/trigger/Other', body],
    [trigger, { eventParameters: { a: 2 } }],
  ] as const)
    expect(await c.call('POST', path, other, key)).toMatchObject({
      status: 409,
      body: { code: 'idempotency_key_reused' },
    })
  expect(await count(c, 'fan_outs')).toBe(1)
})

test('the same key at the same time expands once, and both hear the same', async () => {
  await using c = await arrange()
  await news(c, 50)
  const key = { 'idempotency-key': 'k1' }
  const replies = await Promise.all(
    Array.from({ length: 5 }, async () => await c.call('POST', trigger, {}, key)),
  )
  expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1)
  expect(replies[0]?.body).toMatchObject({ success: true, messagesSent: 50 })
  expect(await count(c, 'deliveries')).toBe(50)
})

test('a large audience is answered at once as pending, and the background does the rest', async () => {
  await using c = await arrange()
  await news(c, 1_001)
  const reply = await c.call('POST', trigger)
  expect(reply.body).toMatchObject({ success: true, messagesSent: 0, pending: 1_001 })
  const path = `/fan-outs/${String(bodyOf(reply)['fanOut'])}`
  expect(await c.call('GET', path)).toMatchObject({
    body: { state: 'open', pending: 1_001, success: null, finishedAt: null },
  })
  await c.expandAll()
  expect(await c.call('GET', path)).toMatchObject({
    body: { state: 'done', pending: 0, reached: 1_001, success: true },
  })
  const { rows } = await c.db.owner.query('SELECT DISTINCT priority FROM delivery_queue')
  expect(rows).toEqual([{ priority: 1 }])
})

test("a function's answer is the trigger's: its fields, its success, its error; ours win over its", async () => {
  await using c = await arrange()
  await c.byDefault('email')
  const subscription = await c.given.subscription(c.tenantId, { subscriptionId: 'Fn' })
  await c.given.registrations(c.tenantId, subscription, { count: 2 })
  c.functions.set('Fn', async ({ registrations }) => ({
    kind: 'done',
    success: false,
    errorMessage: 'half of it',
    messages: registrations.slice(0, 1).map(({ id }) => ({
      registrationId: id,
      deliveryId: crypto.randomUUID(),
      message: 'Hi {{ data.name }}',
    })),
    extra: { batch: 'b7', messagesSent: 99 },
  }))
  const reply = await c.call('POST', '/trigger/Fn')
  expect(reply.body).toEqual({
    batch: 'b7',
    success: false,
    errorMessage: 'half of it',
    messagesSent: 1,
    skipped: 1,
    fanOut: expect.any(String),
  })
  expect(await c.call('GET', `/fan-outs/${String(bodyOf(reply)['fanOut'])}`)).toMatchObject({
    body: { state: 'done', success: false, result: { batch: 'b7' }, errorMessage: 'half of it' },
  })
})

test('a function that fails for a trigger is not called again: whoever asked hears it', async () => {
  await using c = await arrange()
  const subscription = await c.given.subscription(c.tenantId, { subscriptionId: 'Fn', content })
  await c.given.registrations(c.tenantId, subscription)
  let calls = 0
  c.functions.set('Fn', async (): Promise<FunctionResult> => {
    calls += 1
    return { kind: 'failed', errorMessage: 'TypeError: x is not a function' }
  })
  const reply = await c.call('POST', '/trigger/Fn')
  expect(reply).toMatchObject({
    status: 200,
    body: { success: false, messagesSent: 0, errorMessage: 'TypeError: x is not a function' },
  })
  await c.expandAll()
  expect(calls).toBe(1)
  expect(itemsOf(await c.call('GET', '/fan-outs?state=failed'))).toMatchObject([
    { errorCode: 'function_failed', tries: 0 },
  ])
})

test('a function that takes too long is answered as pending, and goes on', async () => {
  await using c = await arrange({ answerWithinMs: 50 })
  await c.byDefault('email')
  const subscription = await c.given.subscription(c.tenantId, { subscriptionId: 'Fn' })
  await c.given.registrations(c.tenantId, subscription)
  const result = Promise.withResolvers<FunctionResult>()
  const called = Promise.withResolvers<void>()
  c.functions.set('Fn', async () => {
    called.resolve()
    return await result.promise
  })
  const reply = await c.call('POST', '/trigger/Fn')
  expect(reply.body).toMatchObject({ success: true, messagesSent: 0, pending: 1 })
  await called.promise
  result.resolve({ kind: 'done', success: true, messages: [], extra: { late: true } })
  await eventually(async () =>
    expect(await c.call('GET', `/fan-outs/${String(bodyOf(reply)['fanOut'])}`)).toMatchObject({
      body: { state: 'done', result: { late: true } },
    }),
  )
})

test('lists of fan-outs and of deliveries are filtered by subscription, user, fan-out; pages do not overlap', async () => {
  await using c = await arrange()
  await news(c, 3)
  const other = await c.given.subscription(c.tenantId, { subscriptionId: 'Other', content })
  await c.given.registrations(c.tenantId, other)
  const ids: string[] = []
  for (const path of [trigger, trigger, '/trigger/Other'])
    ids.push(String(bodyOf(await c.call('POST', path))['fanOut']))
  const fanOuts = async (query: string) =>
    itemsOf(await c.call('GET', `/fan-outs${query}`)).map((item) => item['id'])
  expect(await fanOuts('')).toEqual(ids.toReversed())
  expect(await fanOuts('?subscriptionId=News')).toEqual([ids[1], ids[0]])
  expect(await fanOuts('?subscriptionId=Nothing')).toEqual([])
  expect(await fanOuts('?state=open')).toEqual([])
  const page = await c.call('GET', '/fan-outs?limit=2')
  const next = await c.call('GET', `/fan-outs?limit=2&cursor=${String(bodyOf(page)['nextCursor'])}`)
  expect([...itemsOf(page), ...itemsOf(next)].map((item) => item['id'])).toEqual(ids.toReversed())
  const deliveries = async (query: string) =>
    itemsOf(await c.call('GET', `/deliveries?${query}`)).map(
      (item) => `${String(item['subscription'])} ${String(item['userId'])}`,
    )
  expect(await deliveries('subscription=Other')).toEqual(['Other u1'])
  expect(await deliveries('userId=usr_3')).toEqual(['News usr_3', 'News usr_3'])
  expect(await deliveries(`fanOut=${ids[0]}`)).toEqual(['News usr_3', 'News usr_2', 'News usr_1'])
  expect(await deliveries(`fanOut=${ids[0]}&userId=usr_2&state=pending`)).toEqual(['News usr_2'])
  expect(await deliveries(`fanOut=${ids[0]}&state=sent`)).toEqual([])
  expect(await deliveries('fanOut=nonsense')).toEqual([])
})

test('members see their own deliveries and nobody else’s; fan-outs and triggers are not theirs', async () => {
  await using c = await arrange()
  await news(c, 2)
  const fanOut = String(bodyOf(await c.call('POST', trigger))['fanOut'])
  const all = itemsOf(await c.call('GET', '/deliveries'))
  expect(all.map((item) => item['userId'])).toEqual(['usr_2', 'usr_1'])
  const [foreign, own] = all
  const u1 = c.as('u1')
  expect(bodyOf(await u1('GET', '/deliveries'))).toEqual({ items: [own], nextCursor: null })
  expect(itemsOf(await u1('GET', '/deliveries?userId=usr_2'))).toEqual([])
  expect(itemsOf(await u1('GET', '/deliveries?state=pending'))).toEqual([own])
  expect(await u1('GET', `/deliveries/${String(own?.['id'])}`)).toMatchObject({ status: 200 })
  const missing = await u1('GET', '/deliveries/dlv_00000000000000000000000000')
  const seen = await u1('GET', `/deliveries/${String(foreign?.['id'])}`)
  expect([seen.status, { ...bodyOf(seen), instance: '' }]).toEqual([
    404,
    { ...bodyOf(missing), instance: '' },
  ])
  const denied: readonly (readonly [Method, string])[] = [
    ['POST', trigger],
    ['GET', '/fan-outs'],
    ['GET', `/fan-outs/${fanOut}`],
    ['POST', `/fan-outs/${fanOut}/cancel`],
    ['POST', `/deliveries/${String(own?.['id'])}/cancel`],
  ]
  for (const [method, path] of denied) expect((await u1(method, path)).status).toBe(403)
})

test("another tenant's subscription and fan-out are not there", async () => {
  await using c = await arrange()
  await news(c, 1)
  const fanOut = String(bodyOf(await c.call('POST', trigger))['fanOut'])
  const stranger = c.as('stranger')
  expect((await stranger('POST', trigger)).status).toBe(404)
  expect((await stranger('GET', `/fan-outs/${fanOut}`)).status).toBe(404)
  expect((await stranger('POST', `/fan-outs/${fanOut}/cancel`)).status).toBe(404)
  expect(itemsOf(await stranger('GET', '/fan-outs'))).toEqual([])
  expect(itemsOf(await stranger('GET', `/deliveries?fanOut=${fanOut}`))).toEqual([])
})

test('canceling stops the expansion; with ?deliveries=cancel what waits ends too, and the counters know', async () => {
  await using c = await arrange()
  await news(c, 12_000)
  const fanOut = String(bodyOf(await c.call('POST', trigger))['fanOut'])
  expect(await c.expander.turn()).toBe('worked')
  const path = `/fan-outs/${fanOut}/cancel`
  expect(await c.as('trigger')('POST', path)).toMatchObject({
    status: 200,
    body: {
      state: 'canceled',
      reached: 5_000,
      audience: 12_000,
      pending: 0,
      success: false,
      errorMessage: 'canceled by key_trigger',
      deliveriesCanceled: 0,
    },
  })
  expect(await c.expander.turn()).toBe('idle')
  expect(await count(c, 'delivery_queue')).toBe(5_000)
  expect((await c.call('POST', path)).status).toBe(409)
  expect((await c.as('trigger')('POST', `${path}?deliveries=cancel`)).status).toBe(403)
  expect(await c.call('POST', `${path}?deliveries=cancel`)).toMatchObject({
    body: { deliveriesCanceled: 5_000, more: false },
  })
  const { rows } = await c.db.owner.query(
    `SELECT sum(created)::int AS created, sum(canceled)::int AS canceled,
            (SELECT count(*) FROM settlements WHERE state = 'canceled')::int AS settled, (SELECT count(*) FROM delivery_queue)::int AS open
       FROM delivery_counters`,
  )
  expect(rows).toEqual([{ created: 5_000, canceled: 5_000, settled: 5_000, open: 0 }])
})
