/** The expander as a part of the process: with a loop in the background where the role asks for one. */
import { systemClock } from '../platform/clock.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Lookout } from '../platform/lifecycle/lookout.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { recordTurns, runLoop } from '../platform/lifecycle/run-loop.ts'
import type { Waker } from '../platform/lifecycle/waiting.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createExpander, type Expander, type ExpanderOptions } from './create-expander.ts'
import { fanOutsDueAcrossTenants } from './queries/due.ts'

/** What other processes have accepted is found within this time; what this one has, at once. */
const pollMs = 1_000

export type RunFanOutsOptions = ExpanderOptions & {
  /** Does this process expand what others accept (role worker)? */
  readonly inBackground: boolean
  /** Woken when this process has accepted something to expand. */
  readonly waker: Waker
  readonly lookout: Pick<Lookout, 'watch'>
  readonly progress: Progress
  readonly metrics: Metrics
}

/** Starts it. */
export const runFanOuts = (options: RunFanOutsOptions): Started<Pick<Expander, 'expandNew'>> => {
  const { inBackground, lookout, progress, metrics, waker, ...services } = options
  const stopping = new AbortController()
  const expander = createExpander(services, waker.wake)
  const onTurn = recordTurns({ metrics, log: services.log, epochMs: systemClock.now })
  const loop = inBackground
    ? runLoop({
        name: 'fan-outs',
        signal: stopping.signal,
        turn: expander.turn,
        idleMs: lookout.watch({ everyMs: pollMs, due: fanOutsDueAcrossTenants, waker }),
        progress,
        onTurn,
        waker,
      })
    : Promise.resolve()
  return {
    value: expander,
    stop: async () => {
      stopping.abort()
      await expander.stop()
      await loop
    },
  }
}
