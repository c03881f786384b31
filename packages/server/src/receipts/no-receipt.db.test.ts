/** Routes that go on when no receipt comes: the real engine with scripted providers, receipts as connectors give them. */
import { randomUUID } from 'node:crypto'
import type { Receipt } from '@carillon/connectors/receipts'
import type { Outcome } from '@carillon/domain/outcome'
import type { WhenOpen } from '@carillon/domain/turn'
import { cancelDelivery, findDelivery } from '../delivery/queries/deliveries.ts'
import { engineRig, running } from '@carillon/testkit/engine-rig'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { query } from '../platform/db/statement.ts'
import { applyReceipts } from './apply-receipts.ts'
import { keepReceipts } from './keep-receipts.ts'
import { noticeSent, type PollServices } from './poll-receipts.ts'

const hour = 3_600_000

/** A route of two ways: the first takes everything; what the second does is said. */
const setUp = async (
  receiptWithinMs: number,
  second: Outcome = { kind: 'accepted', ids: [] },
  whenOpen: WhenOpen = 'fallback',
) => {
  const db = await testDb()
  const r = await engineRig(db)
  const make = given(db.owner)
  const ways = [await make.integration(r.tenantId), await make.integration(r.tenantId)] as const
  const steps = ways.map((integrationId, at) => ({ integrationId, to: `to${at}` }))
  await make.rule(r.tenantId, { plan: { steps, receiptWithinMs, whenOpen } })
  await r.accept(1)
  const sent: number[] = []
  const worker = r.worker(({ integrationId }) => {
    sent.push(integrationId === ways[0] ? 1 : 2)
    return integrationId === ways[0] ? { kind: 'accepted', ids: ['first'] } : second
  })
  const rows = async (sql: string) => (await db.owner.query<Record<string, unknown>>(sql)).rows
  return {
    ways,
    sent,
    worker,
    rows,
    db,
    r,
    /** The first way has taken it, and the delivery waits. */
    isWaiting: async () =>
      await eventually(async () =>
        expect(await rows('SELECT reason FROM delivery_queue')).toEqual([
          { reason: 'awaiting_receipt' },
        ]),
      ),
    receive: async (kind: Receipt['kind'], way: 0 | 1 = 0) => {
      const on = { tenantId: r.tenantId, integrationId: ways[way] }
      await keepReceipts(db.engine, on, [{ kind, providerId: 'first', noticeId: randomUUID() }])
      expect(await applyReceipts(db.engine, { shard: 0 })).toBe(1)
    },
    turns: async () =>
      await rows('SELECT turn, step, outcome, state, reason FROM settlements ORDER BY turn'),
    ends: async () =>
      await eventually(async () => expect(await rows('SELECT FROM delivery_queue')).toEqual([])),
    /** Sums of each way: attempts, sent, delivered, and all that ended otherwise. */
    counted: async () =>
      await rows(
        `SELECT integration_id = '${ways[0]}' AS is_first, sum(attempts)::int AS attempts, sum(sent)::int AS sent,
                sum(delivered)::int AS delivered, sum(failed + expired + canceled + suppressed + skipped + bounced)::int AS others
           FROM delivery_counters GROUP BY 1 ORDER BY 1 DESC`,
      ),
    [Symbol.asyncDispose]: db[Symbol.asyncDispose],
  }
}

test('without a receipt the next way has its turn, and the ledger tells of both', async () => {
  await using s = await setUp(200)
  await running(s.worker, async () => await s.ends())
  expect(s.sent).toEqual([1, 2])
  expect(await s.r.states()).toEqual({ sent: 1 })
  expect(await s.turns()).toMatchObject([
    { step: 0, outcome: 'accepted', state: 'pending' },
    { step: 0, outcome: null, state: 'pending', reason: 'no receipt in time' },
    { step: 1, outcome: 'accepted', state: 'sent' },
  ])
  expect(await s.counted()).toEqual([
    { is_first: true, attempts: 1, sent: 0, delivered: 0, others: 0 },
    { is_first: false, attempts: 1, sent: 1, delivered: 0, others: 0 },
  ])
})

test('a receipt ends the wait, by the way that it is of', async () => {
  await using s = await setUp(hour)
  await running(s.worker, async () => {
    await s.isWaiting()
    await s.receive('delayed')
    await s.isWaiting()
    await s.receive('delivered')
    await s.ends()
  })
  expect(s.sent).toEqual([1])
  expect(await s.r.states()).toEqual({ delivered: 1 })
  expect(await s.counted()).toEqual([
    { is_first: true, attempts: 1, sent: 0, delivered: 1, others: 0 },
  ])
})

