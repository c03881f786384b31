/** The live stream as parts of the process: who notes changes, and who tells them. A part of the composition root. */
import type { AppOptions, Core } from './app.ts'
import { runChangeNoter } from './live/note-changes.ts'
import { runStreamHub } from './live/run-stream-hub.ts'
import type { StreamHub } from './live/stream-hub.ts'

type Start = Pick<AppOptions, 'lifecycle'>

/** Every process writes down what it moves. */
export const startChangeNoter = async ({ lifecycle }: Start, core: Core): Promise<void> =>
  await lifecycle.start({
    name: 'live changes',
    start: async () => runChangeNoter(core.liveChanges, { ...core, pool: core.pools.engine }),
  })

/** Processes with the API tell it to whoever looks. */
export const startStreamHub = async ({ lifecycle }: Start, core: Core): Promise<StreamHub> =>
  await lifecycle.start({
    name: 'live streams',
    start: async () =>
      runStreamHub({ ...core, pool: core.pools.app, enginePool: core.pools.engine }),
  })
