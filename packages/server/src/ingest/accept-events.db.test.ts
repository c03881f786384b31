/** Accepting on real Postgres: all or nothing, duplicates, rules that change meanwhile, many requests at once. */
import { randomUUID } from 'node:crypto'
import { instant, toIso } from '@carillon/domain/clock'
import { given } from '@carillon/testkit/given'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { describe, expect, test } from 'vitest'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { createAcceptEvents } from './accept-events.ts'
import { createGatherEvents } from './gather-events.ts'
import type { IncomingEvent } from './incoming-event.ts'

const acceptor = () =>
  createAcceptEvents({
    newId: createSystemIdGenerator(),
    renderer: createTemplateRenderer(),
    shard: 3,
    otherShards: [5],
  })

const event = (
  tenantId: string,
  values: { readonly id?: string; readonly data?: unknown; readonly type?: string } = {},
): IncomingEvent => {
  const time = instant(1_790_000_000_000)
  const data = values.data ?? { total: 12.5 }
  return {
    tenantId,
    view: {
      id: values.id ?? randomUUID(),
      source: 'shop',
      type: values.type ?? 'order.paid',
      time: toIso(time),
      data,
    },
    time,
    dataJson: JSON.stringify(data),
  }
}

const count = async (db: TestDb, table: string): Promise<number> => {
  const { rows } = await db.owner.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)
  return rows[0]?.n ?? -1
}

