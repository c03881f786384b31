/** The job of error lines, for the scheduler: forgets those that no digest will ask for. */
import type { Pool } from 'pg'
import { forgetErrorLinesAcrossTenants } from './queries.ts'

/** A digest may be made by hand some days later. */
const keptForMs = 3 * 86_400_000
const forgottenAtOnce = 1_000

type Job = {
  readonly name: string
  readonly everyMs: number
  /** Returns how many rows were done; above 0 it runs again at once. */
  readonly turn: () => Promise<number>
}

/** Deletes error lines after three days. `pool` has the role engine. */
export const errorLineJobs = ({ pool }: { readonly pool: Pool }): readonly Job[] => [
  {
    name: 'forget error lines',
    everyMs: 600_000,
    turn: async () =>
      await forgetErrorLinesAcrossTenants(pool, { olderThanMs: keptForMs, limit: forgottenAtOnce }),
  },
]
