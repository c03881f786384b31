/**
 * The one way to run something again and again: turn after turn until the signal aborts, waiting when there is nothing
 * to do, backing off when a turn fails, recording progress. Not for work with a time of its own (schedules).
 */
import { monotonicMs } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Progress } from './progress.ts'
import { createWaker, sleep, type Waker } from './waiting.ts'

/** What a turn found: `worked`: there may be more, go on at once; `idle`: nothing to do, wait. */
export type TurnResult = 'worked' | 'idle'

export type Turn = {
  readonly loop: string
  readonly result: TurnResult | 'failed'
  readonly durationMs: number
  /** Only with `failed`. */
  readonly error?: unknown
}

type LoopOptions = {
  readonly name: string
  readonly signal: AbortSignal
  /** One turn. Gets the loop's signal for everything it waits for. Throwing means: failed, try again later. */
  readonly turn: (signal: AbortSignal) => Promise<TurnResult>
  /** How long to wait after an idle turn; a function for adaptive polls. */
  readonly idleMs: number | (() => number)
  readonly progress: Progress
  /** Told about every turn, e.g. `recordTurns({ metrics, log })`. Must not throw. */
  readonly onTurn?: (turn: Turn) => void
  /** Ends an idle wait early. A wait after a failure is not cut short: wakes would undo the backoff. */
  readonly waker?: Waker
}

const firstBackoffMs = 250
/** Six failing turns fit into the 60 s after which a loop counts as stuck. */
const longestBackoffMs = 10_000

/** The wait after the n-th failure in a row (n from 1): 250 ms doubled each time, at most 10 s. */
export const backoffMs = (failures: number): number =>
  Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 10))

const takeTurn = async ({ name, signal, turn }: LoopOptions): Promise<Turn> => {
  const startedMs = monotonicMs()
  try {
    const result = await turn(signal)
    return { loop: name, result, durationMs: monotonicMs() - startedMs }
  } catch (error) {
    // A loop outlives every failure of a turn; `onTurn` gets the error, the progress watch ends what never recovers.
    return { loop: name, result: 'failed', durationMs: monotonicMs() - startedMs, error }
  }
}

/**
 * Runs the loop; resolves when `signal` is aborted and the turn of that moment has ended. Never rejects.
 */
export const runLoop = async (options: LoopOptions): Promise<void> => {
  const { name, signal, idleMs, progress, onTurn, waker = createWaker() } = options
  let failures = 0
  progress.begin(name)
  while (!signal.aborted) {
    const turn = await takeTurn(options)
    // A turn that fails because it was told to stop is not a failure.
    if (signal.aborted && turn.result === 'failed') break
    onTurn?.(turn)
    if (turn.result === 'failed') {
      failures += 1
      await sleep(backoffMs(failures), signal)
      continue
    }
    failures = 0
    if (turn.result === 'worked') {
      progress.turned(name)
      // A turn without real I/O must not keep timers and sockets waiting.
      await new Promise((resolve) => setImmediate(resolve))
      continue
    }
    const waitMs = typeof idleMs === 'number' ? idleMs : idleMs()
    // A loop that has nothing to do for an hour is not stuck: its next turn is due then.
    progress.turned(name, waitMs)
    await waker.wait(waitMs, signal)
    // Woken early it is due now, not when it meant to be: were it to hang, it would seem well until then.
    progress.turned(name)
  }
  progress.end(name)
}

type Recorders = { readonly metrics: Metrics; readonly log: Log; readonly epochMs: () => number }

/** An `onTurn` that keeps the loop metrics and logs failures. */
export const recordTurns =
  ({ metrics, log, epochMs }: Recorders) =>
  ({ loop, result, durationMs, error }: Turn): void => {
    metrics.loopTurns.inc({ loop, result })
    metrics.loopTurnSeconds.observe({ loop }, durationMs / 1_000)
    if (result === 'failed') log.warn({ loop, err: error }, 'turn of a loop failed')
    else metrics.loopLastProgress.set({ loop }, epochMs() / 1_000)
  }
