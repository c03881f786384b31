/** The loop that runs schedules, and the one that forgets old runs. */
import { forgetRunsAcrossTenants, schedulesDueAcrossTenants } from './queries.ts'
import { runDueSchedule, type ScheduleServices } from './run-schedules.ts'

/** Runs on record; the events that they made have a retention of their own. */
const runsKeptDays = 90

/** The scheduler's jobs; each may run in several processes at once. */
export const scheduleJobs = (services: ScheduleServices) => [
  {
    name: 'schedules',
    everyMs: 1_000,
    due: schedulesDueAcrossTenants,
    turn: () => runDueSchedule(services),
  },
  {
    name: 'forget-schedule-runs',
    everyMs: 3_600_000,
    turn: () => forgetRunsAcrossTenants(services.pool, runsKeptDays),
  },
]
