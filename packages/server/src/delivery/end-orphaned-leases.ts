/** At the start of a process that has the database to itself, every lease is an orphan's: waiting for it to run out would only make people wait. */
import type { Pool } from 'pg'
import { query } from '../platform/db/statement.ts'
import { endAllLeasesAcrossTenants } from './queries/engine.ts'

/** Ends all leases; the reaper turns them into attempts with an unknown outcome. Returns how many there were. */
export const endOrphanedLeases = async (pool: Pool): Promise<number> =>
  (await query(pool, endAllLeasesAcrossTenants, [])).length
