/** The leases of campaigns that a process left behind which had the database to itself, as the embedded one is. Not for shared databases. */
import type { Pool } from 'pg'
import { query } from '../platform/db/statement.ts'
import { endCampaignLeasesAcrossTenants } from './queries/progress.ts'

/** Ends them, so that nobody waits for them to run out. `pool` has the role engine. */
export const endOrphanedCampaigns = async (pool: Pool): Promise<void> => {
  await query(pool, endCampaignLeasesAcrossTenants, [])
}
