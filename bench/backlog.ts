/**
 * `backlog`: what a claim costs when 10 thousand, a million and ten million deliveries are open, and when somebody's
 * forgotten snapshot keeps finished rows from being cleaned up. The engine's own statements, no sending.
 */
import { withClient } from '@carillon/testkit/database-url'
import { churnUnderSnapshot, fillBacklog } from './rig/backlog-rows.ts'
import { startBenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess } from './rig/carillon.ts'
import { measureClaims, openStore, type ClaimCosts } from './rig/claim-costs.ts'
import { readOptions } from './rig/options.ts'
import { median, publish, type Row } from './rig/table.ts'
import { eventOf } from './rig/workload.ts'

/** Rows in a claim. */
const take = 1_000

const rowOf = (
  open: string,
  { claimMs, claimCpuMs, scanMs }: ClaimCosts,
  base: ClaimCosts | undefined,
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

/** Keeps count of the open rows; `total` is at least what will ever be filled in. */
const createFilling = (url: string, total: number) => {
  let filled = 0
  let open = 0
  return {
    /** Adds rows until so many are open. */
    upTo: async (size: number): Promise<void> => {
      const to = filled + Math.max(0, size - open)
      await fillBacklog(url, { from: filled, to, total })
      open += to - filled
      filled = to
    },
    taken: (rows: number): void => {
      open -= rows
    },
  }
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
  const results: [string, ClaimCosts][] = []
  const filling = createFilling(url, largest + 10 * (rounds + 2) * take)
  const note = async (name: string, size: number): Promise<void> => {
    await filling.upTo(size + rounds * take)
    const costs = await measureClaims(store, pool, { rounds, take })
    filling.taken(rounds * take)
    console.log(`${name}: ${median(costs.claimMs).toFixed(1)} ms a claim`)
    results.push([name, costs])
  }
  // Claims for the code to get warm do not count.
  await filling.upTo(3 * take)
  await measureClaims(store, pool, { rounds: 2, take })
  filling.taken(2 * take)
  for (const size of [...sizes, largest]) {
    await note(names.get(size) ?? `${size}`, size)
    if (size === 50_000) {
      const name = `50 k, and ${churned / 1000} k finished under a held snapshot`
      await underSnapshot(url, async () => {
        await churnUnderSnapshot(url, churned)
        await note(name, size)
      })
    }
  }
  await pool.end()
  const base = results.find(([name]) => name === '50 k')?.[1]
  publish(
    'backlog',
    results.map(([name, costs]) => rowOf(name, costs, base)),
    { settings: { rounds, largest, churned, take }, postgres: await database.settings() },
  )
}
