/** The jobs of access, for the scheduler. */
import type { Pool } from 'pg'
import { answersKeptForMs, purgeIdempotencyKeys } from './idempotency.ts'

/** Rows deleted in one turn: some tens of milliseconds. */
const purgedAtOnce = 1_000

type Job = {
  readonly name: string
  readonly everyMs: number
  /** Returns how many rows were done; above 0 it runs again at once. */
  readonly turn: () => Promise<number>
}

/** Deletes answers kept for Idempotency-Key after their day. `pool` has the role engine. */
export const accessJobs = ({ pool }: { readonly pool: Pool }): readonly Job[] => [
  {
    name: 'purge idempotency keys',
    everyMs: 600_000,
    turn: async () => purgeIdempotencyKeys(pool, answersKeptForMs, purgedAtOnce),
  },
]
