/** The scheduler's job of the live stream. */
import type { Pool } from 'pg'
import { forgetChangesAcrossTenants } from './queries.ts'

const keptMs = 600_000

/** It may run in several processes at once. */
export const liveJobs = ({ pool }: { readonly pool: Pool }) => [
  {
    name: 'forget-live-changes',
    everyMs: 60_000,
    turn: async () => {
      await forgetChangesAcrossTenants(pool, keptMs)
      return 0
    },
  },
]
