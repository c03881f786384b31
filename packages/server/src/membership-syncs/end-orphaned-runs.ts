/** The leases of runs that a process left behind which had the database to itself, as the embedded one is. Not for shared databases. */
import type { Pool } from 'pg'
import { endLeasesAcrossTenants } from './queries/runs.ts'

/** Ends them, so that nobody waits for them to run out. `pool` has the role engine. */
export const endOrphanedRuns = async (pool: Pool): Promise<void> =>
  await endLeasesAcrossTenants(pool)
