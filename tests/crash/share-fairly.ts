/**
 * T-F1 and T-F2: a huge backlog of one tenant, whose endpoints hang and fail, beside a quiet tenant and a good endpoint of
 * its own. How long the quiet ones wait is what counts; how fast the backlog goes is not.
 */
import { arrangeLane, arrangeTenant } from '@carillon/testkit/arrange-tenant'
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { delayShape, trickle } from './quiet-lane.ts'
import { withBounds, type Report } from './report.ts'
import { postMany, received } from './workload.ts'

export type ShareFairlyScale = { readonly backlog: number; readonly seconds: number }

const quietPerSecond = 50
const goodPerSecond = 20
/** Together they want more places than a worker has, several times over; five tenants have four each. */
const hangingLanes = 20
const hangingTenants = ['loud', 'loud-1', 'loud-2', 'loud-3', 'loud-4'] as const
/** What a healthy endpoint takes. */
const goodMs = [10, 50] as const
/** The bad lanes must not be saved by their breaker: they go on hanging and failing all the time. */
const noBreaker = { breaker: { failures: 10_000 } }

/** Runs it on one whole process. */
export const shareFairly = async (scale: ShareFairlyScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 30 })
  const carillon = await fleet.start()
  const ledger = createEventLedger()
  await fleet.sink.set('hangs', { hangs: true })
  await fleet.sink.set('fails', { status: 500, delayMs: [5, 20] })
  await fleet.sink.set('good', { delayMs: goodMs })
  for (const tenant of [...hangingTenants, 'other', 'quiet']) await arrangeTenant(carillon, tenant)
  const retry = { retry: { every: '1s', max: 100 } }
  const badLanes = [
    ...Array.from(
      { length: hangingLanes },
      (_, n) => [hangingTenants[n % hangingTenants.length] ?? 'loud', 'hangs'] as const,
    ),
    ['other', 'fails'] as const,
  ]
  for (const [n, [tenant, lane]] of badLanes.entries())
    await arrangeLane(carillon, tenant, {
      url: fleet.sink.url(tenant, lane),
      eventType: `bad.${n}`,
      integration: noBreaker,
      action: retry,
    })
  for (const tenant of ['loud', 'quiet'])
    await arrangeLane(carillon, tenant, {
      url: fleet.sink.url(tenant, 'good'),
      eventType: 'good.happened',
    })
  const each = Math.floor(scale.backlog / badLanes.length)
  for (const [n, [tenant]] of badLanes.entries())
    await postMany(ledger, carillon, [tenant], each, `bad.${n}`)
  const good = { seconds: scale.seconds, type: 'good.happened' }
  await Promise.all([
    trickle(ledger, carillon, { tenant: 'quiet', perSecond: quietPerSecond, ...good }),
    trickle(ledger, carillon, { tenant: 'loud', perSecond: goodPerSecond, ...good }),
  ])
  const wanted = (quietPerSecond + goodPerSecond) * scale.seconds
  await received({ sink: { ...fleet.sink, records: () => goodOnes(fleet) } }, wanted)
  // The judge needs a database and a sink that stand still.
  await carillon.kill()
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    allFinal: false,
    maxAttempts: 200,
  })
  const quietMs = await delayShape(fleet, 'quiet', 'good')
  const goodOfLoudMs = await delayShape(fleet, 'loud', 'good')
  return withBounds(verdict, { quietMs, goodOfLoudMs }, [
    [(quietMs[2] ?? Infinity) <= 500, 'a quiet tenant waited for a loud one (p99 over 500 ms)'],
    [(goodOfLoudMs[2] ?? Infinity) <= 1_000, 'a good endpoint waited for a bad one (p99 over 1 s)'],
  ])
}

const goodOnes = ({ sink }: Fleet) => sink.records().filter(({ lane }) => lane === 'good')
