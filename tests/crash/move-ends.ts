/** T-T0b, an end that is moved: thousands of deliveries are under way when their end comes nearer; from there on not a byte. */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany, received, tenantNames } from './workload.ts'

export type MoveEndsScale = { readonly deliveries: number }

const tenants = tenantNames(20)
const leaseSeconds = 6
/** Whoever holds a row hears of its end within a third of the lease; the rest is for a busy machine. */
const noticeMs = 4_000

/** Runs it on two processes; the ends are moved as a campaign will do it, in the rows themselves. */
export const moveEnds = async (scale: MoveEndsScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds, concurrency: 500 })
  const api = await fleet.start()
  await fleet.start({ roles: 'worker' })
  const ledger = createEventLedger()
  await fleet.sink.set('hangs', { hangs: true })
  await fleet.sink.set('fails', { status: 503, delayMs: [0, 500] })
  for (const lane of ['hangs', 'fails'])
    await arrangeTenants(fleet, api, tenants, {
      lane,
      eventType: lane,
      integration: { breaker: { failures: 10_000 } },
      action: { sendUntil: '1h', retry: { every: '200ms', max: 100 } },
    })
  for (const type of ['hangs', 'fails'])
    await postMany(ledger, api, tenants, scale.deliveries / tenants.length / 2, type)
  await received(fleet, scale.deliveries / 2)
  const open = await moveAll(fleet)
  await allFinal(fleet.db, noticeMs + 15_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    maxAttempts: 100,
  })
  const lastEndSeconds = await lastEnd(fleet)
  return withBounds(verdict, { open, lastEndSeconds }, [
    [open > 0, 'nothing was under way when the end was moved'],
    // Those that hang are open for 15 s by themselves: they were ended.
    [lastEndSeconds < 3, 'an exchange went on after the end'],
  ])
}

/** Moves every end; returns how many exchanges were open at that moment. */
const moveAll = async ({ db }: Fleet): Promise<number> => {
  const { rows } = await db.query<{ open: number }>(
    `WITH ends AS (SELECT now() + $1 * interval '1 millisecond' AS at),
          moved AS (UPDATE delivery_queue SET send_until = ends.at FROM ends RETURNING state),
          shown AS (UPDATE deliveries SET send_until = ends.at FROM ends RETURNING 1)
     SELECT count(*) FILTER (WHERE state = 'sending')::int AS open FROM moved`,
    [noticeMs],
  )
  return rows[0]?.open ?? 0
}

const lastEnd = async ({ db }: Fleet): Promise<number> =>
  (
    await db.query<{ seconds: number }>(
      `SELECT coalesce(max(extract(epoch FROM s.settled_at - d.send_until)), 0)::float8 AS seconds
         FROM settlements s JOIN deliveries d ON d.tenant_id = s.tenant_id AND d.id = s.delivery_id
        WHERE s.state <> 'pending'`,
    )
  ).rows[0]?.seconds ?? Infinity
