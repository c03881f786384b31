/** The gathering of error lines as a part of the process. A part of the composition root. */
import type { AppOptions, Core } from './app.ts'
import { keepErrorLines } from './error-lines/keep-error-lines.ts'
import { systemClock } from './platform/clock.ts'
import { recordTurns, runLoop } from './platform/lifecycle/run-loop.ts'

/** So much of the error lines is lost when a process dies. */
const errorLinesEveryMs = 10_000

/** First of the parts with work, so that it stops last: what goes wrong at the stop is in the digest too. */
export const startErrorLines = async (
  { errorLines, log, lifecycle }: Pick<AppOptions, 'errorLines' | 'log' | 'lifecycle'>,
  { pools, metrics, progress }: Core,
): Promise<void> => {
  const keep = async (): Promise<number> => await keepErrorLines(pools.engine, errorLines)
  const name = 'error lines'
  await lifecycle.start({
    name,
    start: async () => {
      const stopping = new AbortController()
      const loop = runLoop({
        name,
        signal: stopping.signal,
        turn: async () => ((await keep()) > 0 ? 'worked' : 'idle'),
        idleMs: errorLinesEveryMs,
        progress,
        onTurn: recordTurns({ metrics, log, epochMs: systemClock.now }),
      })
      const stop = async (): Promise<void> => {
        stopping.abort()
        await loop
        await keep()
      }
      return { value: undefined, stop }
    },
  })
}
