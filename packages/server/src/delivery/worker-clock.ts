/**
 * The database's time as one worker knows it, and whether it knows it well enough to keep deadlines by it. Carried on by
 * the monotonic clock, so that nothing jumps when somebody moves the wall clock; measured anew when the two fall out, which
 * is also how a machine that slept shows. Not for durations.
 */
import { instant, type Clock, type Instant } from '@carillon/domain/clock'
import { createDbClock } from '../platform/clock.ts'
import type { Timers } from '../platform/timers.ts'
import type { DeliveryStore } from './store.ts'

const measureEveryMs = 10_000
/** What is not measured well is measured again after this long. */
const doubtMs = 1_000
/** Beyond this a machine's clock is wrong, and somebody must set it right. */
const maxOffsetMs = 1_000
/** A measurement less certain than this (twice as long for the way there and back) says too little. */
const maxUncertaintyMs = 500
/** The wall clock may run away from the monotonic one by this much between two measurements. */
const maxStepMs = 200

const isWrong =
  'this clock differs from the database by over a second: not sending until it is set right'

export type WorkerClock = {
  /** The database's time, as far as is known. */
  readonly now: () => Instant
  readonly isTrusted: () => boolean
  /** Measures for the first time (rejects when the database does not answer), then goes on by itself. */
  readonly start: () => Promise<void>
  readonly stop: () => void
}

export type WorkerClockOptions = {
  readonly store: Pick<DeliveryStore, 'databaseNow'>
  /** The machine's wall clock. */
  readonly local: Clock
  /** Milliseconds that only ever grow, at the pace of time. */
  readonly monotonicMs: () => number
  readonly timers: Timers
  readonly log: {
    readonly error: (facts: Record<string, unknown>, message: string) => void
    readonly warn: (facts: Record<string, unknown>, message: string) => void
  }
}

/** Makes the clock; it says nothing sensible before `start` has resolved. */
export const createWorkerClock = (options: WorkerClockOptions): WorkerClock => {
  const { store, local, monotonicMs, timers, log } = options
  const clock = createDbClock({ now: () => instant(monotonicMs()) })
  /** Wall clock less monotonic clock, when they were last measured. */
  let apartMs = Number.NaN
  let cancel: () => void = () => undefined
  let isStopped = false

  const apartNow = (): number => local.now() - monotonicMs()
  const offsetMs = (): number => clock.now() - local.now()
  const isMeasured = (): boolean =>
    Math.abs(apartNow() - apartMs) <= maxStepMs &&
    (clock.uncertaintyMs() ?? Infinity) <= maxUncertaintyMs

  const measure = async (): Promise<void> => {
    const [sentMs, sentApartMs] = [monotonicMs(), apartNow()]
    const dbNowMs = await store.databaseNow()
    const receivedMs = monotonicMs()
    // Moved, or asleep, meanwhile: when the answer was given is anybody's guess.
    if (Math.abs(apartNow() - sentApartMs) > maxStepMs) return
    // A machine that slept has lost that time by its monotonic clock: a slow answer does not show it, and must not confirm what was.
    clock.doubt(Math.abs(sentApartMs - apartMs))
    clock.record(dbNowMs, sentMs, receivedMs)
    apartMs = sentApartMs
    if (Math.abs(offsetMs()) > maxOffsetMs) log.error({ offsetMs: offsetMs() }, isWrong)
  }
  const measureAgain = async (): Promise<void> => {
    try {
      await measure()
    } catch (error) {
      log.warn({ err: error }, 'clock not measured')
    }
    schedule()
  }
  const schedule = (): void => {
    if (isStopped) return
    const started = monotonicMs()
    const look = (): void => {
      const isDue = monotonicMs() - started >= measureEveryMs
      if (isDue || !isMeasured()) void measureAgain()
      else cancel = timers.after(doubtMs, look)
    }
    cancel = timers.after(doubtMs, look)
  }
  return {
    now: clock.now,
    isTrusted: () => isMeasured() && Math.abs(offsetMs()) <= maxOffsetMs,
    start: async () => {
      await measure()
      schedule()
    },
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}
