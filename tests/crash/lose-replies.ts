/** T-K8: the database does what it is asked and its answer gets lost, again and again: the ambiguous COMMIT. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { snapshotHistory, verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, tenantNames } from './workload.ts'

export type LoseRepliesScale = {
  readonly requests: number
  readonly eventsPerRequest: number
  /** The part of all transactions whose answer gets lost. */
  readonly part: number
}

const tenants = tenantNames(5)
const posters = 6
const leaseSeconds = 5

/** Runs it: one whole process and one more worker behind a proxy that loses answers; half of the clients use an Idempotency-Key. */
export const loseReplies = async (scale: LoseRepliesScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds })
  const api = await fleet.start({ viaProxy: true })
  const worker = await fleet.start({ viaProxy: true, roles: 'worker' })
  const ledger = createEventLedger()
  await fleet.sink.set('work', { delayMs: [0, 20] })
  await arrangeTenants(fleet, api, tenants, { lane: 'work' })
  fleet.proxy.dropReplies(scale.part)
  let next = 0
  const poster = async (): Promise<void> => {
    for (let n = next++; n < scale.requests; n = next++) {
      const ids = Array.from({ length: scale.eventsPerRequest }, (_, at) => `${n}-${at}`)
      await ledger.post({
        url: api.url,
        apiKey: api.apiKey,
        tenant: tenants[n % tenants.length] ?? '',
        ids,
        ...(n % 2 === 0 ? {} : { idempotencyKey: `request-${n}` }),
      })
    }
  }
  await Promise.all(Array.from({ length: posters }, poster))
  const history = await snapshotHistory(fleet.db)
  await allFinal(fleet.db, 60_000)
  fleet.proxy.dropReplies(0)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    history,
  })
  const lost = fleet.proxy.dropped()
  return withBounds(verdict, { lost, refused: [...ledger.refused.values()] }, [
    [lost >= 10, 'hardly any answer got lost'],
    [api.ended() === undefined && worker.ended() === undefined, 'a process ended'],
    [
      verdict.deliveries === scale.requests * scale.eventsPerRequest,
      'more deliveries than were asked for',
    ],
    [verdict.states['sent'] === verdict.deliveries, 'not everything was sent'],
  ])
}
