/**
 * Turns on their way into the store: gathered for a few milliseconds, written in batches by one flusher, tried again while
 * the database does not answer. A turn that can't be written in time is not lost: its lease runs out and it is reaped.
 */
import type { Timers } from '../platform/timers.ts'
import type { DeliveryStore, SettledTurn, SettleReport } from './store.ts'

/** A batch is written when it has this many turns, or after the linger. Flat within noise from 200 to 1,000. */
const batchMax = 500
const lingerMs = 3
const retryFirstMs = 50
const retryCapMs = 2_000

export type SettleQueue = {
  readonly add: (turn: SettledTurn) => void
  /** Turns not written yet. */
  readonly unsettled: () => readonly SettledTurn[]
  /** Resolves when everything added so far is written, or rejects nothing: gives up when `signal` aborts. */
  readonly drained: (signal: AbortSignal) => Promise<void>
}

export type SettleQueueOptions = {
  readonly settle: DeliveryStore['settle']
  readonly timers: Timers
  readonly onSettled: (turns: readonly SettledTurn[], report: SettleReport) => void
  readonly onError: (error: unknown, turns: number) => void
}

/** Makes the queue. */
export const createSettleQueue = (options: SettleQueueOptions): SettleQueue => {
  let waiting: SettledTurn[] = []
  let writing: readonly SettledTurn[] = []
  let failures = 0
  let timer: (() => void) | undefined
  let idle: (() => void)[] = []

  const flush = async (): Promise<void> => {
    timer = undefined
    writing = waiting.slice(0, batchMax)
    waiting = waiting.slice(batchMax)
    try {
      const report = await options.settle(writing)
      failures = 0
      options.onSettled(writing, report)
    } catch (error) {
      failures += 1
      waiting = [...writing, ...waiting]
      options.onError(error, writing.length)
    }
    writing = []
    schedule()
  }

  const delayMs = (): number => {
    if (failures > 0) return Math.min(retryCapMs, retryFirstMs * 2 ** Math.min(failures, 10))
    return waiting.length >= batchMax ? 0 : lingerMs
  }

  const schedule = (): void => {
    if (writing.length > 0 || timer !== undefined) return
    if (waiting.length === 0) {
      for (const resolve of idle) resolve()
      idle = []
      return
    }
    timer = options.timers.after(delayMs(), () => void flush())
  }

  return {
    add: (turn) => {
      waiting.push(turn)
      if (waiting.length === batchMax && timer !== undefined && failures === 0) {
        timer()
        timer = undefined
      }
      schedule()
    },
    unsettled: () => [...writing, ...waiting],
    drained: async (signal) => {
      if (waiting.length === 0 && writing.length === 0) return
      await new Promise<void>((resolve) => {
        idle.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
  }
}
