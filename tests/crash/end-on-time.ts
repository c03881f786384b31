/** T-T0b: thousands of deliveries are waiting, in flight or between two tries when their time is over: not a byte later. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany } from './workload.ts'

export type EndOnTimeScale = { readonly deliveries: number; readonly sendForSeconds: number }

/** Together 50 lanes: in each some are in flight and the others wait. */
const kinds = {
  hangs: { behaviour: { hangs: true }, tenants: 30 },
  slow: { behaviour: { delayMs: [500, 3_000] }, tenants: 10 },
  fails: { behaviour: { status: 503, delayMs: [0, 20] }, tenants: 10 },
} as const

/** Runs it on two processes; every event has the same short life. */
export const endOnTime = async (scale: EndOnTimeScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 30, concurrency: 500 })
  const api = await fleet.start()
  await fleet.start({ roles: 'worker' })
  const ledger = createEventLedger()
  const tenants: string[] = []
  for (const [lane, { behaviour, tenants: count }] of Object.entries(kinds)) {
    await fleet.sink.set(lane, behaviour)
    const names = Array.from({ length: count }, (_, n) => `${lane}-${n}`)
    await arrangeTenants(fleet, api, names, {
      lane,
      integration: { breaker: { failures: 10_000 } },
      action: {
        sendUntil: `${scale.sendForSeconds}s`,
        retry: { every: '200ms', max: 100 },
      },
    })
    tenants.push(...names)
  }
  await postMany(ledger, api, tenants, scale.deliveries / tenants.length)
  await allFinal(fleet.db, (scale.sendForSeconds + 15) * 1_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    maxAttempts: 100,
  })
  const lagMs = Math.round(await fleet.sink.lagMs())
  const { rows } = await fleet.db.query<{ ends: number; bare: number }>(
    `SELECT coalesce(max(extract(epoch FROM s.settled_at - d.send_until)), 0)::float8 AS ends,
            count(*) FILTER (WHERE s.reason IS NULL)::int AS bare
       FROM settlements s JOIN deliveries d ON d.tenant_id = s.tenant_id AND d.id = s.delivery_id
      WHERE s.state = 'expired'`,
  )
  const [{ ends: lastEndSeconds, bare } = { ends: Infinity, bare: Infinity }] = rows
  return withBounds(verdict, { lagMs, lastEndSeconds, bare }, [
    [
      (verdict.states['expired'] ?? 0) > scale.deliveries / 3,
      'hardly any delivery ran into its end',
    ],
    [bare === 0, 'expired without a reason'],
    [lastEndSeconds < 5, 'a delivery ended long after its time'],
  ])
}
