/** T-F5: somebody has forgotten a transaction, so that no dead row can be removed, while events come and go. */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { delayShape, trickle } from './quiet-lane.ts'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany } from './workload.ts'

export type HoldSnapshotScale = {
  /** Deliveries that come and go first: their dead rows stay. */
  readonly churn: number
  readonly perSecond: number
  readonly seconds: number
}

/** Runs it on one whole process. How fast claims are with many more rows is `npm run bench -- backlog`. */
export const holdSnapshot = async (scale: HoldSnapshotScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 30 })
  const carillon = await fleet.start()
  const ledger = createEventLedger()
  await arrangeTenants(fleet, carillon, ['quiet'], { lane: 'work' })
  const holder = await fleet.db.connect()
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await holder.query('SELECT count(*) FROM delivery_queue')
  await postMany(ledger, carillon, ['quiet'], scale.churn, 'churn')
  await allFinal(fleet.db, 120_000)
  const before = await delaysBefore(fleet)
  await trickle(ledger, carillon, { tenant: 'quiet', ...scale })
  await allFinal(fleet.db, 60_000)
  await holder.query('COMMIT')
  holder.release()
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
  })
  const sink = { ...fleet.sink, records: () => fleet.sink.records().slice(before) }
  const quietMs = await delayShape({ ...fleet, sink }, 'quiet', 'work')
  return withBounds(verdict, { quietMs }, [
    [(quietMs[2] ?? Infinity) <= 500, 'dead rows delay what is due (p99 over 500 ms)'],
    [verdict.states['sent'] === verdict.deliveries, 'not everything was sent'],
  ])
}

const delaysBefore = async ({ sink }: Fleet): Promise<number> => sink.records().length
