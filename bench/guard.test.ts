/**
 * Speed must not get lost unseen: one short run each of what the benchmarks measure at length (bench/RESULTS.md), as
 * ratios within the run and with bounds far from what was measured, never as times. Not a benchmark.
 */
import { fillBacklog } from './rig/backlog-rows.ts'
import { startBenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess } from './rig/carillon.ts'
import { measureClaims, openStore } from './rig/claim-costs.ts'
import { drainCarillon } from './rig/drain-carillon.ts'
import { measureBareLoop } from './rig/drain-limit.ts'
import { startSink } from './rig/sink-process.ts'
import { median } from './rig/table.ts'
import { eventOf } from './rig/workload.ts'
import { expect, test } from 'vitest'

const deliveries = 6_000
/** Measured: 0.3 to 0.5, the lower the busier the machine. Half of that is no noise any more. */
const leastPartOfLimit = 0.1
/** Measured: 2.0 to 2.8 times the CPU of the bare loop, which signs nothing, records nothing and is never asked again. */
const mostCpuOfLimit = 5

test(
  'a durable delivery costs a few times what a bare request costs, not more',
  { timeout: 120_000 },
  async () => {
    await using database = await startBenchDatabase()
    await using sink = await startSink()
    const limit = await measureBareLoop(sink, deliveries)
    const given = { database, sink, deliveries, workers: 1, profile: false }
    const ours = await drainCarillon(given)
    expect(ours.perSecond / limit.perSecond).toBeGreaterThan(leastPartOfLimit)
    expect(ours.processMicros / limit.processMicros).toBeLessThan(mostCpuOfLimit)
  },
)

/** Small claims in a row, so that what is read in vain outweighs them; their median is compared. */
const claims = { rounds: 9, take: 100 }
const few = 1_000
const many = 30_000
/** Measured: 1.0 to 1.1; 9.4 when the claim has to read the queue from end to end. */
const mostOfFew = 2.5

test(
  'a claim costs the same whether 1,000 deliveries are open or 30,000',
  { timeout: 120_000 },
  async () => {
    await using database = await startBenchDatabase()
    const url = await database.create('claims')
    await using api = await startCarillonProcess({ roles: 'api', databaseUrl: url })
    await configureWebhook(api, 'http://127.0.0.1:9/')
    await api.post('/events', eventOf(1))
    const { store, pool } = openStore(url)
    const costOf = async (from: number, to: number): Promise<number> => {
      await fillBacklog(url, { from, to, total: 2 * many })
      return median((await measureClaims(store, pool, claims)).claimCpuMs)
    }
    const costOfFew = await costOf(0, few)
    const costOfMany = await costOf(few, few + many)
    await pool.end()
    expect(costOfMany / costOfFew).toBeLessThan(mostOfFew)
  },
)
