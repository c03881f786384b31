/** The sweeps over deliveries run when there is something to sweep: asked before and after, over the store's own statements. */
import { randomUUID } from 'node:crypto'
import { instant } from '@carillon/domain/clock'
import { engineRig, type EngineRig } from '@carillon/testkit/engine-rig'
import { given } from '@carillon/testkit/given'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { createAskForWork } from '../platform/db/ask-for-work.ts'
import { deadlinesDueAcrossTenants, leasesDueAcrossTenants } from './due-queries.ts'

const withOneDelivery = async (db: TestDb): Promise<EngineRig> => {
  const rig = await engineRig(db)
  const integrationId = await given(db.owner).integration(rig.tenantId)
  await given(db.owner).rule(rig.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
  await rig.accept(1)
  return rig
}

/** Is there anything to reap, and to expire? */
const asking = (db: TestDb) => {
  const ask = createAskForWork(db.engine, [leasesDueAcrossTenants, deadlinesDueAcrossTenants])
  return async () => await ask([true, true])
}

const claimAll = async ({ store }: EngineRig, leaseMs: number): Promise<number> => {
  const lanes = (await store.findLanes([])).map((lane) => ({
    ...lane,
    take: 10,
    from: instant(0),
    onlyPassing: false,
  }))
  return (await store.claim(lanes, { owner: randomUUID(), leaseMs })).length
}

test.each([
  { what: 'that has run out', leaseMs: 0, isDue: true },
  { what: 'that holds', leaseMs: 60_000, isDue: false },
])('a lease $what is due to be reaped: $isDue', async ({ leaseMs, isDue }) => {
  await using db = await testDb()
  const rig = await withOneDelivery(db)
  const due = asking(db)
  expect(await due()).toEqual([false, false])
  expect(await claimAll(rig, leaseMs)).toBe(1)
  expect(await due()).toEqual([isDue, false])
  expect(await rig.store.reap(100)).toBe(isDue ? 1 : 0)
  expect(await due()).toEqual([false, false])
})

test('a delivery whose deadline has passed is due to be ended, until it is', async () => {
  await using db = await testDb()
  const rig = await withOneDelivery(db)
  const due = asking(db)
  expect(await due()).toEqual([false, false])
  await db.owner.query(`UPDATE delivery_queue SET send_until = now() - interval '1 second'`)
  expect(await due()).toEqual([false, true])
  expect(await rig.store.expire(100)).toBe(1)
  expect(await due()).toEqual([false, false])
})
