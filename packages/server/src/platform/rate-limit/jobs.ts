/** The scheduler's sweep over shared limits. */
import type { Pool } from 'pg'
import { forgetLimitsAcrossTenants } from './queries.ts'

/** Rows deleted in one turn: some milliseconds. */
const forgottenAtOnce = 1_000

type Job = {
  readonly name: string
  readonly everyMs: number
  /** Returns how many rows were done; above 0 it runs again at once. */
  readonly turn: () => Promise<number>
}

/** Forgets callers that asked for nothing in the last two minutes. `pool` has the role engine. */
export const rateLimitJobs = ({ pool }: { readonly pool: Pool }): readonly Job[] => [
  {
    name: 'forget request limits',
    everyMs: 60_000,
    turn: async () => forgetLimitsAcrossTenants(pool, forgottenAtOnce),
  },
]
