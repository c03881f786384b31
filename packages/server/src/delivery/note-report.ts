/** What settling told of breakers and pauses, taken into a worker's notebook. */
import type { Dispatcher } from './dispatcher.ts'
import type { LaneBook } from './lane-book.ts'
import type { SettleReport } from './store.ts'

/** Takes breakers and pauses in; rows that wait for them are the caller's to give back. */
export const noteReport = (
  report: SettleReport,
  book: LaneBook,
  dispatcher: Pick<Dispatcher, 'noteBreaker'>,
): void => {
  for (const { tenantId, integrationId, breaker } of report.breakers) {
    const [lane] = book.ofIntegration(tenantId, integrationId)
    // What was settled is older than what this worker has seen since: only a success closes what opened here meanwhile.
    const isStale = breaker.state === 'closed' && breaker.failures > 0
    if (lane !== undefined && !isStale) dispatcher.noteBreaker(lane.view, breaker)
  }
  for (const { tenantId, integrationId, until } of report.pauses)
    for (const lane of book.ofIntegration(tenantId, integrationId)) {
      lane.view = { ...lane.view, pausedUntil: until }
      lane.nextDue = until
    }
}
