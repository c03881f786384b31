/** The scheduler's job of bulk replays. */
import { replaysDueAcrossTenants } from './queries.ts'
import { runReplay, type ReplayServices } from './run-replays.ts'

/** It may run in several processes at once. */
export const replayJobs = (services: ReplayServices) => [
  { name: 'replays', everyMs: 500, due: replaysDueAcrossTenants, turn: () => runReplay(services) },
]
