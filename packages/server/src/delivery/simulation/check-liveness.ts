/**
 * The promises about time, once the faults have ended: no lease is overdue, nothing is past its deadline (I3), and nothing
 * that could be sent is left lying. Looked at every simulated second.
 */
import { instant } from '@carillon/domain/clock'
import { intervalMs } from '@carillon/domain/rate-limit'
import { stateText } from '../fold-states.ts'
import type { MemoryRow } from '../memory-tables.ts'
import type { Machine } from './machine.ts'
import { violate, type World } from './world.ts'

/** Calls that were slow when the faults ended, and clocks that were measured then, are over by now. */
const settledAfterMs = 30_000
/** Sweeps come every second. */
const sweepMs = 3_000

/** Makes the look: call it every second. `machineOf`: the process that has this name in its leases, if it still runs. */
export const createLivenessChecks = (
  world: World,
  machineOf: (owner: string) => Machine | undefined,
): (() => void) => {
  const ready = new Map<string, { readonly since: number; readonly patienceMs: number }>()
  return () => {
    const now = world.kernel.now()
    const graceMs = world.scenario.isCalm ? 0 : settledAfterMs
    if (world.calmSince === undefined || now < world.calmSince + graceMs) return
    for (const row of world.tables.queue.values()) {
      if (row.state === 'sending' && row.dueAt + sweepMs < now)
        violate(world, `I3: the lease of ${row.deliveryId} is overdue`)
      // A claim whose answer was lost is nobody's until its lease ends, nor is what a process renewed with its last breath.
      const isOrphan =
        row.state === 'sending' &&
        (machineOf(row.leaseOwner ?? '') === undefined ||
          (row.claimedAt ?? 0) + world.scenario.leaseMs + sweepMs >= now)
      const endsAt = world.tables.campaigns.get(row.campaign ?? '')?.endsAt ?? row.sendUntil
      if (endsAt + sweepMs + world.scenario.leaseMs / 6 < now && !isOrphan)
        violate(world, `I3: ${row.deliveryId} is ${row.state} after its deadline`)
      if (row.state === 'pending' && readyAt(row, world) <= now) {
        const { since, patienceMs } = ready.get(row.deliveryId) ?? { since: now, patienceMs: 0 }
        const mostMs = Math.max(patienceMs, patienceWith(row, world))
        ready.set(row.deliveryId, { since, patienceMs: mostMs })
        if (now - since > mostMs)
          violate(world, `I3: nobody takes ${row.deliveryId}, ready for ${now - since} ms`)
      } else if (row.state === 'pending') ready.delete(row.deliveryId)
    }
  }
}

/** When the row can be claimed, as far as the present state tells. */
const readyAt = (row: MemoryRow, world: World): number => {
  const { tables } = world
  const state = tables.states.get(stateText(row))
  if (state === undefined || isBehind(row, world)) return Infinity
  const freeAt = [row.dueAt, state.pausedUntil ?? 0]
  if (state.breaker.state !== 'closed' && row.whenOpen === 'hold')
    freeAt.push(state.breaker.openUntil)
  return Math.max(...freeAt)
}

const isBehind = (row: MemoryRow, world: World): boolean =>
  row.orderingKey !== undefined &&
  [...world.tables.queue.values()].some(
    (other) => other.orderingKey === row.orderingKey && other.deliveryId < row.deliveryId,
  )

/** A few scans, the exchanges before it, and its turn of the rate limits, in which each of the others may come twice. */
const patienceWith = (row: MemoryRow, world: World): number => {
  const { rate, recipientLimit, timeoutMs = 0 } = world.integrations.get(row.integrationId) ?? {}
  const open = world.tables.queue.size
  const perMessage = [rate, recipientLimit].map((limit) =>
    limit === undefined ? 0 : intervalMs(limit),
  )
  return 4 * world.scenario.pollMs + 2_000 + timeoutMs + open * (500 + 2 * Math.max(...perMessage))
}

/** When everything must be over. */
export const endOfPatience = (world: World): number => {
  const { queue, campaigns } = world.tables
  const begin = Math.max(
    0,
    ...world.scenario.campaigns.map((one) => one.startsAfterMs + one.lastsMs),
  )
  const ends = [
    ...[...queue.values()].map((row) => row.sendUntil),
    ...[...campaigns.values()].map(({ endsAt }) => endsAt),
    world.scenario.startAt + begin,
    // What arrives with the last fault.
    world.kernel.now() + Math.max(...world.scenario.plans.map(({ sendForMs }) => sendForMs)),
  ]
  return instant(Math.max(world.kernel.now(), ...ends) + world.scenario.leaseMs + settledAfterMs)
}
