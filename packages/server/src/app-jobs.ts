/** The scheduler's jobs of every feature, and what routes and jobs share about accepted events. A part of the composition root. */
import { connectors } from '@carillon/connectors/registry.gen'
import { accessJobs } from './access/jobs.ts'
import { lookServicesOf } from './app-tracked-items.ts'
import type { Core } from './app.ts'
import { contactJobs } from './contacts/jobs.ts'
import { deliveryJobs } from './delivery/jobs.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import { collectErrorLines } from './error-lines/collect-error-lines.ts'
import { errorLineJobs } from './error-lines/jobs.ts'
import { membershipJobs } from './membership-syncs/jobs.ts'
import type { Accepted } from './ingest/accept-events.ts'
import { liveJobs } from './live/jobs.ts'
import { systemClock } from './platform/clock.ts'
import type { WorkQuestion } from './platform/db/ask-for-work.ts'
import { rateLimitJobs } from './platform/rate-limit/jobs.ts'
import { receiptJobs } from './receipts/jobs.ts'
import { reportJobs } from './reports/jobs.ts'
import type { addReportRoutes } from './reports/routes.ts'
import type { RunReportServices } from './reports/run-reports.ts'
import { replayJobs } from './delivery/replays/jobs.ts'
import { retentionJobs } from './retention/jobs.ts'
import { scheduleJobs } from './schedules/jobs.ts'
import type { ScheduleServices } from './schedules/run-schedules.ts'
import { sourceJobs } from './sources/jobs.ts'
import { statsJobs } from './stats/jobs.ts'
import { trackedItemJobs } from './tracked-items/jobs.ts'

/** Counts accepted events; wakes the worker of this process, if it has one, and the expansion of fan-outs. */
export const onAcceptedOf =
  (core: Core, worker: DeliveryWorker | undefined) =>
  ({ events, lanes, fanOuts }: Accepted): void => {
    const duplicates = events.filter((event) => event.duplicate).length
    core.metrics.eventsAccepted.inc({ kind: 'new' }, events.length - duplicates)
    core.metrics.eventsAccepted.inc({ kind: 'duplicate' }, duplicates)
    if (lanes.length > 0) worker?.wake(lanes)
    if (fanOuts > 0) core.fanOutWaker.wake()
  }

/** What running schedules needs. */
export const scheduleServicesOf = (
  core: Core,
  worker: DeliveryWorker | undefined,
): ScheduleServices => ({
  pool: core.pools.engine,
  acceptEvents: core.acceptEvents,
  onAccepted: onAcceptedOf(core, worker),
  newId: core.newId,
  clock: systemClock,
  log: core.log,
  collectErrors: async (tenantId, now) => await collectErrorLines(core.pools.engine, tenantId, now),
})

/** What sending daily reports needs. */
const reportServicesOf = (core: Core, worker: DeliveryWorker | undefined): RunReportServices => ({
  pool: core.pools.engine,
  acceptEvents: core.acceptEvents,
  onAccepted: onAcceptedOf(core, worker),
  wakeLanes: (lanes) => worker?.wake(lanes),
  newId: core.newId,
  shard: core.shard,
  log: core.log,
})

/** The same for their routes. */
export const reportRoutesOf = (
  core: Core,
  worker: DeliveryWorker | undefined,
): Parameters<typeof addReportRoutes>[1] => ({
  ...reportServicesOf(core, worker),
  pool: core.pools.app,
  enginePool: core.pools.engine,
  clock: systemClock,
})

type Job = {
  readonly name: string
  /** How often it runs; with `due`: how often it is asked whether there is anything to run for. */
  readonly everyMs: number
  /** Returns how much was done; above 0 it runs again at once. */
  readonly turn: () => Promise<number>
  readonly due?: WorkQuestion | undefined
}

/** Every job: its name, how often it runs, and one turn of it. */
export const jobsOf = (
  core: Core,
  { worker, signal }: { readonly worker: DeliveryWorker | undefined; readonly signal: AbortSignal },
): readonly Job[] => {
  const pool = core.pools.engine
  const receiptServices = {
    pool,
    keyring: core.keyring,
    connectors,
    http: core.http.port,
    smtp: core.smtp.port,
    clock: systemClock,
    shard: core.shard,
    onMoved: core.liveChanges.changed,
  }
  return [
    ...deliveryJobs({ store: core.store, pool }),
    ...accessJobs({ pool }),
    ...contactJobs({ pool }),
    ...errorLineJobs({ pool }),
    ...membershipJobs({ pool, newId: core.newId, wake: core.membershipWaker.wake }),
    ...rateLimitJobs({ pool }),
    ...receiptJobs(receiptServices, signal),
    ...reportJobs(reportServicesOf(core, worker)),
    ...retentionJobs({ pool, log: core.log }),
    ...scheduleJobs(scheduleServicesOf(core, worker)),
    ...sourceJobs({ pool }),
    ...trackedItemJobs(
      { ...lookServicesOf(core, onAcceptedOf(core, worker)), log: core.log },
      signal,
    ),
    ...statsJobs({ pool }),
    ...liveJobs({ pool }),
    ...replayJobs({
      pool: core.pools.app,
      enginePool: pool,
      newId: core.newId,
      shard: core.shard,
      log: core.log,
      wakeLanes: (lanes) => worker?.wake(lanes),
    }),
  ]
}
