/** The scheduler's jobs of statistics: the sampler of the counters, and what forgets old samples. */
import type { Pool } from 'pg'
import { forgetSamplesAcrossTenants, sampleCountersAcrossTenants } from './queries.ts'

const sampleEveryMs = 60_000
/** Charts go back 48 hours; days begin in the tenant's zone. */
const keptDays = 4

/** Each may run in several processes at once. */
export const statsJobs = ({ pool }: { readonly pool: Pool }) => [
  {
    name: 'sample-counters',
    everyMs: sampleEveryMs,
    turn: async () => {
      await sampleCountersAcrossTenants(pool)
      return 0
    },
  },
  {
    name: 'forget-counter-samples',
    everyMs: 3_600_000,
    turn: async () => {
      await forgetSamplesAcrossTenants(pool, keptDays)
      return 0
    },
  },
]
