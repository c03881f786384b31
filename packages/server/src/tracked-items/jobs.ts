/** The loops of tracked items: hints, rounds, looks, and forgetting. */
import type { Log } from '../platform/log.ts'
import { followHints, trackersOf } from './follow-hints.ts'
import { lookAtWaiting } from './look-at-waiting.ts'
import type { LookServices } from './look-at-item.ts'
import { forgetLogAcrossTenants } from './queries/log.ts'
import { hintsDueAcrossTenants } from './queries/due-hints.ts'
import { looksDueAcrossTenants, roundsDueAcrossTenants } from './queries/rounds.ts'
import { runDueRound } from './run-rounds.ts'

/** Lines of the log and rounds on record; items stay until somebody deletes them. */
const keptDays = 90
const rowsAtOnce = 2_000

/** The scheduler's jobs; each may run in several processes at once. `signal` ends looks under way. */
export const trackedItemJobs = (
  services: LookServices & { readonly log: Log },
  signal: AbortSignal,
) => [
  {
    name: 'tracked-hints',
    everyMs: 500,
    due: hintsDueAcrossTenants(trackersOf(services)),
    turn: () => followHints(services),
  },
  {
    name: 'tracked-rounds',
    everyMs: 1_000,
    due: roundsDueAcrossTenants,
    turn: () => runDueRound(services),
  },
  {
    name: 'tracked-looks',
    everyMs: 500,
    due: looksDueAcrossTenants,
    turn: () => lookAtWaiting(services, signal),
  },
  {
    name: 'forget-sync-log',
    everyMs: 3_600_000,
    turn: () => forgetLogAcrossTenants(services.pool, { days: keptDays, limit: rowsAtOnce }),
  },
]
