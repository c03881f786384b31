/** T-D4, file descriptors: a process that may open fewer files than it has exchanges goes on; what it can't open is tried again. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startFleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany, tenantNames } from './workload.ts'

export type StarveFilesScale = { readonly deliveries: number; readonly files: number }

const run = promisify(execFile)
const tenants = tenantNames(6)

/** Runs it on one whole process, whose limit is set (prlimit, util-linux) once it is up. */
export const starveFiles = async (scale: StarveFilesScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 30 })
  const carillon = await fleet.start()
  const ledger = createEventLedger()
  await fleet.sink.set('slow', { delayMs: [300, 900] })
  await arrangeTenants(fleet, carillon, tenants, {
    lane: 'slow',
    integration: { breaker: { failures: 10_000 } },
    action: { retry: { every: '200ms', max: 100 } },
  })
  const { files } = scale
  await run('prlimit', ['--pid', String(carillon.pid()), `--nofile=${files}:${files}`])
  await postMany(ledger, carillon, tenants, scale.deliveries / tenants.length)
  await allFinal(fleet.db, 120_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    maxAttempts: 100,
  })
  const { rows } = await fleet.db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM settlements WHERE outcome = 'retry' AND reason LIKE '%EMFILE%'`,
  )
  const starved = rows[0]?.n ?? 0
  return withBounds(verdict, { starved }, [
    [verdict.states['sent'] === scale.deliveries, 'not everything was sent'],
    [verdict.duplicates === 0, 'duplicates'],
    [starved > 0, 'the files were never used up'],
    [carillon.ended() === undefined, 'the process ended'],
  ])
}
