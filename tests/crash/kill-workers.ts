/** T-K1: workers are killed (-9) again and again while they deliver; nothing may get lost, and what comes twice says so. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany, received, tenantNames } from './workload.ts'

export type KillWorkersScale = {
  readonly deliveries: number
  readonly kills: number
  readonly leaseSeconds: number
}

const workers = 3
const tenants = tenantNames(10)
const concurrency = 8

/** Runs it; three workers, ten tenants, a sink that takes 5 to 50 ms. */
export const killWorkers = async (scale: KillWorkersScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: scale.leaseSeconds, concurrency })
  const api = await fleet.start({ roles: 'api,scheduler' })
  const ledger = createEventLedger()
  await fleet.sink.set('work', { delayMs: [5, 50] })
  await arrangeTenants(fleet, api, tenants, { lane: 'work' })
  await postMany(ledger, api, tenants, scale.deliveries / tenants.length)
  const fleetOfWorkers = await Promise.all(
    Array.from({ length: workers }, async () => await fleet.start({ roles: 'worker' })),
  )
  const lastKill = await killInTurn(fleetOfWorkers, scale, async (count) => received(fleet, count))
  await allFinal(fleet.db, 60_000 + scale.leaseSeconds * 2_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
  })
  const { rows } = await fleet.db.query<{ at: number | null }>(
    `SELECT max(settled_at) AS at FROM settlements WHERE outcome = 'unknown'`,
  )
  const mostDuplicates = scale.kills * concurrency
  const lastOrphanAfterMs = Math.round((rows[0]?.at ?? lastKill) - lastKill)
  return withBounds(verdict, { kills: scale.kills, mostDuplicates, lastOrphanAfterMs }, [
    [verdict.states['sent'] === scale.deliveries, 'not everything was sent'],
    [verdict.duplicates <= mostDuplicates, 'more duplicates than were in flight'],
    [verdict.unknown > 0, 'no kill hit anything'],
    [lastOrphanAfterMs < scale.leaseSeconds * 1_000 + 5_000, 'an orphan waited too long'],
  ])
}

/** Kills one after each part of the work, at random, and starts it again while the others go on. Returns when the last one fell. */
const killInTurn = async (
  fleetOfWorkers: readonly Carillon[],
  { deliveries, kills }: KillWorkersScale,
  reached: (count: number) => Promise<void>,
): Promise<number> => {
  const up = new Set(fleetOfWorkers)
  const restarts: Promise<void>[] = []
  const restart = async (worker: Carillon): Promise<void> => {
    await worker.start()
    up.add(worker)
  }
  let lastKill = 0
  for (let n = 1; n <= kills; n += 1) {
    await reached(Math.floor((deliveries * n) / (kills + 1)))
    // All of them may be just starting again.
    if (up.size === 0) await Promise.all(restarts)
    const victim = [...up][Math.floor(Math.random() * up.size)]
    if (victim === undefined) throw new Error('no worker is up')
    up.delete(victim)
    await victim.kill()
    lastKill = Date.now()
    restarts.push(restart(victim))
  }
  await Promise.all(restarts)
  return lastKill
}
