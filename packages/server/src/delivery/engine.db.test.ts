/** The engine on real Postgres with a scripted sender: every outcome leads where delivery.md says, and the ledger adds up. */
import { randomUUID } from 'node:crypto'
import { defaultBreaker } from '@carillon/domain/breaker'
import { instant } from '@carillon/domain/clock'
import { firstWindow } from '@carillon/domain/lanes'
import { engineRig as rig, running } from '@carillon/testkit/engine-rig'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { describe, expect, test } from 'vitest'
import type { ClaimedDelivery, DeliveryStore, SettledTurn } from './store.ts'

/** What is due in the first lane, leased to a worker that nobody hears of again. */
const claimDue = async (
  store: DeliveryStore,
  leaseMs: number,
): Promise<readonly ClaimedDelivery[]> => {
  const [lane] = await store.findLanes([])
  if (lane === undefined) throw new Error('no lane')
  const wish = { ...lane, take: 10, from: instant(0), onlyPassing: false }
  return await store.claim([wish], { owner: randomUUID(), leaseMs })
}

const sentTurn = (claim: ClaimedDelivery): SettledTurn => ({
  claim,
  startedAt: claim.claimedAt,
  durationMs: 1,
  outcome: { kind: 'accepted', ids: [] },
  decision: { kind: 'final', state: 'sent', reason: '' },
  nextIntegrationId: claim.integrationId,
  channel: 'test',
  breakerPolicy: defaultBreaker,
})

