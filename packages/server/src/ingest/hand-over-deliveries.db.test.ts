/** What is accepted for this process's own worker: stored leased where nothing is in the way, and as the claim would have it. */
import { randomUUID } from 'node:crypto'
import { freshProgress } from '@carillon/domain/route-progress'
import { instant, toIso } from '@carillon/domain/clock'
import { given } from '@carillon/testkit/given'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { describe, expect, test } from 'vitest'
import type { HandOverRow, ReserveRows } from '../delivery/hand-over.ts'
import { createPostgresStore } from '../delivery/postgres-store.ts'
import type { ClaimedDelivery } from '../delivery/store.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { createAcceptEvents } from './accept-events.ts'

const owner = randomUUID()
const leaseMs = 30_000

/** A worker with room for everything, and what it hears. */
const openHanded = () => {
  const asked: HandOverRow[] = []
  const stored: ClaimedDelivery[][] = []
  const failed: number[] = []
  const reserve: ReserveRows = (rows) => {
    asked.push(...rows)
    return {
      owner,
      leaseMs,
      deliveryIds: new Set(rows.map(({ deliveryId }) => deliveryId)),
      stored: (claims) => void stored.push([...claims]),
      failed: () => void failed.push(1),
    }
  }
  return { asked, stored, failed, reserve }
}

const arrange = async (db: TestDb, to = 'anna@example.org', orderingKey?: string) => {
  const tenantId = await given(db.owner).tenant()
  const integrationId = await given(db.owner).integration(tenantId)
  await given(db.owner).rule(tenantId, {
    plan: {
      steps: [{ integrationId, to }],
      ...(orderingKey === undefined ? {} : { orderingKey }),
    },
  })
  const accept = createAcceptEvents({
    newId: createSystemIdGenerator(),
    renderer: createTemplateRenderer(),
    shard: 1,
  })
  const time = instant(1_790_000_000_000)
  const event = {
    tenantId,
    view: {
      id: randomUUID(),
      source: 'shop',
      type: 'order.paid',
      time: toIso(time),
      data: { n: 1 },
    },
    time,
    dataJson: '{"n": 1}',
  }
  return { tenantId, integrationId, accept, event }
}

const states = async (db: TestDb): Promise<readonly string[]> => {
  const { rows } = await db.owner.query<{ state: string }>('SELECT state FROM delivery_queue')
  return rows.map(({ state }) => state)
}

describe('handing over', () => {
  test('stores the row leased, and says of it what a claim says of the same row', async () => {
    await using db = await testDb()
    const { accept, event, tenantId, integrationId } = await arrange(db)
    const { stored, reserve } = openHanded()
    const accepted = await accept(db.engine, [event], reserve)
    expect(accepted.lanes).toEqual([])
    const claim = stored[0]?.[0]
    expect(claim).toMatchObject({ fence: 1, progress: freshProgress, address: 'anna@example.org' })
    const { rows } = await db.owner.query(
      `SELECT delivery_id, state, fence, lease_owner, due_at > clock_timestamp() + interval '25 seconds' AS is_leased,
              claimed_at, send_until FROM delivery_queue`,
    )
    expect(rows).toMatchObject([
      {
        delivery_id: claim?.deliveryId,
        state: 'sending',
        fence: 1,
        lease_owner: owner,
        is_leased: true,
      },
    ])
    // Given back, it is claimed: but for the fence and the times of the lease that is the same.
    const store = createPostgresStore({
      pool: db.engine,
      leasePool: db.engine,
      shard: 1,
      onBreakerOpened: async () => undefined,
    })
    if (claim === undefined) throw new Error('nothing was handed over')
    await store.release([{ claim, dueAt: claim.dueAt, reason: 'released' }])
    const lane = { tenantId, integrationId, priority: claim.priority }
    const [again] = await store.claim(
      [{ ...lane, take: 1, from: instant(0), onlyPassing: false }],
      {
        owner,
        leaseMs,
      },
    )
    expect({ ...again, fence: 1, claimedAt: claim.claimedAt, createdAt: claim.createdAt }).toEqual({
      ...claim,
      // The clock goes on between two columns of one statement.
      sendUntil: again?.sendUntil,
    })
    expect(Math.abs((again?.createdAt ?? 0) - claim.createdAt)).toBeLessThan(50)
    expect(again?.sendUntil).toBe(claim.sendUntil)
  })

  test.for([
    [
      'the breaker is open',
      `UPDATE integration_states SET breaker_state = 'open', open_until = now()`,
    ],
    [
      'the integration is paused',
      `UPDATE integration_states SET paused_until = now() + interval '1 hour'`,
    ],
    [
      'the address is suppressed',
      `INSERT INTO suppressions (tenant_id, channel, address, reason)
       SELECT tenant_id, channel, 'anna@example.org', 'manual' FROM integrations`,
    ],
  ] as const)('leaves it to the claim when %s', async ([, sql]) => {
    await using db = await testDb()
    const { accept, event, tenantId, integrationId } = await arrange(db)
    await db.owner.query(
      `INSERT INTO integration_states (tenant_id, integration_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [tenantId, integrationId],
    )
    await db.owner.query(sql)
    const { asked, stored, reserve } = openHanded()
    const accepted = await accept(db.engine, [event], reserve)
    expect(asked.length).toBe(1)
    expect(stored).toEqual([[]])
    expect(accepted.lanes).toEqual([{ tenantId, integrationId, priority: 0 }])
    expect(await states(db)).toEqual(['pending'])
  })

  test('a duplicate hands nothing over, and ends the reservation', async () => {
    await using db = await testDb()
    const { accept, event } = await arrange(db)
    const { stored, reserve } = openHanded()
    await accept(db.engine, [event], reserve)
    await accept(db.engine, [event], reserve)
    expect(stored.map(({ length }) => length)).toEqual([1, 0])
  })

  test('what must keep an order, or is written otherwise than the suppression list writes it, is not asked for', async () => {
    await using db = await testDb()
    const { asked, reserve } = openHanded()
    const ordered = await arrange(db, 'anna@example.org', 'customer-1')
    await ordered.accept(db.engine, [ordered.event], reserve)
    const spelt = await arrange(db, 'Anna@Example.org')
    await spelt.accept(db.engine, [spelt.event], reserve)
    expect(asked).toEqual([])
    expect(await states(db)).toEqual(['pending', 'pending'])
  })

  test('a statement that fails is told: what became of the rows is not known', async () => {
    await using db = await testDb()
    const { accept, event } = await arrange(db)
    const { stored, failed, reserve } = openHanded()
    const broken = { ...event, dataJson: 'no json' }
    await expect(accept(db.engine, [broken], reserve)).rejects.toThrow(/json/)
    expect([stored, failed]).toEqual([[], [1]])
  })
})
