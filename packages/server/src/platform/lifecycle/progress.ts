/**
 * Liveness by progress: a process is alive when its loops get on, not when it answers a ping. A loop that has had no
 * successful turn for 60 s makes the process not ready, and a little later ends it, so that a supervisor starts afresh.
 */
import type { Log } from '../log.ts'
import { sleep } from './waiting.ts'

/** Longer than every deadline inside a turn, so that one slow answer is never taken for a dead loop. */
export const stuckAfterMs = 60_000
/** Time for a load balancer to see "not ready" before the process ends. */
const graceMs = 15_000
const lookEveryMs = 5_000

export type Progress = {
  /** The loop `name` begins: from now on it is expected to get on. */
  readonly begin: (name: string) => void
  /** The loop `name` had a turn that did not fail, and means to wait `idleMs` before the next one. */
  readonly turned: (name: string, idleMs?: number) => void
  /** The loop `name` has ended as it should. */
  readonly end: (name: string) => void
  /** The loops whose next turn is over 60 s late. Empty: all is well. */
  readonly stuck: () => readonly string[]
}

/** Keeps when the next turn of every loop is due: at once after a turn that worked, after its wait when it was idle. `nowMs` is a monotonic clock in milliseconds. */
export const createProgress = (nowMs: () => number): Progress => {
  const nextDue = new Map<string, number>()
  return {
    begin: (name) => void nextDue.set(name, nowMs()),
    turned: (name, idleMs = 0) => void nextDue.set(name, nowMs() + idleMs),
    end: (name) => void nextDue.delete(name),
    stuck: () => {
      const now = nowMs()
      return [...nextDue].filter(([, at]) => now - at > stuckAfterMs).map(([name]) => name)
    },
  }
}

type WatchOptions = {
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly log: Log
  readonly nowMs: () => number
  /** Called once when a loop stayed stuck: end the process with a code other than 0. */
  readonly onStuck: (loops: readonly string[]) => void
}

/** Looks after the loops until `signal` aborts. Resolves then, or after `onStuck` was called. */
export const watchProgress = async (options: WatchOptions): Promise<void> => {
  const { progress, signal, log, nowMs, onStuck } = options
  let since: number | undefined
  while (!signal.aborted) {
    const loops = progress.stuck()
    if (loops.length === 0) since = undefined
    else if (since === undefined) {
      since = nowMs()
      log.error({ loops, graceMs }, 'loops make no progress: not ready')
    } else if (nowMs() - since >= graceMs) {
      log.fatal({ loops }, 'loops made no progress: the process ends')
      onStuck(loops)
      return
    }
    await sleep(lookEveryMs, signal)
  }
}
