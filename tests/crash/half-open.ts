/** T-K7: the database stays reachable for the kernel and silent for everybody: half-open connections, in both directions. */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany, received, tenantNames } from './workload.ts'

export type HalfOpenScale = {
  readonly deliveries: number
  /** How long the silence lasts. */
  readonly holeSeconds: number
}

const tenants = tenantNames(5)
const failing = 50

/** Runs it: one whole process behind the proxy, in the middle of its work. */
export const halfOpen = async (scale: HalfOpenScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 5, concurrency: 16 })
  const carillon = await fleet.start({ viaProxy: true })
  const ledger = createEventLedger()
  await fleet.sink.set('work', { delayMs: [20, 60] })
  await arrangeTenants(fleet, carillon, tenants, { lane: 'work' })
  // Failures are settled in transactions of several statements: some are open when the silence begins.
  await fleet.sink.set('fails', { status: 503, delayMs: [0, 20] })
  await arrangeTenants(fleet, carillon, ['failing'], {
    lane: 'fails',
    integration: { breaker: { failures: 10_000 } },
    action: { retry: { every: '100ms', max: 100 } },
  })
  await postMany(ledger, carillon, ['failing'], failing)
  await postMany(ledger, carillon, tenants, scale.deliveries / tenants.length)
  await received(fleet, Math.floor(scale.deliveries / 10))
  fleet.proxy.blackhole()
  const notReadyAfterMs = await timeUntil(async () => (await readiness(carillon)) === 503)
  await new Promise((resolve) => setTimeout(resolve, scale.holeSeconds * 1_000))
  const before = fleet.sink.records().length
  fleet.proxy.heal()
  const healedMs = performance.now()
  const [recoveredAfterMs, listedAfterMs] = await Promise.all([
    recovery(fleet, carillon, before),
    timeUntil(async () => (await carillon.call('GET', '/rules')).status === 200),
  ])
  const readyAfterMs = await timeUntil(async () => (await readiness(carillon)) === 200)
  // One that ended by itself is started again, as its supervisor would.
  const ended = carillon.ended()
  if (ended !== undefined) await carillon.start()
  await fleet.sink.set('fails', {})
  // 16 places and 40 ms an exchange: 400 a second at best, a quarter of it when the machine is busy.
  await allFinal(fleet.db, 60_000 + scale.deliveries * 10)
  const drainedAfterMs = Math.round(performance.now() - healedMs)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    maxAttempts: 100,
  })
  return withBounds(
    verdict,
    { notReadyAfterMs, recoveredAfterMs, listedAfterMs, readyAfterMs, drainedAfterMs },
    [
      [before < scale.deliveries, 'everything was sent before the silence'],
      [notReadyAfterMs <= 10_000, 'ready while the database was silent'],
      [recoveredAfterMs <= 15_000, 'alive and idle long after the silence'],
      [verdict.states['sent'] === scale.deliveries + failing, 'not everything was sent'],
    ],
  )
}

const readiness = async (carillon: Carillon): Promise<number> => {
  const response = await fetch(`${carillon.url()}/health/ready`, {
    signal: AbortSignal.timeout(10_000),
  })
  await response.arrayBuffer()
  return response.status
}

/** Milliseconds until it is so. */
const timeUntil = async (isSo: () => Promise<boolean>): Promise<number> => {
  const startMs = performance.now()
  await eventually(async () => {
    if (!(await isSo())) throw new Error('not yet')
  }, 120_000)
  return Math.round(performance.now() - startMs)
}

/** Until it delivers again, or has ended with a code that says so. */
const recovery = async (fleet: Fleet, carillon: Carillon, before: number): Promise<number> =>
  await timeUntil(
    async () =>
      fleet.sink.records().length > before ||
      (carillon.ended() !== undefined && carillon.ended() !== 0),
  )
