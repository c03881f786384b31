/** T-K4: a worker stands still (SIGSTOP) for longer than its leases, and then goes on as if nothing had been. */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany, received, tenantNames } from './workload.ts'

export type PauseWorkerScale = {
  readonly deliveries: number
  readonly pauses: number
  readonly leaseSeconds: number
}

const tenants = tenantNames(5)
const concurrency = 32

/** Runs it: two workers, of which now the one and now the other stands still in the middle of its exchanges. */
export const pauseWorker = async (scale: PauseWorkerScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: scale.leaseSeconds, concurrency })
  const api = await fleet.start({ roles: 'api,scheduler' })
  const ledger = createEventLedger()
  await fleet.sink.set('work', { delayMs: [200, 800] })
  await arrangeTenants(fleet, api, tenants, { lane: 'work' })
  await postMany(ledger, api, tenants, scale.deliveries / tenants.length)
  const workers = [await fleet.start({ roles: 'worker' }), await fleet.start({ roles: 'worker' })]
  const orphans: number[] = []
  for (let n = 0; n < scale.pauses; n += 1) {
    await received(fleet, Math.floor((scale.deliveries * (n + 1)) / (scale.pauses + 2)))
    const worker = workers[n % workers.length]
    if (worker !== undefined) orphans.push(await pauseOnce(fleet, worker, scale.leaseSeconds))
  }
  await allFinal(fleet.db, 60_000 + scale.leaseSeconds * 2_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
  })
  const most = scale.pauses * concurrency
  return withBounds(verdict, { orphans, most }, [
    [Math.min(...orphans) > 0, 'a pause hit nothing'],
    [verdict.duplicates <= most, 'more duplicates than were in flight'],
    [workers.every((worker) => worker.ended() === undefined), 'a worker ended'],
    [verdict.states['sent'] === scale.deliveries, 'not everything was sent'],
  ])
}

/** Stops it until its rows have been taken from it, and lets it go on; returns how many they were. */
const pauseOnce = async (
  { db }: Fleet,
  worker: Carillon,
  leaseSeconds: number,
): Promise<number> => {
  const before = await lost(db)
  process.kill(worker.pid(), 'SIGSTOP')
  try {
    await eventually(
      async () => {
        if ((await lost(db)) === before) throw new Error('its leases have not run out')
      },
      leaseSeconds * 1_000 + 20_000,
    )
  } finally {
    process.kill(worker.pid(), 'SIGCONT')
  }
  return (await lost(db)) - before
}

const lost = async (db: Fleet['db']): Promise<number> =>
  (
    await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM settlements WHERE outcome = 'unknown'`,
    )
  ).rows[0]?.n ?? 0
