/**
 * Routes of a seed that wait for receipts, and the receipts. Drawn from a chance of their own, so that the other seeds stay
 * what they are.
 */
import { lastAccepted } from '@carillon/domain/route-progress'
import { denyInMemory, proveInMemory } from '../memory-receipts.ts'
import { createPrng, type Prng } from './prng.ts'
import type { SimPlan } from './scenario.ts'
import type { World } from './world.ts'

/** One of four seeds has such routes. */
const hasReceipts = (seed: number): boolean => seed % 4 === 3

/** Chance for receipts, in the seeds that have them. */
export const receiptsOf = (seed: number): Prng | undefined =>
  hasReceipts(seed) ? createPrng(seed ^ 0x2ece_1b75) : undefined

/** The plans, those with several steps waiting for receipts. */
export const withReceipts = (plans: readonly SimPlan[], seed: number): readonly SimPlan[] => {
  if (!hasReceipts(seed)) return plans
  const prng = createPrng(seed ^ 0x0adc_0de5)
  return plans.map((plan) =>
    plan.steps.length < 2
      ? plan
      : { ...plan, receiptWithinMs: prng.pick([200, 3_000, 10_000, 40_000]) },
  )
}

/** Two receipts a second at most, while there are faults: half of them say that it did not arrive. */
export const startReceipts = (world: World): void => {
  const { receipts: prng, kernel } = world
  if (prng === undefined) return
  const tick = (): void => {
    if (world.calmSince !== undefined) return
    if (prng.chance(0.5)) receiveOne(world, prng)
    kernel.after(500, tick)
  }
  tick()
}

const receiveOne = (world: World, prng: Prng): void => {
  const { tables, kernel, rules } = world
  const rows = [...tables.queue.values()].filter(({ progress }) => progress.accepted !== 0)
  const row = rows[prng.int(0, rows.length - 1)]
  const step = row && lastAccepted(row.progress)
  if (row === undefined || step === undefined) return
  const { deliveryId } = row
  if (prng.chance(0.5)) {
    if (!denyInMemory(tables, { deliveryId, step }, kernel.now(), rules)) return
    world.denied.add(`${deliveryId}/${step}`)
    kernel.note(() => `a receipt says that step ${step} of ${deliveryId} did not bring it there`)
    return
  }
  const taken = tables.settlements.findLast(
    (turn) => turn.deliveryId === deliveryId && turn.outcome === 'accepted' && turn.step === step,
  )
  if (taken === undefined) return
  const { integrationId } = taken
  if (proveInMemory(tables, { deliveryId, step, integrationId }, kernel.now()))
    kernel.note(() => `a receipt says that ${deliveryId} has arrived`)
}
