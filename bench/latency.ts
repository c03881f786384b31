/**
 * `latency`: from the request that brings an event to its first byte at the sink, at a steady 500 a second, in one process
 * with all roles; beside what a commit alone takes on the same server at the same time.
 */
import { withClient } from '@carillon/testkit/database-url'
import { startBenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess } from './rig/carillon.ts'
import { startLoad } from './rig/load-process.ts'
import { readOptions } from './rig/options.ts'
import { startSink } from './rig/sink-process.ts'
import { publish, quantile, type Row } from './rig/table.ts'

/** One row, by itself, durable: what every accepted event waits for at least. */
const commitsEveryMs = 20

const timeCommits = async (url: string, signal: AbortSignal): Promise<readonly number[]> =>
  await withClient(url, async (client) => {
    const timesMs: number[] = []
    await client.query('CREATE TABLE commits (n int, note text)')
    while (!signal.aborted) {
      const startMs = performance.now()
      await client.query('INSERT INTO commits VALUES ($1, $2)', [timesMs.length, 'x'.repeat(400)])
      timesMs.push(performance.now() - startMs)
      await new Promise((resolve) => setTimeout(resolve, commitsEveryMs))
    }
    return timesMs
  })

const rowOf = (what: string, timesMs: readonly number[]): Row => ({
  what,
  'p50 ms': quantile(timesMs, 0.5),
  'p90 ms': quantile(timesMs, 0.9),
  'p99 ms': quantile(timesMs, 0.99),
  'max ms': quantile(timesMs, 1),
  n: timesMs.length,
})

/** Runs the benchmark with the command line's options. */
export const runLatency = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const perSecond = options.number('rate', 500, 500)
  const seconds = options.number('seconds', 15, 60)
  // A server that has just begun still compiles, for 10,000 events at least: that costs more than the slowest hundredth of all the others.
  const warmSeconds = options.number('warm', 3, 40)
  await using database = await startBenchDatabase({}, options.isQuick ? 0 : 16)
  const databaseUrl = await database.create('carillon_latency')
  const commitsUrl = await database.create('commits')
  await using sink = await startSink()
  await using carillon = await startCarillonProcess({
    roles: 'api,worker,scheduler',
    databaseUrl,
    execArgv: options.has('profile') ? ['--cpu-prof', '--cpu-prof-dir=bench/out/profiles'] : [],
  })
  await configureWebhook(carillon, sink.url)
  await using load = startLoad()
  await sink.reset({ latency: true })
  const warm = perSecond * warmSeconds
  const requests = warm + perSecond * seconds
  const loading = load.run({
    url: `${carillon.url}/api/v1/events`,
    headers: carillon.headers,
    connections: 1_000,
    events: 1,
    perSecond,
    requests,
    warm,
    first: 0,
  })
  await sink.received(warm)
  const abort = new AbortController()
  const committing = timeCommits(commitsUrl, abort.signal)
  const report = await loading
  const latenciesMs = (await sink.received(requests)).latenciesMs.slice(warm)
  abort.abort()
  const commits = await committing
  const ratio = quantile(latenciesMs, 0.99) / quantile(commits, 0.99)
  console.log(`p99 to the sink is ${ratio.toFixed(2)} x the p99 of a commit`)
  publish(
    'latency',
    [
      rowOf('one commit', commits),
      rowOf('request to its 202', report.latenciesMs),
      rowOf('request to the first byte at the sink', latenciesMs),
    ],
    { settings: { perSecond, seconds, warmSeconds }, ratio, postgres: await database.settings() },
  )
}
