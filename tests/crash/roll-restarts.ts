/** T-K10: a part of the processes is always just being restarted (SIGTERM) while events come in; nobody notices. */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger, type EventLedger } from '@carillon/testkit/event-ledger'
import { snapshotHistory, verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, openDeliveries, tenantNames } from './workload.ts'

export type RollRestartsScale = {
  readonly processes: number
  readonly restarts: number
  readonly perSecond: number
  /** Each restart begins so long after the one before, or when that is over. */
  readonly everySeconds: number
}

const tenants = tenantNames(5)
const posters = 4

/** Runs it: whole processes over one database, one of four (or of however many) restarted at a time. */
export const rollRestarts = async (scale: RollRestartsScale): Promise<Report> => {
  await using fleet = await startFleet()
  const all = await startAll(fleet, scale.processes)
  const [first] = all
  if (first === undefined) throw new Error('no process')
  const ledger = createEventLedger()
  await fleet.sink.set('work', { delayMs: [5, 50] })
  await arrangeTenants(fleet, first, tenants, { lane: 'work' })
  const up = new Set(all)
  const state = { isOver: false }
  const startMs = performance.now()
  const posting = Promise.all(
    Array.from({ length: posters }, async (_, n) => await post(ledger, { up, state, n, scale })),
  )
  const codes: (number | null)[] = []
  const history: ReadonlyMap<string, string>[] = []
  for (let n = 0; n < scale.restarts; n += 1) {
    const dueMs = performance.now() + scale.everySeconds * 1_000
    codes.push(await restart(up, all[n % all.length] ?? first))
    if (n === Math.floor(scale.restarts / 2)) history.push(await snapshotHistory(fleet.db))
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
  }
  state.isOver = true
  await posting
  const seconds = (performance.now() - startMs) / 1_000
  const behind = await openDeliveries(fleet.db)
  await allFinal(fleet.db, 60_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    ...(history[0] === undefined ? {} : { history: history[0] }),
  })
  const perSecond = Math.round(ledger.acked.length / seconds)
  return withBounds(verdict, { perSecond, behind, refused: [...ledger.refused.values()] }, [
    [codes.every((code) => code === 0), `exit codes ${codes.join()}`],
    [verdict.states['sent'] === verdict.deliveries, 'not everything was sent'],
    [verdict.duplicates === 0 && verdict.unknown === 0, 'a clean stop left something unknown'],
    [perSecond >= scale.perSecond * 0.8, 'below 80 % of the load'],
    [behind < scale.perSecond * 5, 'the deliveries did not keep up'],
  ])
}

const startAll = async (fleet: Fleet, count: number): Promise<readonly Carillon[]> => {
  // The first one alone: it makes the tables.
  const first = await fleet.start()
  const others = Array.from({ length: count - 1 }, async () => await fleet.start())
  return [first, ...(await Promise.all(others))]
}

/** Takes it out of service, as a balancer does, stops it and starts it again; returns its exit code. */
const restart = async (up: Set<Carillon>, carillon: Carillon): Promise<number | null> => {
  up.delete(carillon)
  const code = await carillon.stop()
  await carillon.start()
  up.add(carillon)
  return code
}

/** Its share of the events at their times, each to one of the processes that are in service. */
const post = async (
  ledger: EventLedger,
  {
    up,
    state,
    n: poster,
    scale,
  }: {
    readonly up: ReadonlySet<Carillon>
    readonly state: { readonly isOver: boolean }
    readonly n: number
    readonly scale: RollRestartsScale
  },
): Promise<void> => {
  const startMs = performance.now()
  const sent: Promise<void>[] = []
  for (let n = 0; !state.isOver; n += 1) {
    const dueMs = startMs + (n * 1_000 * posters) / scale.perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
    const any = (): Carillon | undefined => [...up][Math.floor(Math.random() * up.size)]
    const target = { url: () => any()?.url() ?? '', apiKey: any()?.apiKey ?? '' }
    const tenant = tenants[n % tenants.length] ?? ''
    sent.push(ledger.post({ ...target, tenant, ids: [`${poster}-${n}`] }))
  }
  await Promise.all(sent)
}