test('a receipt that denies it hands on at once; if no other way is found, it has failed', async () => {
  await using s = await setUp(hour, { kind: 'recipient_rejected', reason: 'unknown number' })
  await running(s.worker, async () => {
    await s.isWaiting()
    await s.receive('bounced')
    await s.ends()
  })
  expect(s.sent).toEqual([1, 2])
  expect(await s.turns()).toMatchObject([
    { state: 'pending', outcome: 'accepted' },
    { state: 'pending', reason: 'a receipt says that it did not arrive' },
    { state: 'failed', reason: 'unknown number' },
  ])
})

test('what only one way took ends as sent by that way, and its receipt still counts', async () => {
  await using s = await setUp(200, { kind: 'recipient_rejected', reason: 'unknown number' })
  await running(s.worker, async () => await s.ends())
  expect(await s.turns()).toMatchObject([
    { step: 0, outcome: 'accepted', state: 'pending' },
    { step: 0, outcome: null, state: 'pending' },
    { step: 1, outcome: 'recipient_rejected', state: 'pending' },
    { step: 0, outcome: null, state: 'sent' },
  ])
  expect(await s.counted()).toEqual([
    { is_first: true, attempts: 1, sent: 1, delivered: 0, others: 0 },
    { is_first: false, attempts: 1, sent: 0, delivered: 0, others: 0 },
  ])
  await s.receive('bounced')
  expect(await s.r.states()).toEqual({ bounced: 1 })
  expect(await s.counted()).toMatchObject([{ is_first: true, sent: 0, others: 1 }, {}])
})

test('a late receipt of the first way counts after the second one took it as well', async () => {
  await using s = await setUp(200)
  await running(s.worker, async () => await s.ends())
  await s.receive('delivered')
  expect(await s.r.states()).toEqual({ delivered: 1 })
})

test('an open breaker of the first way does not hold the second one up, whatever the plan says of breakers', async () => {
  await using s = await setUp(300, { kind: 'accepted', ids: [] }, 'hold')
  await running(s.worker, async () => {
    await s.isWaiting()
    await s.db.owner.query(
      `UPDATE integration_states SET breaker_state = 'open', open_until = now() + interval '1 hour' WHERE integration_id = $1`,
      [s.ways[0]],
    )
    await s.ends()
  })
  expect(s.sent).toEqual([1, 2])
})

test('a provider that can be asked is asked while the delivery waits', async () => {
  await using s = await setUp(hour)
  await running(s.worker, async () => await s.isWaiting())
  const polled = { id: 'polled', receipts: { poll: async () => ({ kind: 'gone' }) } } as const
  await s.db.owner.query(`UPDATE integrations SET connector = 'polled'`)
  const asked = { pool: s.db.engine, connectors: { polled } } as unknown as PollServices
  expect(await noticeSent(asked)).toBe(1)
  expect(await noticeSent(asked)).toBe(0)
  expect(await s.rows('SELECT provider_id FROM receipt_polls')).toEqual([{ provider_id: 'first' }])
})

test("a bounce by another integration's hook moves nothing", async () => {
  await using s = await setUp(hour)
  await running(s.worker, async () => {
    await s.isWaiting()
    await s.receive('bounced', 1)
    await s.isWaiting()
  })
  expect(s.sent).toEqual([1])
})

test('canceled or past its deadline while it waits, it ends as what it is: sent', async () => {
  const ends = [
    async ({ db, r, rows }: Awaited<ReturnType<typeof setUp>>) => {
      const [row] = await rows('SELECT delivery_id FROM delivery_queue')
      await query(db.owner, cancelDelivery, [r.tenantId, row?.['delivery_id'], 'me', 0])
    },
    async ({ db, r }: Awaited<ReturnType<typeof setUp>>) => {
      await db.owner.query(`UPDATE delivery_queue SET send_until = now() - interval '1 second'`)
      expect(await r.store.expire(10)).toBe(1)
    },
  ]
  for (const end of ends) {
    await using s = await setUp(hour)
    await running(s.worker, async () => await s.isWaiting())
    await end(s)
    expect(await s.r.states()).toEqual({ sent: 1 })
    expect((await s.turns()).at(-1)).toMatchObject({
      step: 0,
      reason: expect.stringMatching(/^accepted by the provider; /) as string,
    })
    expect(await s.counted()).toEqual([
      { is_first: true, attempts: 1, sent: 1, delivered: 0, others: 0 },
    ])
  }
})

test('while it waits it is neither late nor in trouble: no last error, and its breaker is not its business', async () => {
  await using s = await setUp(hour)
  await running(s.worker, async () => await s.isWaiting())
  await s.db.owner.query(
    `UPDATE integration_states SET breaker_state = 'open', open_until = now() + interval '1 hour'`,
  )
  const [{ delivery_id: id } = { delivery_id: '' }] = await s.rows(
    'SELECT delivery_id FROM delivery_queue',
  )
  const [row] = await query<Record<string, unknown>>(s.db.owner, findDelivery, [s.r.tenantId, id])
  expect(row).toMatchObject({
    state: 'pending',
    pending_reason: 'awaiting_receipt',
    last_error: null,
  })
})
