/** The loop that sends daily reports, and the one that forgets their counters. */
import { reportableDays } from './demand-report.ts'
import { forgetSlotsAcrossTenants, reportsDueAcrossTenants } from './queries.ts'
import { runDueReport, type RunReportServices } from './run-reports.ts'

/** The scheduler's jobs; each may run in several processes at once. */
export const reportJobs = (services: RunReportServices) => [
  {
    name: 'daily-reports',
    everyMs: 5_000,
    due: reportsDueAcrossTenants,
    turn: () => runDueReport(services),
  },
  {
    name: 'forget-report-counters',
    everyMs: 3_600_000,
    // A day more: what is shown is whole.
    turn: () => forgetSlotsAcrossTenants(services.pool, reportableDays + 2),
  },
]
