/** The database's connections, in pools by who uses them: a part of the composition root. */
import type { Pool } from 'pg'
import type { AppOptions } from './app.ts'
import { createPool, type PoolRole } from './platform/db/pool.ts'

export type Pools = { readonly app: Pool; readonly engine: Pool; readonly lease: Pool }

/** Opens them; they close with the lifecycle. */
export const openPools = async (
  { config, log, lifecycle }: AppOptions,
  url: string,
): Promise<Pools> => {
  const open = async (
    role: PoolRole,
    name: string,
    sizes: { readonly max: number; readonly statementTimeoutMs: number; readonly waitMs?: number },
  ): Promise<Pool> =>
    await lifecycle.start({
      name: `database pool ${name}`,
      start: async () => {
        const applicationName = `carillon ${name}`
        const pool = createPool({ url, role, applicationName, ...sizes, log })
        return { value: pool, stop: async () => await pool.end() }
      },
    })
  // The worker's and the leases' connections are apart from the API's: a page full of slow lists must cost nobody a lease.
  // No statement of ours takes seconds, and this is also how long a connection that went silent is waited for (T-K7).
  const engine = Math.max(4, Math.floor(config.databasePoolSize / 2))
  return {
    engine: await open('engine', 'engine', { max: engine, statementTimeoutMs: 8_000 }),
    lease: await open('engine', 'leases', { max: 1, statementTimeoutMs: 5_000 }),
    app: await open('app', 'api', {
      max: Math.max(2, config.databasePoolSize - engine - 1),
      statementTimeoutMs: 8_000,
      // Soon a 503 with Retry-After, rather than a queue in which everybody waits (T-D1).
      waitMs: 2_000,
    }),
  }
}
