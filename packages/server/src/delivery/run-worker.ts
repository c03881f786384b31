/** A worker as a part of the process: pools' store and sender in, a running engine with a measured clock out. */
import { asSystem } from '../platform/actor.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { systemRandom } from '../platform/random.ts'
import { systemTimers } from '../platform/timers.ts'
import { countTurns, measureWorker } from './measure-worker.ts'
import type { Reservation } from './hand-over.ts'
import type { TimeGatherer } from './gather-times.ts'
import type { Sender } from './sender.ts'
import type { DeliveryStore } from './store.ts'
import { createWorkerClock } from './worker-clock.ts'
import { createWorker, type DeliveryWorker } from './worker.ts'

/** Lanes are scanned this often; work accepted in this process is heard of at once. */
const pollMs = 500
/** Prometheus asks every 15 s or so. */
const gaugesEveryMs = 2_000
const loopName = 'deliveries'

export type RunWorkerOptions = {
  readonly store: DeliveryStore
  readonly sender: Sender
  readonly concurrency: number
  /** An orphaned delivery is taken up again at most this long after its worker died. */
  readonly leaseMs: number
  readonly stopWithinMs: number
  readonly progress: Progress
  readonly log: Log
  readonly metrics: Metrics
  /** Hears how long exchanges took. */
  readonly times: Pick<TimeGatherer, 'take'>
  readonly newId: IdGenerator
  /** Aborts when the process is told to stop: other parts may take their time to stop before this one. */
  readonly signal: AbortSignal
}

/** Starts it; resolves when the database's clock has been measured. */
export const runWorker = async (options: RunWorkerOptions): Promise<Started<DeliveryWorker>> => {
  const { store, progress, log } = options
  const clock = createWorkerClock({
    store,
    local: systemClock,
    monotonicMs,
    timers: systemTimers,
    log,
  })
  await clock.start()
  const count = countTurns(options.metrics)
  const worker = createWorker({
    store,
    sender: options.sender,
    now: clock.now,
    clockIsTrusted: clock.isTrusted,
    timers: systemTimers,
    random: systemRandom,
    owner: options.newId('run'),
    log,
    concurrency: options.concurrency,
    leaseMs: options.leaseMs,
    pollMs,
    onProgress: () => progress.turned(loopName),
    onSettled: (turns, report) => {
      count(turns, report)
      options.times.take(turns)
    },
  })
  const cancelGauges = every(gaugesEveryMs, () => measureWorker(options.metrics, worker))
  progress.begin(loopName)
  worker.start()
  options.signal.addEventListener('abort', worker.retire, { once: true })
  return {
    // Requests wake it: what it does from then on, also hours later, is not their actors' doing.
    value: {
      ...worker,
      wake: (lanes) => asSystem(() => worker.wake(lanes)),
      reserve: (rows) => handedAsSystem(worker.reserve(rows)),
    },
    stop: async () => {
      clock.stop()
      cancelGauges()
      await worker.stop(options.stopWithinMs)
      progress.end(loopName)
    },
  }
}

const handedAsSystem = (reservation: Reservation | undefined): Reservation | undefined =>
  reservation && {
    ...reservation,
    stored: (claims) => asSystem(() => reservation.stored(claims)),
    failed: () => asSystem(() => reservation.failed()),
  }

const every = (ms: number, fn: () => void): (() => void) => {
  let cancel = systemTimers.after(ms, run)
  return () => cancel()
  function run(): void {
    fn()
    cancel = systemTimers.after(ms, run)
  }
}
