/** The lookout for work as a part of the process. A part of the composition root. */
import type { Pool } from 'pg'
import type { AppOptions, Core } from './app.ts'
import { monotonicMs, systemClock } from './platform/clock.ts'
import { createAskForWork } from './platform/db/ask-for-work.ts'
import { createLookout, type Lookout } from './platform/lifecycle/lookout.ts'
import { recordTurns, runLoop } from './platform/lifecycle/run-loop.ts'
import { systemTimers } from './platform/timers.ts'

/** Makes it; `pool` has the role engine. */
export const lookoutOver = (pool: Pool): Lookout =>
  createLookout({
    prepare: (questions) => createAskForWork(pool, questions),
    nowMs: monotonicMs,
    timers: systemTimers,
  })

/** Starts it after everything that it watches over. When it stops, which is before these do, they look for themselves. */
export const startLookout = async (
  { log, lifecycle }: Pick<AppOptions, 'log' | 'lifecycle'>,
  { lookout, metrics, progress }: Core,
): Promise<void> =>
  await lifecycle.start({
    name: 'lookout',
    start: async () => {
      const stopping = new AbortController()
      const loop = runLoop({
        name: 'lookout',
        signal: stopping.signal,
        turn: lookout.turn,
        idleMs: lookout.idleMs,
        progress,
        onTurn: recordTurns({ metrics, log, epochMs: systemClock.now }),
      })
      return {
        value: undefined,
        stop: async () => {
          stopping.abort()
          await loop
          lookout.end()
        },
      }
    },
  })
