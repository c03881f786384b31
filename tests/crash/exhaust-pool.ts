/** T-D1: slow statements hold every connection of the API while hundreds of requests want one. The worker must not feel it. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { delayShape, trickle } from './quiet-lane.ts'
import { allFinal, arrangeTenants } from './workload.ts'

export type ExhaustPoolScale = { readonly requests: number; readonly seconds: number }

type Answered = {
  readonly status: number
  readonly retryAfter: string | null
  readonly tookMs: number
}

/** Runs it on one whole process. */
export const exhaustPool = async (scale: ExhaustPoolScale): Promise<Report> => {
  await using fleet = await startFleet()
  const carillon = await fleet.start()
  const ledger = createEventLedger()
  await arrangeTenants(fleet, carillon, ['quiet'], { lane: 'good' })
  // Once, so that the accepting side knows the rules before their table is out of reach.
  await ledger.post({ ...carillon, tenant: 'quiet', ids: ['first'] })
  const blocker = await fleet.db.connect()
  await blocker.query('BEGIN')
  await blocker.query('LOCK TABLE rules IN ACCESS EXCLUSIVE MODE')
  const quiet = trickle(ledger, carillon, { tenant: 'quiet', perSecond: 20, ...scale })
  const answers = Promise.all(Array.from({ length: scale.requests }, () => listRules(carillon)))
  await quiet
  await blocker.query('ROLLBACK')
  blocker.release()
  const answered = await answers
  await allFinal(fleet.db, 30_000)
  const after = await listRules(carillon)
  const delays = await delayShape(fleet, 'quiet', 'good')
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
  })
  const refused = answered.filter(({ status }) => status === 503)
  const others = answered.filter(({ status }) => status !== 503 && status !== 200)
  const longestMs = Math.round(Math.max(...refused.map(({ tookMs }) => tookMs)))
  return withBounds(verdict, { refused: refused.length, longestMs, quietMs: delays }, [
    [refused.length > scale.requests / 2, 'the pool was not exhausted'],
    [others.length === 0, `answers other than 200 and 503: ${others[0]?.status}`],
    [refused.every(({ retryAfter }) => Number(retryAfter) > 0), 'a 503 without Retry-After'],
    // 2 s for a connection; those that have one wait for the lock up to their own limit.
    [refused.filter(({ tookMs }) => tookMs > 5_000).length <= 32, '503 after more than 5 s'],
    [(delays[2] ?? Infinity) <= 500, 'the worker waited for the API (p99 over 500 ms)'],
    [ledger.refused.size === 0, 'events were refused'],
    [after.status === 200, 'not well afterwards'],
  ])
}

const listRules = async (carillon: Carillon): Promise<Answered> => {
  const startMs = performance.now()
  const { status, headers } = await carillon.call('GET', '/rules', undefined, {
    'carillon-tenant': 'quiet',
  })
  return {
    status,
    retryAfter: headers.get('retry-after'),
    tookMs: performance.now() - startMs,
  }
}
