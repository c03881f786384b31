/** The loops that forget: old rows of tenants, tenants that are gone, and the space of empty partitions. */
import type { Pool } from 'pg'
import type { Log } from '../platform/log.ts'
import { forgetOld } from './forget-old.ts'
import { purgeTenants } from './purge-tenants.ts'
import { dropEmptyPartitionsAcrossTenants } from './queries.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly log: Log
}

/** The scheduler's jobs; each may run in several processes at once. */
export const retentionJobs = ({ pool, log }: Options) => [
  { name: 'forget-old', everyMs: 600_000, turn: () => forgetOld(pool) },
  { name: 'purge-tenants', everyMs: 600_000, turn: () => purgeTenants(pool, log) },
  {
    name: 'drop-partitions',
    everyMs: 3_600_000,
    turn: () => dropEmptyPartitionsAcrossTenants(pool),
  },
]