describe('accepting events', () => {
  test('an event, its delivery, the queue row and the counter are there together; again is a duplicate that changes nothing', async () => {
    await using db = await testDb()
    const tenantId = await given(db.owner).tenant()
    const integrationId = await given(db.owner).integration(tenantId)
    await given(db.owner).rule(tenantId, {
      plan: { steps: [{ integrationId, to: '{{ data.mail }}' }] },
      filter: { 'data.total': { gt: 10 } },
    })
    const accept = acceptor()
    const one = event(tenantId, {
      id: '1',
      data: { total: 12.5, mail: 'anna@example.org "x" \\ {y}' },
    })
    const small = event(tenantId, { id: '2', data: { total: 1 } })
    const first = await accept(db.engine, [one, small])
    const again = await accept(db.engine, [one])
    expect(first.events.map((accepted) => accepted.duplicate)).toEqual([false, false])
    expect(first.lanes).toEqual([{ tenantId, integrationId, priority: 0 }])
    expect(again).toEqual({
      events: [{ eventId: first.events[0]?.eventId, duplicate: true }],
      lanes: [],
      fanOuts: 0,
    })
    expect(
      await Promise.all(
        ['events', 'deliveries', 'delivery_queue'].map((table) => count(db, table)),
      ),
    ).toEqual([2, 1, 1])
    const { rows } = await db.owner.query('SELECT addresses, recipient FROM deliveries')
    expect(rows).toEqual([
      { addresses: ['anna@example.org "x" \\ {y}'], recipient: 'anna@example.org "x" \\ {y}' },
    ])
    const counters = await db.owner.query('SELECT created, shard FROM delivery_counters')
    expect(counters.rows).toEqual(
      [{ created: '1', shard: 3 }].map((row) => ({ ...row, created: 1 })),
    )
  })

  test('a batch does not wait for one beside it that waits for the counters', async () => {
    await using db = await testDb()
    const tenantId = await given(db.owner).tenant()
    const integrationId = await given(db.owner).integration(tenantId)
    await given(db.owner).rule(tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    const accept = acceptor()
    await accept(db.engine, [event(tenantId)])
    const holder = await db.owner.connect()
    await holder.query('BEGIN')
    await holder.query('SELECT FROM delivery_counters WHERE shard = 3 FOR UPDATE')
    const waiting = accept(db.engine, [event(tenantId)])
    await accept(db.engine, [event(tenantId)])
    await holder.query('COMMIT')
    holder.release()
    await waiting
    const counters = await db.owner.query(
      'SELECT shard, created::int FROM delivery_counters ORDER BY shard',
    )
    expect(counters.rows).toEqual([
      { shard: 3, created: 2 },
      { shard: 5, created: 1 },
    ])
  })

  test('a rule that was made or switched off meanwhile counts from its commit on, whatever the cache says', async () => {
    await using db = await testDb()
    const tenantId = await given(db.owner).tenant()
    const integrationId = await given(db.owner).integration(tenantId)
    const accept = acceptor()
    await accept(db.engine, [event(tenantId)])
    expect(await count(db, 'deliveries')).toBe(0)
    const ruleId = await given(db.owner).rule(tenantId, {
      plan: { steps: [{ integrationId, to: 'a' }] },
    })
    await accept(db.engine, [event(tenantId)])
    expect(await count(db, 'deliveries')).toBe(1)
    await db.owner.query('UPDATE rules SET enabled = false WHERE id = $1', [ruleId])
    await accept(db.engine, [event(tenantId)])
    expect(await count(db, 'deliveries')).toBe(1)
  })

  test('the same event in two requests at once is accepted exactly once', async () => {
    await using db = await testDb()
    const tenantId = await given(db.owner).tenant()
    const accept = acceptor()
    const events = Array.from({ length: 20 }, (_, index) => event(tenantId, { id: `e${index}` }))
    const answers = await Promise.all(
      Array.from({ length: 6 }, async () => await accept(db.engine, events)),
    )
    const fresh = answers
      .flatMap((answer) => answer.events)
      .filter((accepted) => !accepted.duplicate)
    expect(fresh.length).toBe(20)
    expect(await count(db, 'events')).toBe(20)
    expect(
      new Set(answers.flatMap((answer) => answer.events.map((accepted) => accepted.eventId))).size,
    ).toBe(20)
  })

  test('requests are gathered, and one that can not be stored harms only itself', async () => {
    await using db = await testDb()
    const tenantId = await given(db.owner).tenant()
    const gather = createGatherEvents({
      pool: db.engine,
      acceptEvents: acceptor(),
      onAccepted: () => undefined,
    })
    const good = Array.from({ length: 50 }, async () => await gather.accept([event(tenantId)]))
    const bad = gather.accept([{ ...event(tenantId), dataJson: 'no json' }])
    await expect(bad).rejects.toThrow(/json/)
    expect((await Promise.all(good)).flat().length).toBe(50)
    expect(await count(db, 'events')).toBe(50)
  })

  test('events of several tenants in one batch stay apart', async () => {
    await using db = await testDb()
    const [a, b] = [await given(db.owner).tenant(), await given(db.owner).tenant()]
    const accept = acceptor()
    const answer = await accept(db.engine, [event(a, { id: 'same' }), event(b, { id: 'same' })])
    expect(answer.events.map((accepted) => accepted.duplicate)).toEqual([false, false])
  })

  test('a rule that publishes makes its fan-out with the event, and a duplicate of the event makes none', async () => {
    await using db = await testDb()
    const tenantId = await given(db.owner).tenant()
    const subscription = await given(db.owner).subscription(tenantId)
    const ruleId = await given(db.owner).rule(tenantId, {
      publish: subscription,
      eventType: 'order.*',
    })
    const accept = acceptor()
    const first = await accept(db.engine, [
      event(tenantId, { id: '1' }),
      event(tenantId, { id: '2', type: 'mail.received' }),
    ])
    const again = await accept(db.engine, [event(tenantId, { id: '1' })])
    expect([first.fanOuts, first.lanes, again.fanOuts]).toEqual([1, [], 0])
    const { rows } = await db.owner.query(
      'SELECT event_id, subscription, rule_id, origin, state, made FROM fan_outs',
    )
    expect(rows).toEqual([
      {
        event_id: first.events[0]?.eventId,
        subscription,
        rule_id: ruleId,
        origin: 'rule',
        state: 'open',
        made: 0,
      },
    ])
    expect(await count(db, 'deliveries')).toBe(0)
  })

  test('an event that is published by itself makes its own fan-out beside those of rules, held back from the background', async () => {
    await using db = await testDb()
    const tenantId = await given(db.owner).tenant()
    const [own, other] = [
      await given(db.owner).subscription(tenantId),
      await given(db.owner).subscription(tenantId),
    ]
    await given(db.owner).rule(tenantId, { publish: other })
    const fanOutId = randomUUID()
    const publish = { fanOutId, subscription: own, origin: 'trigger', holdMs: 60_000 } as const
    const accepted = await acceptor()(db.engine, [{ ...event(tenantId), publish }])
    expect(accepted.fanOuts).toBe(1)
    const { rows } = await db.owner.query(
      'SELECT id, subscription, origin, due_at > now() AS held FROM fan_outs ORDER BY origin',
    )
    expect(rows).toEqual([
      { id: expect.any(String), subscription: other, origin: 'rule', held: false },
      { id: fanOutId, subscription: own, origin: 'trigger', held: true },
    ])
  })
})
