/** T-T0b, clocks: a worker whose clock is over a second off sends nothing at all; one that is a little off is never late. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany, tenantNames } from './workload.ts'

export type SkewClocksScale = { readonly deliveries: number; readonly sendForSeconds: number }

const tenants = tenantNames(4)
/** Runs before the program, and moves the clock of its process by so much. */
const skewed = (ms: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import "data:text/javascript,const now=Date.now;Date.now=()=>now()+(${ms})"`,
})

/** Runs it: two workers whose clocks are 5 s off, either way, and then one more whose clock is 0.7 s behind. */
export const skewClocks = async (scale: SkewClocksScale): Promise<Report> => {
  await using fleet = await startFleet()
  const api = await fleet.start({ roles: 'api,scheduler' })
  const ledger = createEventLedger()
  await fleet.sink.set('hangs', { hangs: true })
  await fleet.sink.set('work', { delayMs: [0, 200] })
  const sendUntil = `${scale.sendForSeconds}s`
  for (const lane of ['hangs', 'work'])
    await arrangeTenants(fleet, api, tenants, {
      lane,
      eventType: lane,
      action: { sendUntil, retry: { every: '200ms', max: 100 } },
    })
  const wrong = [
    await fleet.start({ roles: 'worker', env: skewed(5_000) }),
    await fleet.start({ roles: 'worker', env: skewed(-5_000) }),
  ]
  for (const worker of wrong) await says(worker, 'not sending until it is set right')
  const each = scale.deliveries / tenants.length / 2
  await postMany(ledger, api, tenants, each, 'work')
  await allFinal(fleet.db, (scale.sendForSeconds + 15) * 1_000)
  const sentByWrong = fleet.sink.records().length
  await fleet.start({ roles: 'worker', env: skewed(-700) })
  const more = createEventLedger()
  await postMany(more, api, tenants, each, 'hangs')
  await allFinal(fleet.db, (scale.sendForSeconds + 15) * 1_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: [...ledger.acked, ...more.acked],
    maxAttempts: 100,
  })
  return withBounds(verdict, { sentByWrong, lagMs: Math.round(await fleet.sink.lagMs()) }, [
    [sentByWrong === 0, 'a worker whose clock is 5 s off has sent'],
    [verdict.received > 0, 'the worker whose clock is 0.7 s off has sent nothing'],
    [verdict.states['expired'] === scale.deliveries, 'not everything has run into its end'],
    [wrong.every((worker) => worker.ended() === undefined), 'a worker ended'],
  ])
}

const says = async (worker: Carillon, words: string): Promise<void> =>
  await eventually(() => {
    if (!worker.output().includes(words)) throw new Error(`it has not said: ${words}`)
  }, 20_000)
