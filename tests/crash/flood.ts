/** T-F3: one tenant suddenly sends seven times as much as all others together. Its own messages wait; nobody else's do. */
import { readFile } from 'node:fs/promises'
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { delayShape, trickle } from './quiet-lane.ts'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants } from './workload.ts'

export type FloodScale = { readonly seconds: number }

const quietPerSecond = 40

/** Runs it on one whole process. Campaigns and their pages have tests of their own. */
export const flood = async (scale: FloodScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 30 })
  const carillon = await fleet.start()
  const ledger = createEventLedger()
  await fleet.sink.set('work', { delayMs: [5, 30] })
  await arrangeTenants(fleet, carillon, ['quiet', 'loud'], { lane: 'work' })
  const slow = watchStatements(fleet)
  await Promise.all([
    trickle(ledger, carillon, { tenant: 'loud', perSecond: 7 * quietPerSecond, ...scale }),
    trickle(ledger, carillon, { tenant: 'quiet', perSecond: quietPerSecond, ...scale }),
  ])
  const rssMib = Math.round(await memoryOf(carillon))
  await allFinal(fleet.db, 300_000)
  const slowestMs = await slow.stop()
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
  })
  const quietMs = await delayShape(fleet, 'quiet', 'work')
  return withBounds(verdict, { quietMs, rssMib, slowestMs }, [
    [(quietMs[2] ?? Infinity) <= 500, 'a quiet tenant waited for a loud one (p99 over 500 ms)'],
    [rssMib <= 300, 'over 300 MiB'],
    [slowestMs <= 1_000, 'a statement took over a second'],
    [verdict.states['sent'] === verdict.deliveries, 'not everything was sent'],
  ])
}

const memoryOf = async (carillon: Carillon): Promise<number> => {
  const status = await readFile(`/proc/${carillon.pid()}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024
}

/** Looks again and again at what the server is at; the longest that a statement of the product had run for, in ms. */
const watchStatements = ({ db }: Fleet) => {
  const state = { isOver: false, longestMs: 0 }
  const look = async (): Promise<void> => {
    while (!state.isOver) {
      const { rows } = await db.query<{ ms: number }>(
        `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)) * 1000, 0)::float8 AS ms
           FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'carillon %'`,
      )
      state.longestMs = Math.max(state.longestMs, rows[0]?.ms ?? 0)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const done = look()
  return {
    stop: async (): Promise<number> => {
      state.isOver = true
      await done
      return Math.round(state.longestMs)
    },
  }
}
