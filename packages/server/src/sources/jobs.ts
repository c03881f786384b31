/** The loops that forget what sources leave behind. */
import type { Pool } from 'pg'
import { query, type Statement } from '../platform/db/statement.ts'
import * as sql from './queries/runner.ts'

const dayMs = 86_400_000
const keptMs = {
  runs: 30 * dayMs,
  /** Runs by plan that found nothing: a source that is asked every minute has 1,440 of them a day. */
  emptyRuns: dayMs,
  calls: dayMs,
  hints: 30 * dayMs,
  quarantine: 90 * dayMs,
}

const hourly = (name: string, pool: Pool, statement: Statement, values: number[]) => ({
  name,
  everyMs: 3_600_000,
  turn: async () => (await query(pool, statement, values)).length,
})

/** The scheduler's jobs; each may run in several processes at once. `pool` has the role engine. */
export const sourceJobs = ({ pool }: { readonly pool: Pool }) => [
  hourly('forget-source-runs', pool, sql.forgetRunsAcrossTenants, [keptMs.runs, keptMs.emptyRuns]),
  hourly('forget-source-calls', pool, sql.forgetCallsAcrossTenants, [keptMs.calls]),
  hourly('forget-source-hints', pool, sql.forgetHintsAcrossTenants, [keptMs.hints]),
  hourly('forget-quarantine', pool, sql.forgetQuarantineAcrossTenants, [keptMs.quarantine]),
]
