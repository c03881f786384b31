/** The jobs of contacts, for the scheduler: they look after the records of imports. */
import type { Pool } from 'pg'
import { endLostImportsAcrossTenants, purgeImportsAcrossTenants } from './queries/imports.ts'

/** An import that has not moved for so long is not running: a silent client is cut off after two minutes. */
const lostAfterSeconds = 600
/** Reports hold addresses of people. */
const keptDays = 30
/** Each with up to 10,000 lines. */
const purgedAtOnce = 10

/** The scheduler's jobs; each may run in several processes at once. `pool` has the role engine. */
export const contactJobs = ({ pool }: { readonly pool: Pool }) => [
  {
    name: 'end lost imports',
    everyMs: 60_000,
    turn: async () => await endLostImportsAcrossTenants(pool, lostAfterSeconds),
  },
  {
    name: 'purge imports',
    everyMs: 3_600_000,
    turn: async () =>
      await purgeImportsAcrossTenants(pool, { days: keptDays, limit: purgedAtOnce }),
  },
]
