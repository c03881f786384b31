/**
 * T-F1 and T-F2: a huge backlog of one tenant, whose endpoints hang and fail, beside a quiet tenant and a good endpoint of
 * its own. How long the quiet ones wait is what counts; how fast the backlog goes is not.
 */
import { arrangeLane, arrangeTenant } from '@carillon/testkit/arrange-tenant'
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger, type EventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { postMany, received } from './workload.ts'

export type ShareFairlyScale = { readonly backlog: number; readonly seconds: number }

const quietPerSecond = 50
const goodPerSecond = 20
/** Together they want more places than a worker has. */
const hangingLanes = 6
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
  for (const tenant of ['loud', 'other', 'quiet']) await arrangeTenant(carillon, tenant)
  const retry = { retry: { every: '1s', max: 100 } }
  const badLanes = [
    ...Array.from({ length: hangingLanes }, () => ['loud', 'hangs'] as const),
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
  await Promise.all([
    trickle(ledger, carillon, 'quiet', quietPerSecond, scale.seconds),
    trickle(ledger, carillon, 'loud', goodPerSecond, scale.seconds),
  ])
  const wanted = (quietPerSecond + goodPerSecond) * scale.seconds
  await received({ sink: { ...fleet.sink, records: () => goodOnes(fleet) } }, wanted)
  // The judge needs a database and a sink that stand still.
  await carillon.kill()
  const delays = await startDelays(fleet)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    allFinal: false,
    maxAttempts: 200,
  })
  const [quiet, good] = [shape(delays.get('quiet')), shape(delays.get('loud'))]
  return withBounds(verdict, { quietMs: quiet, goodOfLoudMs: good }, [
    [(quiet[2] ?? Infinity) <= 500, 'a quiet tenant waited for a loud one (p99 over 500 ms)'],
    [(good[2] ?? Infinity) <= 1_000, 'a good endpoint waited for a bad one (p99 over 1 s)'],
  ])
}

const goodOnes = ({ sink }: Fleet) => sink.records().filter(({ lane }) => lane === 'good')

/** `perSecond` events, one by one, at their times: late ones are not left out. */
const trickle = async (
  ledger: EventLedger,
  { url, apiKey }: Carillon,
  tenant: string,
  perSecond: number,
  seconds: number,
): Promise<void> => {
  const startMs = performance.now()
  const posts = Array.from({ length: perSecond * seconds }, async (_, n) => {
    const dueMs = startMs + (n * 1_000) / perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
    await ledger.post({ url, apiKey, tenant, ids: [`good-${n}`], type: 'good.happened' })
  })
  await Promise.all(posts)
}

/** From being accepted to the first byte at the sink, of the good lanes, by tenant. */
const startDelays = async (fleet: Fleet): Promise<ReadonlyMap<string, readonly number[]>> => {
  const { rows } = await fleet.db.query<{ name: string; at: number }>(
    `SELECT t.slug || '/generator/' || e.source_id AS name, d.created_at AS at
       FROM events e JOIN tenants t ON t.tenant_id = e.tenant_id
       JOIN deliveries d ON d.tenant_id = e.tenant_id AND d.event_id = e.id WHERE e.type = 'good.happened'`,
  )
  const created = new Map(rows.map(({ name, at }) => [name, at]))
  const delays = new Map<string, number[]>()
  for (const { tenant, ref, first } of goodOnes(fleet)) {
    const own = delays.get(tenant) ?? []
    own.push(first - (created.get(`${tenant}/${ref}`) ?? Number.NaN))
    delays.set(tenant, own)
  }
  return delays
}

/** p50, p90, p99 and the longest, in whole ms. */
const shape = (values: readonly number[] = []): readonly number[] => {
  const sorted = values.toSorted((a, b) => a - b)
  return [0.5, 0.9, 0.99, 1].map((part) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Infinity),
  )
}
