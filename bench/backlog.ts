/**
 * `backlog`: what a claim costs when 10 thousand, a million and ten million deliveries are open, and when somebody's
 * forgotten snapshot keeps finished rows from being cleaned up. The engine's own statements, no sending.
 */
import { withClient } from '@carillon/testkit/database-url'
import { quietLog } from '@carillon/testkit/quiet-log'
import { createPostgresStore } from '@carillon/server/delivery/postgres-store'
import type { ClaimedDelivery, DeliveryStore, LaneClaim } from '@carillon/server/delivery/store'
import { createPool, type Pool } from '@carillon/server/platform/db/pool'
import { addMs, type Instant } from '@carillon/domain/clock'
import { churnUnderSnapshot, fillBacklog } from './rig/backlog-rows.ts'
import { startBenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess } from './rig/carillon.ts'
import { fineCpuMsOf } from './rig/cpu-time.ts'
import { readOptions } from './rig/options.ts'
import { median, publish, type Row } from './rig/table.ts'
import { eventOf } from './rig/workload.ts'

const take = 1_000
/** The engine looks this far back behind what it has claimed (lane-book.ts). */
const lateMs = 250
const owner = '018f0000-0000-7000-8000-000000000001'

type Costs = {
  readonly claimMs: readonly number[]
  /** CPU of the database connection for the same claims: other people's noise is not in it. */
  readonly claimCpuMs: readonly number[]
  readonly scanMs: readonly number[]
}

/** Stands for settling: the queue row goes. */
const finish = async (pool: Pool, claims: readonly ClaimedDelivery[]): Promise<void> =>
  void (await pool.query(
    'DELETE FROM delivery_queue WHERE tenant_id = $1 AND delivery_id = ANY ($2::uuid[])',
    [claims[0]?.tenantId, claims.map((claim) => claim.deliveryId)],
  ))

const timed = async <Result>(into: number[], fn: () => Promise<Result>): Promise<Result> => {
  const startMs = performance.now()
  const result = await fn()
  into.push(performance.now() - startMs)
  return result
}

/** The server's process behind the pool's only connection. */
const backendOf = async (pool: Pool): Promise<number> => {
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}

/** Claims by the thousand as a worker does, the oldest first, each from where the last one ended. */
const measureClaims = async (store: DeliveryStore, pool: Pool, rounds: number): Promise<Costs> => {
  const claimMs: number[] = []
  const claimCpuMs: number[] = []
  const scanMs: number[] = []
  const backend = await backendOf(pool)
  const [lane] = await store.findLanes()
  if (lane === undefined) throw new Error('there is no lane with open rows')
  let from: Instant = lane.dueAt
  for (let round = 0; round < rounds; round += 1) {
    const wish: LaneClaim = { ...lane, take, from, onlyPassing: false }
    const cpuBefore = fineCpuMsOf(backend)
    const claims = await timed(claimMs, () => store.claim([wish], { owner, leaseMs: 60_000 }))
    claimCpuMs.push(fineCpuMsOf(backend) - cpuBefore)
    if (claims.length !== take) throw new Error(`${claims.length} rows were claimed, not ${take}`)
    await finish(pool, claims)
    from = addMs(claims.at(-1)?.dueAt ?? from, -lateMs)
    if (round % 3 === 0) await timed(scanMs, () => store.findLanes())
  }
  return { claimMs, claimCpuMs, scanMs }
}

const rowOf = (
  open: string,
  { claimMs, claimCpuMs, scanMs }: Costs,
  base: Costs | undefined,
): Row => ({
  'open rows': open,
  'claim of 1,000, ms': median(claimMs),
  'slowest claim, ms': Math.max(...claimMs),
  'of that at 50 k': median(claimMs) / median((base ?? { claimMs }).claimMs),
  'its CPU in Postgres, ms': median(claimCpuMs),
  'CPU, of that at 50 k': median(claimCpuMs) / median((base ?? { claimCpuMs }).claimCpuMs),
  'lane scan, ms': median(scanMs),
})

/** A transaction that was forgotten, open until `fn` is done. */
const underSnapshot = async <Result>(url: string, fn: () => Promise<Result>): Promise<Result> =>
  await withClient(url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query('SELECT count(*) FROM tenants')
    try {
      return await fn()
    } finally {
      await client.query('ROLLBACK')
    }
  })

const openStore = (url: string): { readonly store: DeliveryStore; readonly pool: Pool } => {
  const pool = createPool({ url, role: 'engine', max: 1, applicationName: 'bench', log: quietLog })
  const onBreakerOpened = async (): Promise<void> => await Promise.resolve()
  const store = createPostgresStore({ pool, leasePool: pool, shard: 0, onBreakerOpened })
  return { store, pool }
}

const names = new Map([
  [10_000, '10 k'],
  [50_000, '50 k'],
  [1_000_000, '1 M'],
  [10_000_000, '10 M'],
])

/** Runs the benchmark with the command line's options. */
export const runBacklog = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const rounds = options.number('rounds', 8, 40)
  const largest = options.number('largest', 200_000, 10_000_000)
  const churned = options.number('churned', 100_000, 1_000_000)
  const sizes = [10_000, 50_000, 1_000_000, 10_000_000].filter((size) => size < largest)
  await using database = await startBenchDatabase()
  const url = await database.create('carillon_backlog')
  {
    await using api = await startCarillonProcess({ roles: 'api', databaseUrl: url })
    await configureWebhook(api, 'http://127.0.0.1:9/')
    await api.post('/events', eventOf(1))
  }
  const { store, pool } = openStore(url)
  const results: [string, Costs][] = []
  const note = async (name: string): Promise<void> => {
    const costs = await measureClaims(store, pool, rounds)
    console.log(`${name}: ${median(costs.claimMs).toFixed(1)} ms a claim`)
    results.push([name, costs])
  }
  // The template itself, and one claim for the code to get warm, do not count.
  let filled = 0
  const fillTo = async (size: number): Promise<void> => {
    await fillBacklog(url, { from: filled, to: size + (rounds + 2) * take, total: largest * 1.1 })
    filled = size + (rounds + 2) * take
  }
  await fillTo(9_000)
  await measureClaims(store, pool, 2)
  for (const size of [...sizes, largest]) {
    await fillTo(size)
    await note(names.get(size) ?? `${size}`)
    if (size === 50_000)
      await underSnapshot(url, async () => {
        await churnUnderSnapshot(url, churned)
        await note(`50 k, and ${churned / 1000} k finished under a held snapshot`)
      })
  }
  await pool.end()
  const base = results.find(([name]) => name === '50 k')?.[1]
  publish(
    'backlog',
    results.map(([name, costs]) => rowOf(name, costs, base)),
    { settings: { rounds, largest, churned, take }, postgres: await database.settings() },
  )
}
