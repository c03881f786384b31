/** The worker's metrics: counted when turns are settled, never per exchange. */
import type { Metrics } from '../platform/metrics.ts'
import type { SettledTurn, SettleReport } from './store.ts'
import type { DeliveryWorker } from './worker.ts'

/** Counts the turns that were written: attempts by outcome, ends by state, delays. For the worker's `onSettled`. */
export const countTurns =
  (metrics: Metrics) =>
  (_turns: readonly SettledTurn[], report: SettleReport): void => {
    // Counted here and told once a batch: a labelled counter costs the library a microsecond each time.
    const attempts = new Tally()
    const ends = new Tally()
    for (const { outcome, decision, channel, startedAt, dueAt } of report.written) {
      if (outcome !== undefined) {
        attempts.add(channel, outcome.kind)
        if (dueAt !== undefined)
          metrics.startDelaySeconds.observe({}, Math.max(0, startedAt - dueAt) / 1_000)
      }
      if (decision.kind === 'final') ends.add(decision.state, '')
    }
    for (const [channel, outcome, n] of attempts.all())
      metrics.attempts.inc({ channel, outcome }, n)
    for (const [state, , n] of ends.all()) metrics.deliveriesEnded.inc({ state }, n)
  }

/** Counts pairs of words. */
class Tally {
  readonly #counts = new Map<string, Map<string, number>>()

  add(first: string, second: string): void {
    const row = this.#counts.get(first) ?? new Map<string, number>()
    row.set(second, (row.get(second) ?? 0) + 1)
    this.#counts.set(first, row)
  }

  all(): readonly (readonly [string, string, number])[] {
    return [...this.#counts].flatMap(([first, row]) =>
      [...row].map(([second, n]) => [first, second, n] as const),
    )
  }
}

/** What the worker holds at this moment. */
export const measureWorker = (metrics: Metrics, worker: DeliveryWorker): void => {
  const { waiting, inFlight, unsettled, lanes } = worker.stats()
  metrics.workerRows.set({ where: 'waiting' }, waiting)
  metrics.workerRows.set({ where: 'in_flight' }, inFlight)
  metrics.workerRows.set({ where: 'unsettled' }, unsettled)
  metrics.workerLanes.set(lanes)
}
