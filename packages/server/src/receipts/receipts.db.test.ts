import { randomBytes, randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { defineConnector } from '@carillon/connectors/define-connector'
import type { PollAnswer, Receipt } from '@carillon/connectors/receipts'
import { instant } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { hookServices } from '@carillon/testkit/hook-services'
import { testApi, type TestApi } from '@carillon/testkit/test-api'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { addDeliveryRoutes } from '../delivery/routes.ts'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { systemClock } from '../platform/clock.ts'
import { createKeyring, type Keyring } from '../platform/secrets/keyring.ts'
import { applyReceipts } from './apply-receipts.ts'
import { forgetStrayReceipts } from './jobs.ts'
import { noticeSent, pollReceipts } from './poll-receipts.ts'
import { addHookRoutes } from './routes.ts'

/** A provider whose proof is a word in a header, and whose notices are receipts as they are. */
const teller = defineConnector({
  id: 'teller',
  name: 'Teller',
  channel: 'sms',
  docs: '',
  settings: Type.Object({ own: Type.Optional(Type.String()) }),
  secrets: Type.Object({ own: Type.Optional(Type.String()) }),
  limits: {},
  noCorrelation: 'a test',
  parseAddress: (to) => ({ ok: true, address: to }),
  send: async () => ({ kind: 'accepted', ids: [] }),
  receipts: {
    parse: (request) => {
      if (request.headers['x-proof'] !== 'yes')
        return { ok: false, reason: 'unauthenticated', detail: 'no proof' }
      if (request.query['challenge'] !== undefined) {
        const body = request.query['challenge']
        return { ok: true, receipts: [], reply: { status: 200, contentType: 'text/plain', body } }
      }
      return { ok: true, receipts: JSON.parse(Buffer.from(request.body).toString()) as Receipt[] }
    },
  },
  examples: [],
})

type State = { readonly state?: string; readonly providerIds?: readonly string[] }

const insertDelivery = async (
  owner: Pool,
  given: State & { readonly tenantId: string; readonly integrationId: string; readonly id: string },
): Promise<void> => {
  const { tenantId, integrationId, id, state = 'sent', providerIds = [] } = given
  const isOpen = state === 'pending' || state === 'sending'
  await owner.query(
    `INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, created_at)
     VALUES ($1, $2, $3, $4, '{+391}', '+391', now() + interval '1 day', now())`,
    [tenantId, id, randomUUID(), randomUUID()],
  )
  await owner.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, attempt, step, integration_id, started_at,
       provider_ids, next_due_at, settled_at) VALUES ($1, $2, 1, $3, $4, 1, 0, $5, now(), $6, $7, now())`,
    [
      tenantId,
      id,
      isOpen ? 'pending' : state,
      state === 'sent' ? 'accepted' : 'unknown',
      integrationId,
      providerIds,
      isOpen ? new Date() : null,
    ],
  )
  await (isOpen
    ? owner.query(
        `INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, state, due_at, send_until, fence, lease_owner)
         VALUES ($1, $2, $3, $4, now(), now() + interval '1 day', 1, $5)`,
        [tenantId, id, integrationId, state, state === 'sending' ? randomUUID() : null],
      )
    : owner.query(
        `INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created, ${state})
         VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2, 0, 1, 1)
         ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + 1, ${state} = c.${state} + 1`,
        [tenantId, integrationId],
      ))
}

const serve = async (
  db: TestDb,
  keyring: Keyring,
  connectors: ConnectorRegistry,
): Promise<TestApi> =>
  await testApi(db, (server, newId) => {
    const publicUrl = 'https://carillon.example'
    addHookRoutes(server, hookServices(db, { keyring, connectors, newId, publicUrl }))
    addDeliveryRoutes(server, { pool: db.app, newId, shard: 0, wake: () => {} })
  })

const sumCounters = async (owner: Pool): Promise<Record<string, number> | undefined> => {
  const { rows } = await owner.query<Record<string, number>>(
    `SELECT sum(sent)::int AS sent, sum(delivered)::int AS delivered, sum(bounced)::int AS bounced,
            sum(failed)::int AS failed FROM delivery_counters`,
  )
  return rows[0]
}

const setUp = async () => {
  const db = await testDb()
  const make = given(db.owner)
  const tenantId = await make.tenant()
  const integrationId = await make.integration(tenantId, { connector: 'teller', channel: 'sms' })
  const keyring = createKeyring([{ id: 'test', key32: randomBytes(32) }], 'test')
  const answers: PollAnswer[] = []
  const asked: string[] = []
  const poll = async (id: string): Promise<PollAnswer> => {
    asked.push(id)
    return answers.shift() ?? { kind: 'gone' }
  }
  const connectors = { teller: { ...teller, receipts: { ...teller.receipts, poll } } }
  const api = await serve(db, keyring, connectors)
  const key = await api.key({ tenantId })
  const none = async (): Promise<never> => await Promise.reject(new Error('not used'))
  return {
    db,
    make,
    tenantId,
    integrationId,
    answers,
    asked,
    services: {
      pool: db.engine,
      keyring,
      connectors,
      clock: systemClock,
      http: { request: none },
      smtp: { send: none, verify: none },
    },
    hook: `/hooks/${printId('integration', asId('integration', integrationId))}`,
    /** A delivery as if the engine had brought it there; returns its id at the edge. */
    delivery: async (state: State = {}): Promise<string> => {
      const id = api.newId('delivery')
      await insertDelivery(db.owner, { tenantId, integrationId, id, ...state })
      return printId('delivery', id)
    },
    call: async (receipts: readonly Partial<Receipt>[] | string, proof = 'yes', query = '') =>
      await api.server.inject({
        method: 'POST',
        url: `/hooks/${printId('integration', asId('integration', integrationId))}${query}`,
        headers: { 'x-proof': proof, 'content-type': 'application/x-www-form-urlencoded' },
        payload: typeof receipts === 'string' ? receipts : JSON.stringify(receipts),
      }),
    see: async (id: string) =>
      (await api.send(key, 'GET', `/api/v1/deliveries/${id}`)).body as {
        state: string
        receipts: { kind: string }[]
        timeline: { state: string }[]
      },
    counters: async () => await sumCounters(db.owner),
    server: api.server,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

type SetUp = Awaited<ReturnType<typeof setUp>>

/** Applies what is due, and waits for what the hook itself has begun to apply. */
const settled = async (s: SetUp): Promise<void> => {
  await eventually(async () => {
    await applyReceipts(s.db.engine, { shard: 0 })
    const { rows } = await s.db.owner.query(
      `SELECT FROM receipts WHERE state = 'waiting' AND next_try_at <= now()`,
    )
    expect(rows).toEqual([])
  })
}

test('a delivered receipt ends the doubt: state, timeline and counters, found by our own id or by theirs', async () => {
  await using s = await setUp()
  const byOurs = await s.delivery()
  const byTheirs = await s.delivery({ providerIds: ['SM1'] })
  const reply = await s.call([
    { kind: 'delivered', deliveryId: byOurs, noticeId: '1' },
    { kind: 'delivered', providerId: 'SM1', noticeId: '1', reason: 'ok' },
  ])
  expect(reply.statusCode).toBe(202)
  await settled(s)
  for (const id of [byOurs, byTheirs])
    expect(await s.see(id)).toMatchObject({ state: 'delivered', receipts: [{ kind: 'delivered' }] })
  expect(await s.counters()).toMatchObject({ sent: 0, delivered: 2 })
})

test('repeated and out of order: one receipt each, and the counters stay right', async () => {
  await using s = await setUp()
  const id = await s.delivery()
  const delivered = { kind: 'delivered', deliveryId: id, noticeId: 'd' } as const
  const read = { kind: 'read', deliveryId: id, noticeId: 'r' } as const
  for (const batch of [[read], [delivered, delivered], [read, delivered]]) {
    await s.call(batch)
    await settled(s)
  }
  expect((await s.see(id)).receipts).toHaveLength(2)
  expect(await s.counters()).toMatchObject({ sent: 0, delivered: 1 })
})

test('a bounce after a delivery report counts; a report after a bounce does not', async () => {
  await using s = await setUp()
  const id = await s.delivery()
  const at = (ms: number) => instant(Date.UTC(2026, 10, 22) + ms)
  await s.call([
    { kind: 'bounced', deliveryId: id, noticeId: 'b', at: at(2) },
    { kind: 'delivered', deliveryId: id, noticeId: 'd', at: at(1) },
  ])
  await settled(s)
  await s.call([{ kind: 'delivered', deliveryId: id, noticeId: 'late', at: at(3) }])
  // The second move of a batch waits two seconds for its turn.
  await s.db.owner.query('UPDATE receipts SET next_try_at = now()')
  await settled(s)
  expect((await s.see(id)).state).toBe('bounced')
  expect(await s.counters()).toMatchObject({ sent: 0, delivered: 0, bounced: 1 })
})

test('a receipt that comes before the exchange is settled waits, and is not lost', async () => {
  await using s = await setUp()
  const early = await s.delivery({ state: 'sending' })
  await s.call([
    { kind: 'delivered', deliveryId: early, noticeId: '1' },
    { kind: 'delivered', providerId: 'SM2', noticeId: '1' },
  ])
  await settled(s)
  expect((await s.see(early)).state).toBe('sending')
  const late = await s.delivery({ providerIds: ['SM2'] })
  await s.db.owner.query('UPDATE receipts SET next_try_at = now()')
  await settled(s)
  expect((await s.see(late)).state).toBe('delivered')
  expect((await s.see(early)).state).toBe('sending')
})

test('a delivery that waits because no answer came is ended by the proof, without a duplicate', async () => {
  await using s = await setUp()
  const id = await s.delivery({ state: 'pending' })
  await s.call([{ kind: 'delivered', deliveryId: id, noticeId: '1' }])
  await settled(s)
  expect(await s.see(id)).toMatchObject({ state: 'delivered' })
  const { rows } = await s.db.owner.query('SELECT FROM delivery_queue')
  expect(rows).toEqual([])
})

test('who complains, or is told to be gone, is suppressed, for that channel', async () => {
  await using s = await setUp()
  const id = await s.delivery()
  await s.call([{ kind: 'complained', deliveryId: id, noticeId: '1' }])
  await settled(s)
  const { rows } = await s.db.owner.query('SELECT channel, address, reason FROM suppressions')
  expect(rows).toEqual([{ channel: 'sms', address: '+391', reason: 'complained' }])
  expect((await s.see(id)).state).toBe('delivered')
})

test("another integration's hook moves nothing", async () => {
  await using s = await setUp()
  const id = await s.delivery()
  const other = await s.make.integration(await s.make.tenant(), {
    connector: 'teller',
    channel: 'sms',
  })
  const reply = await s.server.inject({
    method: 'POST',
    url: `/hooks/${printId('integration', asId('integration', other))}`,
    headers: { 'x-proof': 'yes' },
    payload: JSON.stringify([{ kind: 'bounced', deliveryId: id, noticeId: '1' }]),
  })
  expect(reply.statusCode).toBe(202)
  await settled(s)
  expect(await s.see(id)).toMatchObject({ state: 'sent', receipts: [] })
})

test('without proof nothing is stored; without such an integration there is nothing', async () => {
  await using s = await setUp()
  const id = await s.delivery()
  const refused = await s.call([{ kind: 'bounced', deliveryId: id, noticeId: '1' }], 'no')
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([
    401,
    'unauthenticated',
  ])
  expect((await s.db.owner.query('SELECT FROM receipts')).rows).toEqual([])
  for (const url of ['/hooks/int_nonsense', '/hooks/x', `${s.hook}x`])
    expect((await s.server.inject({ method: 'POST', url, payload: '{}' })).statusCode).toBe(404)
})

test("a challenge is answered as the provider wants it, by GET as well and under the API's path", async () => {
  await using s = await setUp()
  const reply = await s.server.inject({
    url: `/api/v1${s.hook}?challenge=42`,
    headers: { 'x-proof': 'yes' },
  })
  expect([reply.statusCode, reply.body, reply.headers['content-type']]).toEqual([
    200,
    '42',
    'text/plain',
  ])
})

test('a provider that does not tell is asked until it knows, and then no more', async () => {
  await using s = await setUp()
  const id = await s.delivery({ providerIds: ['OP1'] })
  expect(await noticeSent(s.services)).toBe(1)
  expect(await noticeSent(s.services)).toBe(0)
  const { signal } = new AbortController()
  const askNow = async (): Promise<number> => {
    await s.db.owner.query(
      `UPDATE receipt_polls SET next_try_at = now() WHERE next_try_at < 'infinity'`,
    )
    return await pollReceipts(s.services, signal)
  }
  s.answers.push(
    { kind: 'pending', afterMs: 5_000 },
    { kind: 'receipt', receipt: { kind: 'delivered', providerId: 'OP1', noticeId: 'Succeeded' } },
  )
  expect([await askNow(), await askNow(), await askNow()]).toEqual([1, 1, 0])
  await settled(s)
  expect(s.asked).toEqual(['OP1', 'OP1'])
  expect((await s.see(id)).state).toBe('delivered')
})

test('receipts of messages that are not ours are forgotten after a month; those of ours stay with them', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const insert = async (key: string, state: string, daysAgo: number): Promise<void> => {
    await db.owner.query(
      `INSERT INTO receipts (tenant_id, integration_id, notice_key, delivery_id, kind, occurred_at, state, received_at)
       VALUES ($1, $2, $3, CASE WHEN $4 = 'applied' THEN $2::uuid END, 'delivered', now(), $4, now() - $5 * interval '1 day')`,
      [tenantId, randomUUID(), key, state, daysAgo],
    )
  }
  await insert('strange and old', 'ignored', 31)
  await insert('strange', 'ignored', 29)
  await insert('old', 'applied', 400)
  expect(await forgetStrayReceipts(db.engine)).toBe(1)
  expect(await forgetStrayReceipts(db.engine)).toBe(0)
  const { rows } = await db.owner.query<{ key: string }>(
    'SELECT notice_key AS key FROM receipts ORDER BY key',
  )
  expect(rows).toEqual([{ key: 'old' }, { key: 'strange' }])
})

test('a host that is none is the fault of who calls, and no error of ours', async () => {
  await using db = await testDb()
  const keyring = createKeyring([{ id: 'k1', key32: randomBytes(32) }], 'k1')
  await using api = await testApi(db, (server, newId) => {
    addHookRoutes(server, hookServices(db, { keyring, connectors: {}, newId }))
  })
  const headers = { host: '[' }
  expect(await api.send(undefined, 'GET', '/hooks/int_1', { headers })).toMatchObject({
    status: 400,
  })
  expect(await api.send(undefined, 'GET', '/hooks/int_1')).toMatchObject({ status: 404 })
})
