/** The worker's metrics: counted when turns are settled, never per exchange. */
import type { Metrics } from '../platform/metrics.ts'
import { turnText, type SettledTurn, type SettleReport } from './store.ts'
import type { DeliveryWorker } from './worker.ts'

/** Counts the turns that were written: attempts by outcome, ends by state, delays. For the worker's `onSettled`. */
export const countTurns =
  (metrics: Metrics) =>
  (turns: readonly SettledTurn[], report: SettleReport): void => {
    for (const { claim, outcome, decision, channel, startedAt, dueAt } of turns) {
      if (!report.written.has(turnText(claim))) continue
      if (outcome !== undefined) {
        metrics.attempts.inc({ channel, outcome: outcome.kind })
        if (dueAt !== undefined)
          metrics.startDelaySeconds.observe(Math.max(0, startedAt - dueAt) / 1_000)
      }
      if (decision.kind === 'final') metrics.deliveriesEnded.inc({ state: decision.state })
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
