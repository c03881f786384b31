/** The scheduler's sweeps over deliveries: overdue leases, passed deadlines, partitions ahead, stale rows. Every one may run in several processes at once. */
import type { Pool } from 'pg'
import type { WorkQuestion } from '../platform/db/ask-for-work.ts'
import { query } from '../platform/db/statement.ts'
import { deadlinesDueAcrossTenants, leasesDueAcrossTenants } from './due-queries.ts'
import { ensurePartitionsAcrossTenants } from './queries/engine.ts'
import { forgetRecipientsAcrossTenants } from './queries/limits.ts'
import type { DeliveryStore } from './store.ts'

/** A sweep and how often it runs. `turn` says how many rows it dealt with. */
export type Job = {
  readonly name: string
  readonly everyMs: number
  readonly turn: () => Promise<number>
  /** Is there anything to sweep? Asked for so often, instead of running. */
  readonly due?: WorkQuestion
}

/** Rows a sweep takes in one transaction. */
const sweepBatch = 500
/** Partitions are made this far ahead: a scheduler that was away for a month loses nothing. */
const weeksAhead = 6

/** The jobs of the delivery engine. */
export const deliveryJobs = ({
  store,
  pool,
}: {
  readonly store: DeliveryStore
  readonly pool: Pool
}): readonly Job[] => [
  {
    name: 'reap',
    everyMs: 1_000,
    due: leasesDueAcrossTenants,
    turn: () => store.reap(sweepBatch),
  },
  {
    name: 'expire',
    everyMs: 1_000,
    due: deadlinesDueAcrossTenants,
    turn: () => store.expire(sweepBatch),
  },
  {
    name: 'partitions',
    everyMs: 3_600_000,
    turn: async () =>
      (await query<{ made: number }>(pool, ensurePartitionsAcrossTenants, [weeksAhead]))[0]?.made ??
      0,
  },
  {
    name: 'forget-recipients',
    everyMs: 600_000,
    turn: async () => (await query(pool, forgetRecipientsAcrossTenants, [sweepBatch])).length,
  },
]