describe('the engine on Postgres', () => {
  test('what was accepted is sent once, recorded and counted', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    await r.accept(500)
    const seen: string[] = []
    const worker = r.worker((claim) => {
      seen.push(claim.deliveryId)
      return { kind: 'accepted', ids: [], httpStatus: 200 }
    })
    await running(worker, async () => {
      await eventually(async () => expect(await r.states()).toEqual({ sent: 500 }))
    })
    expect(new Set(seen).size).toBe(500)
    expect(seen.length).toBe(500)
    const { rows } = await db.owner.query(
      'SELECT sum(created)::int AS created, sum(sent)::int AS sent, sum(attempts)::int AS attempts FROM delivery_counters',
    )
    expect(rows[0]).toEqual({ created: 500, sent: 500, attempts: 500 })
  })

  test('a failing step hands on to the next one at once, and the timeline has both', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const [first, second] = [
      await given(db.owner).integration(r.tenantId),
      await given(db.owner).integration(r.tenantId),
    ]
    await given(db.owner).rule(r.tenantId, {
      plan: {
        steps: [
          { integrationId: first, to: 'a' },
          { integrationId: second, to: 'b' },
        ],
      },
    })
    await r.accept(1)
    const worker = r.worker((claim) =>
      claim.integrationId === first
        ? { kind: 'recipient_rejected', reason: 'unknown user', suppress: 'invalid' }
        : { kind: 'accepted', ids: ['x', 'y'] },
    )
    await running(worker, async () => {
      await eventually(async () => expect(await r.states()).toEqual({ sent: 1 }))
    })
    const { rows } = await db.owner.query(
      'SELECT attempt, step, outcome, state, provider_ids FROM settlements ORDER BY turn',
    )
    expect(rows).toEqual([
      { attempt: 1, step: 0, outcome: 'recipient_rejected', state: 'pending', provider_ids: null },
      { attempt: 2, step: 1, outcome: 'accepted', state: 'sent', provider_ids: ['x', 'y'] },
    ])
    const suppressed = await db.owner.query('SELECT address, reason FROM suppressions')
    expect(suppressed.rows).toEqual([{ address: 'a', reason: 'invalid' }])
  })

  test('a dead integration opens its breaker and burns no further attempts; the other one goes on', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const [dead, good] = [
      await given(db.owner).integration(r.tenantId),
      await given(db.owner).integration(r.tenantId),
    ]
    await given(db.owner).rule(r.tenantId, {
      eventType: 'dead',
      plan: { steps: [{ integrationId: dead, to: 'a' }] },
    })
    await given(db.owner).rule(r.tenantId, {
      eventType: 'good',
      plan: { steps: [{ integrationId: good, to: 'a' }] },
    })
    await r.accept(200, 'dead')
    await r.accept(200, 'good')
    let tried = 0
    const worker = r.worker((claim) => {
      if (claim.integrationId === good) return { kind: 'accepted', ids: [] }
      tried += 1
      return { kind: 'retry', reason: 'connection refused', scope: 'message' }
    })
    await running(worker, async () => {
      await eventually(async () => expect(await r.states()).toEqual({ sent: 200, pending: 200 }))
      await eventually(async () => {
        const { rows } = await db.owner.query(
          'SELECT breaker_state FROM integration_states WHERE integration_id = $1',
          [dead],
        )
        expect(rows).toEqual([{ breaker_state: 'open' }])
      })
      await eventually(() =>
        expect(worker.stats()).toMatchObject({ waiting: 0, inFlight: 0, unsettled: 0 }),
      )
    })
    expect(tried).toBeGreaterThanOrEqual(5)
    // At most what was in flight when the fifth failure came back.
    expect(tried).toBeLessThanOrEqual(64 + 5)
    expect((await r.states())['sending']).toBeUndefined()
  })

  test('a lost worker is noticed: its turn is unknown, the next one is marked as a possible duplicate', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    await r.accept(1)
    const claims = await claimDue(r.store, 0)
    expect(claims.length).toBe(1)
    expect(await r.store.reap(100)).toBe(1)
    const worker = r.worker((claim) => ({
      kind: 'accepted',
      ids: [String(claim.progress.possibleDuplicate)],
    }))
    await running(worker, async () => {
      await eventually(async () => expect(await r.states()).toEqual({ sent: 1 }))
    })
    const { rows } = await db.owner.query(
      'SELECT attempt, outcome, reason, possible_duplicate FROM settlements ORDER BY turn',
    )
    expect(rows).toEqual([
      { attempt: 1, outcome: 'unknown', reason: 'worker lost', possible_duplicate: false },
      { attempt: 2, outcome: 'accepted', reason: null, possible_duplicate: true },
    ])
  })

  test('a worker lost with an integration that must not repeat: its row is held for a person', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await db.owner.query(`UPDATE integrations SET on_unknown = 'hold'`)
    await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    await r.accept(1)
    const lane = (await r.store.findLanes([]))[0]
    if (lane === undefined) throw new Error('no lane')
    await r.store.claim([{ ...lane, take: 10, from: instant(0), onlyPassing: false }], {
      owner: randomUUID(),
      leaseMs: 0,
    })
    expect(await r.store.reap(100)).toBe(1)
    const { rows } = await db.owner.query(
      `SELECT state, reason, send_until - due_at < interval '1 millisecond' AS held, possible_duplicate
         FROM delivery_queue`,
    )
    expect(rows).toEqual([
      { state: 'pending', reason: 'paused', held: true, possible_duplicate: true },
    ])
  })

  test('an integration that hangs in all the places it may have delays nobody else', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const [hanging, quiet] = [
      await given(db.owner).integration(r.tenantId),
      await given(db.owner).integration(r.tenantId),
    ]
    await given(db.owner).rule(r.tenantId, {
      eventType: 'hanging',
      plan: { steps: [{ integrationId: hanging, to: 'a' }] },
    })
    await given(db.owner).rule(r.tenantId, {
      eventType: 'quiet',
      plan: { steps: [{ integrationId: quiet, to: 'a' }] },
    })
    await r.accept(900, 'hanging')
    const gates: (() => void)[] = []
    let answered = 0
    const worker = r.worker(async (claim) => {
      // It answers long enough to be given all its places, and then no more.
      if (claim.integrationId === hanging && (answered += 1) > 700)
        await new Promise<void>((resolve) => gates.push(resolve))
      return { kind: 'accepted', ids: [] }
    })
    await running(worker, async () => {
      // 64 places less the reserve for lanes that hold nothing.
      await eventually(() => expect(gates.length).toBe(56))
      await r.accept(20, 'quiet')
      await eventually(async () => expect((await r.states())['sent']).toBe(700 + 20))
      expect(worker.stats().inFlight).toBe(gates.length)
      for (const open of gates) open()
    })
  })

  test('settling twice writes once, and a stale lease writes nothing', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    await r.accept(1)
    const [turn] = (await claimDue(r.store, 0)).map(sentTurn)
    if (turn === undefined) throw new Error('no claim')
    expect((await r.store.settle([turn])).written.length).toBe(1)
    expect((await r.store.settle([turn])).written.length).toBe(0)
    expect(await r.states()).toEqual({ sent: 1 })
  })

  test('of a batch those turns are told as written that were ours', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    await r.accept(3)
    const turns = (await claimDue(r.store, 60_000)).map(sentTurn)
    const [first, second, third] = turns
    if (first === undefined || second === undefined || third === undefined) throw new Error('few')
    expect((await r.store.settle([second])).written).toEqual([second])
    expect((await r.store.settle(turns)).written).toEqual([first, third])
    expect((await r.store.settle(turns)).written).toEqual([])
    expect(await r.states()).toEqual({ sent: 3 })
  })

  test('a rate limit is never overshot and nearly used up', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    await r.accept(100)
    const times: number[] = []
    const worker = r.worker(
      () => {
        times.push(performance.now())
        return { kind: 'accepted', ids: [] }
      },
      { rate: { n: 50, perMs: 1_000, burst: 5 } },
    )
    await running(worker, async () => {
      await eventually(async () => expect(await r.states()).toEqual({ sent: 100 }))
    })
    for (const [index, at] of times.entries()) {
      const within = times.slice(index).filter((other) => other - at < 1_000).length
      expect(within).toBeLessThanOrEqual(50 + 5 + 1)
    }
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan((100 / 50) * 1_000 * 1.3)
  })

  test('deliveries with one ordering key go one at a time, in order', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, {
      plan: { steps: [{ integrationId, to: 'a' }], orderingKey: 'k' },
    })
    await r.accept(20)
    const begun: string[] = []
    let open = 0
    let most = 0
    const worker = r.worker(async (claim) => {
      begun.push(claim.deliveryId)
      open += 1
      most = Math.max(most, open)
      await new Promise(setImmediate)
      open -= 1
      return { kind: 'accepted', ids: [] }
    })
    await running(worker, async () => {
      await eventually(async () => expect(await r.states()).toEqual({ sent: 20 }))
    })
    expect(most).toBe(1)
    expect(begun).toEqual([...begun].sort())
  })

  test('a stop gives back what was not begun and waits for what was', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
    await r.accept(300)
    const gates: (() => void)[] = []
    const worker = r.worker(async () => {
      await new Promise<void>((resolve) => gates.push(resolve))
      return { kind: 'accepted', ids: [] }
    })
    worker.start()
    await eventually(() => expect(gates.length).toBe(firstWindow))
    const stopped = worker.stop(20_000)
    for (const open of gates) open()
    await stopped
    expect(await r.states()).toEqual({ sent: firstWindow, pending: 300 - firstWindow })
  })

  test('what is past its deadline expires, and is never sent', async () => {
    await using db = await testDb()
    const r = await rig(db)
    const integrationId = await given(db.owner).integration(r.tenantId)
    await given(db.owner).rule(r.tenantId, {
      plan: { steps: [{ integrationId, to: 'a' }], sendForMs: 1 },
    })
    await r.accept(10)
    let sent = 0
    const worker = r.worker(() => {
      sent += 1
      return { kind: 'accepted', ids: [] }
    })
    await running(worker, async () => {
      await eventually(async () => {
        await r.store.expire(100)
        expect(await r.states()).toEqual({ expired: 10 })
      })
    })
    expect(sent).toBe(0)
  })
})
