/** T-K2: the API is killed (-9) again and again while clients post and repeat what was not answered. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger, type EventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, tenantNames } from './workload.ts'

export type KillApiScale = { readonly requests: number; readonly kills: number }

const tenants = tenantNames(4)
const posters = 16

/** Runs it: one API, one worker with the scheduler; every request carries an Idempotency-Key. */
export const killApi = async (scale: KillApiScale): Promise<Report> => {
  await using fleet = await startFleet()
  const api = await fleet.start({ roles: 'api' })
  await fleet.start({ roles: 'worker,scheduler' })
  const ledger = createEventLedger()
  await arrangeTenants(fleet, api, tenants, { lane: 'work' })
  const posting = postAll(ledger, api, scale.requests)
  for (let n = 1; n <= scale.kills; n += 1) {
    const goal = Math.floor((scale.requests * n) / (scale.kills + 1))
    await eventually(() => {
      if (ledger.acked.length < goal) throw new Error(`${ledger.acked.length} acked`)
    }, 60_000)
    await api.kill()
    await api.start()
  }
  await posting
  const otherBody = await reuseKey(api)
  await allFinal(fleet.db, 60_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
  })
  const unanswered = ledger.refused.get(0) ?? 0
  return withBounds(verdict, { kills: scale.kills, unanswered, otherBody }, [
    [unanswered > 0, 'no kill hit a request'],
    [verdict.deliveries === scale.requests, 'not exactly one delivery for each request'],
    [verdict.duplicates === 0 && verdict.received === scale.requests, 'something was sent twice'],
    [otherBody === 409 || otherBody === 422, 'a used key was taken for another body'],
  ])
}

const postAll = async (ledger: EventLedger, api: Carillon, requests: number): Promise<void> => {
  let next = 0
  const poster = async (): Promise<void> => {
    for (let n = next++; n < requests; n = next++)
      await ledger.post({
        url: api.url,
        apiKey: api.apiKey,
        tenant: tenants[n % tenants.length] ?? '',
        ids: [String(n)],
        idempotencyKey: `request-${n}`,
      })
  }
  await Promise.all(Array.from({ length: posters }, poster))
}

/** The status of the very first key with other events. */
const reuseKey = async (api: Carillon): Promise<number> =>
  (
    await api.call(
      'POST',
      '/events',
      { id: 'another', source: 'generator', type: 'test.happened', data: {} },
      { 'carillon-tenant': tenants[0] ?? '', 'idempotency-key': 'request-0' },
    )
  ).status
