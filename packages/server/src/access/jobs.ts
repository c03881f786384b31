/** The jobs of access, for the scheduler. */
import type { Pool } from 'pg'
import { answersKeptForMs, purgeIdempotencyKeys } from './idempotency.ts'
import { purgeSignInAcrossTenants } from './sign-in/queries.ts'

/** Rows deleted in one turn: some tens of milliseconds. */
const purgedAtOnce = 1_000

type Job = {
  readonly name: string
  readonly everyMs: number
  /** Returns how many rows were done; above 0 it runs again at once. */
  readonly turn: () => Promise<number>
}

/**
 * Deletes answers kept for Idempotency-Key after their day, and of signing in what has run out: sessions, proofs, counted
 * attempts. `pool` has the role engine.
 */
export const accessJobs = ({ pool }: { readonly pool: Pool }): readonly Job[] => [
  {
    name: 'purge idempotency keys',
    everyMs: 600_000,
    turn: async () => purgeIdempotencyKeys(pool, answersKeptForMs, purgedAtOnce),
  },
  {
    name: 'purge ended sessions',
    everyMs: 600_000,
    turn: async () => purgeSignInAcrossTenants(pool, purgedAtOnce),
  },
]
