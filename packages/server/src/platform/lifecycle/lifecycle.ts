/**
 * Starts the parts of a process in order and stops them in reverse, each with a deadline. The composition root
 * (`app.ts`) reads as a list of `await lifecycle.start(...)`. It ends nothing by itself: exit codes are main's matter.
 */
import type { Log } from '../log.ts'
import { withinDeadline } from './waiting.ts'

/** A part that is running: what it gave, and how it ends. */
export type Started<T> = {
  readonly value: T
  /** Takes no new work, finishes what it has, lets go. `signal` aborts at the deadline: then drop everything. */
  readonly stop: (signal: AbortSignal) => Promise<void>
}

export type Component<T> = {
  /** For the log, e.g. "database pool". */
  readonly name: string
  /** Resolves when the part is ready for use. `signal` aborts when the process is told to stop meanwhile. */
  readonly start: (signal: AbortSignal) => Promise<Started<T>>
  /** How long `stop` may take; default 10,000 ms. */
  readonly stopWithinMs?: number
}

/** Which parts did not stop in time or threw. Empty: a clean end. */
export type StopReport = { readonly failed: readonly string[] }

export type Lifecycle = {
  /** Starts the part and remembers it. Throws with the part's name when it fails, or when the process is stopping. */
  readonly start: <T>(component: Component<T>) => Promise<T>
  /** Stops everything that was started, last first. Callable at any time and any number of times. */
  readonly stop: () => Promise<StopReport>
  /** Aborts as soon as `stop` is called: for loops and for anything that waits. */
  readonly signal: AbortSignal
}

const defaultStopWithinMs = 10_000
/** How long stopping waits for a part that is just starting. */
const startingWithinMs = 5_000

type Running = {
  readonly name: string
  readonly stop: (signal: AbortSignal) => Promise<void>
  readonly stopWithinMs: number
}

/** Stops one part; false when it was late or threw (both are logged). */
const stopOne = async (part: Running, log: Log): Promise<boolean> => {
  try {
    const { inTime } = await withinDeadline(part.stopWithinMs, part.stop)
    if (!inTime) {
      log.error(
        { component: part.name, deadlineMs: part.stopWithinMs },
        'component did not stop in time',
      )
    }
    return inTime
  } catch (error) {
    // One part that can't stop must not keep the others from stopping.
    log.error({ component: part.name, err: error }, 'component failed to stop')
    return false
  }
}

/** A lifecycle with nothing started yet. */
export const createLifecycle = ({ log }: { readonly log: Log }): Lifecycle => {
  const running: Running[] = []
  const stopping = new AbortController()
  let starting: Promise<unknown> = Promise.resolve()
  let report: Promise<StopReport> | undefined

  const begin = async <T>(component: Component<T>): Promise<T> => {
    stopping.signal.throwIfAborted()
    const { name, stopWithinMs = defaultStopWithinMs } = component
    try {
      const { value, stop } = await component.start(stopping.signal)
      running.push({ name, stop, stopWithinMs })
      return value
    } catch (error) {
      throw new Error(`${name} did not start`, { cause: error })
    }
  }

  const stopAll = async (): Promise<StopReport> => {
    stopping.abort(new Error('the process is stopping'))
    await withinDeadline(startingWithinMs, () => starting.then(() => undefined))
    const failed: string[] = []
    for (const part of running.splice(0).toReversed()) {
      if (!(await stopOne(part, log))) failed.push(part.name)
    }
    return { failed }
  }

  return {
    start: (component) => {
      const started = begin(component)
      // Stopping waits for it either way; the rejection itself goes to the caller.
      starting = started.catch(() => undefined)
      return started
    },
    stop: () => (report ??= stopAll()),
    signal: stopping.signal,
  }
}
