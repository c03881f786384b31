/**
 * Turns on their way into the store: gathered for a few milliseconds, written in batches by one flusher, tried again while
 * the database does not answer. A turn that can't be written in time is not lost: its lease runs out and it is reaped. Nor
 * does one that the database refuses stop the others: smaller and smaller batches find it, and it is set aside.
 */
import type { Instant } from '@carillon/domain/clock'
import type { Timers } from '../platform/timers.ts'
import { createIdle } from './idle.ts'
import { turnText, type DeliveryStore, type SettledTurn, type SettleReport } from './store.ts'

/** A batch is written when it has this many turns, or after the linger. Flat within noise from 200 to 1,000. */
const batchMax = 500
const lingerMs = 3
/**
 * Under a steady load no more than a hundred batches a second: each is a commit, and commits of what is being accepted wait for
 * it (bench `latency`: p50 1.92 ms, 1.78 with them apart). A few in a row are written at once: who sends in order waits for each.
 */
const batchEveryMs = 10
const batchesAtOnce = 20
const retryFirstMs = 50
const retryCapMs = 2_000
/** So often is a turn tried alone before it is given up. */
const triesAlone = 3

export type SettleQueue = {
  readonly add: (turn: SettledTurn) => void
  /** Turns not written yet, and how many they are. */
  readonly unsettled: () => readonly SettledTurn[]
  readonly count: () => number
  /** Resolves when everything added so far is written, or rejects nothing: gives up when `signal` aborts. */
  readonly drained: (signal: AbortSignal) => Promise<void>
}

export type SettleQueueOptions = {
  readonly settle: DeliveryStore['settle']
  readonly timers: Timers
  readonly now: () => Instant
  readonly onSettled: (turns: readonly SettledTurn[], report: SettleReport) => void
  /** Does this error say something of the moment (true), or of the turns? */
  readonly isPassing: (error: unknown) => boolean
  readonly log: { readonly error: (facts: Record<string, unknown>, message: string) => void }
}

/** Finds the turn that is refused: halves the batches until it is alone, and then counts its tries. */
const createSieve = () => {
  let size = batchMax
  const tries = new Map<string, number>()
  return {
    /** Turns in the next batch. */
    size: () => size,
    passed: () => {
      size = Math.min(batchMax, size * 2)
    },
    /** What to do with a refused batch: all of it again (a single turn alone, so that it costs no other's batch), or nothing any more. */
    refused: (turns: readonly SettledTurn[]): 'again' | 'give up' => {
      const [turn] = turns
      size = Math.ceil(turns.length / 2)
      if (turns.length > 1 || turn === undefined) return 'again'
      const key = turnText(turn.claim)
      const tried = (tries.get(key) ?? 0) + 1
      if (tried < triesAlone) {
        tries.set(key, tried)
        return 'again'
      }
      tries.delete(key)
      size = 2
      return 'give up'
    },
  }
}

/** Says how long the next batch waits: a bucket that fills at the steady pace. */
const createPace = (now: () => Instant) => {
  let left = batchesAtOnce
  let at = now()
  const refill = (): void => {
    const before = at
    at = now()
    left = Math.min(batchesAtOnce, left + Math.max(0, at - before) / batchEveryMs)
  }
  return {
    spend: () => {
      refill()
      left = Math.max(0, left - 1)
    },
    lingerMs: () => {
      refill()
      return Math.max(lingerMs, Math.ceil((1 - left) * batchEveryMs))
    },
  }
}

type Next = ReturnType<ReturnType<typeof createSieve>['refused']>

const reordered = (
  next: Next,
  failed: readonly SettledTurn[],
  waiting: readonly SettledTurn[],
): SettledTurn[] => (next === 'give up' ? [...waiting] : [...failed, ...waiting])

const logFailure = (
  log: SettleQueueOptions['log'],
  { error, turns, next }: { error: unknown; turns: readonly SettledTurn[]; next: Next },
): void => {
  const delivery = turns[0]?.claim.deliveryId
  log.error({ err: error, turns: turns.length, delivery, next }, 'settle failed')
}

const retryMs = (failures: number): number =>
  Math.min(retryCapMs, retryFirstMs * 2 ** Math.min(failures, 10))

/** Makes the queue. */
export const createSettleQueue = (options: SettleQueueOptions): SettleQueue => {
  const sieve = createSieve()
  const pace = createPace(options.now)
  let waiting: SettledTurn[] = []
  let writing: readonly SettledTurn[] = []
  let failures = 0
  let timer: (() => void) | undefined
  const idle = createIdle()
  const flush = async (): Promise<void> => {
    timer = undefined
    writing = waiting.slice(0, sieve.size())
    waiting = waiting.slice(sieve.size())
    try {
      const report = await options.settle(writing)
      failures = 0
      sieve.passed()
      pace.spend()
      const written = writing
      writing = []
      options.onSettled(written, report)
    } catch (error) {
      failed(error)
    }
    writing = []
    schedule()
  }

  const failed = (error: unknown): void => {
    const isPassing = options.isPassing(error)
    // What is refused is refused at once: while the sieve looks for it, everybody else waits for their turn.
    failures = isPassing ? failures + 1 : 0
    const next = isPassing ? 'again' : sieve.refused(writing)
    waiting = reordered(next, writing, waiting)
    logFailure(options.log, { error, turns: writing, next })
  }

  const schedule = (): void => {
    if (writing.length > 0 || timer !== undefined) return
    if (waiting.length === 0) return idle.reached()
    const linger = waiting.length >= batchMax ? 0 : pace.lingerMs()
    timer = options.timers.after(failures > 0 ? retryMs(failures) : linger, () => void flush())
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
    count: () => writing.length + waiting.length,
    drained: async (signal) => {
      if (waiting.length === 0 && writing.length === 0) return
      await idle.wait(signal)
    },
  }
}
