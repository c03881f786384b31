/** T-R1: three workers share one rate limit: never more than it allows in any second, and hardly less. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { arrangeTenants, postMany, received } from './workload.ts'

export type KeepRateScale = {
  readonly perSecond: number
  readonly burst: number
  readonly seconds: number
}

const tenant = 'limited'
/** A request that left in time may be noted later: the network, the sink, a busy machine. */
const noticeMs = 100

/** Runs it: enough work for the time, taken by three workers; what counts is when requests reach the sink. */
export const keepRate = async (scale: KeepRateScale): Promise<Report> => {
  const { perSecond, burst, seconds } = scale
  await using fleet = await startFleet({ leaseSeconds: 30 })
  const api = await fleet.start({ roles: 'api,scheduler' })
  const ledger = createEventLedger()
  const limits = { rate: { n: perSecond, per: '1s', burst } }
  await arrangeTenants(fleet, api, [tenant], { lane: 'work', integration: { limits } })
  const wanted = perSecond * seconds
  // More than is waited for: the end of the queue is not the matter.
  await postMany(ledger, api, [tenant], wanted + 3 * perSecond)
  const workers = await Promise.all(
    [1, 2, 3].map(async () => await fleet.start({ roles: 'worker' })),
  )
  await received(fleet, wanted, seconds * 2_000 + 30_000)
  // The judge needs a database and a sink that stand still.
  await Promise.all(workers.map(async (worker) => await worker.kill()))
  const times = fleet.sink
    .records()
    .map(({ first }) => first)
    .sort((a, b) => a - b)
  const span = (times[wanted - 1] ?? Infinity) - (times[0] ?? 0)
  // A machine that lets the sink stand still does the same to whoever sends.
  const lagMs = Math.round(await fleet.sink.lagMs())
  const overshoot = Math.max(
    ...[1_000, 10_000].map((windowMs) =>
      worstOvershoot(times, { windowMs, noticeMs: noticeMs + lagMs }, scale),
    ),
  )
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    allFinal: false,
  })
  // The burst at the start is no merit.
  const utilisation = ((wanted - burst) * 1_000) / perSecond / span
  return withBounds(verdict, { overshoot, utilisation, lagMs }, [
    [overshoot <= 0, 'more than the rate allows'],
    [utilisation >= 0.95, 'less than 95 % of what the rate allows'],
  ])
}

/** By how many requests the fullest window is over its limit; 0 or less: none is. */
const worstOvershoot = (
  times: readonly number[],
  { windowMs, noticeMs: lateMs }: { readonly windowMs: number; readonly noticeMs: number },
  { perSecond, burst }: KeepRateScale,
): number => {
  const most = ((windowMs + lateMs) * perSecond) / 1_000 + burst
  let worst = -Infinity
  let from = 0
  for (const [to, time] of times.entries()) {
    while (time - (times[from] ?? 0) >= windowMs) from += 1
    worst = Math.max(worst, to - from + 1 - most)
  }
  return Math.ceil(worst)
}
