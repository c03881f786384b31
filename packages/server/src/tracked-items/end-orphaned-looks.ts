/** At the start of the only process: looks that the last one was killed in are taken up at once. */
import type { Pool } from 'pg'
import { endLooksAcrossTenants } from './queries/rounds.ts'

/** Only for a process that has the database to itself. Role engine. Items that wait after a failure are tried once more, too. */
export const endOrphanedLooks = async (pool: Pool): Promise<void> => {
  await endLooksAcrossTenants(pool)
}
