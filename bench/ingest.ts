/**
 * `ingest`: how many events a second are accepted, durable with all that follows from them (one rule matches, one
 * delivery), beside an empty Fastify route under the same load. No worker runs: accepting alone is measured.
 */
import { startBenchDatabase, type BenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess, type CarillonProcess } from './rig/carillon.ts'
import { cpuMsOf, cpuMsOfFamily } from './rig/cpu-time.ts'
import { startLoad, type LoadProcess } from './rig/load-process.ts'
import { startNodeChild } from './rig/node-child.ts'
import { readOptions } from './rig/options.ts'
import { rowsOf, runRounds, showMeasured, type Contender, type Measured } from './rig/rounds.ts'
import { logStatements, statementTimes } from './rig/statement-times.ts'
import { median, publish, quantile, tableOf, type Row } from './rig/table.ts'

const limitName = 'empty Fastify route, one event'
const headers = { 'content-type': 'application/json' }
/** A port that nothing listens on: the deliveries wait in the queue. */
const nowhere = 'http://127.0.0.1:9/'

type Ingested = Measured & { readonly p50Ms: number; readonly p99Ms: number }
type Target = { readonly url: string; readonly headers: Readonly<Record<string, string>> }
type Load = {
  readonly connections: number
  readonly requests: number
  readonly events: number
}

/** Numbers of events, never the same twice. */
const createNumbers = () => {
  let next = 0
  return (count: number): number => {
    next += count
    return next - count
  }
}

const measure = async (
  { load, take, cpu }: { load: LoadProcess; take: (count: number) => number; cpu: () => Cpu },
  target: Target,
  size: Load,
): Promise<Ingested> => {
  const events = size.requests * size.events
  const before = cpu()
  const report = await load.run({ ...target, ...size, first: take(events) })
  const after = cpu()
  return {
    perSecond: events / report.seconds,
    processMicros: ((after.processMs - before.processMs) * 1000) / events,
    databaseMicros: ((after.databaseMs - before.databaseMs) * 1000) / events,
    p50Ms: quantile(report.latenciesMs, 0.5),
    p99Ms: quantile(report.latenciesMs, 0.99),
  }
}

type Cpu = { readonly processMs: number; readonly databaseMs: number }

const rowsWithTimes = (results: ReadonlyMap<string, readonly Ingested[]>): readonly Row[] =>
  rowsOf(results, { unit: 'events', limit: limitName }).map((row) => {
    const rounds = results.get(String(row['contender'])) ?? []
    return {
      ...row,
      'p50 ms': median(rounds.map(({ p50Ms }) => p50Ms)),
      'p99 ms': median(rounds.map(({ p99Ms }) => p99Ms)),
    }
  })

const contendersOf = (
  api: CarillonProcess,
  database: BenchDatabase,
  empty: { readonly url: string; readonly pid: number },
  { load, one, arrays }: { load: LoadProcess; one: Load; arrays: Load },
): readonly Contender<Ingested>[] => {
  const take = createNumbers()
  const cpu = () => ({ processMs: cpuMsOf(api.pid), databaseMs: cpuMsOfFamily(database.pid) })
  const emptyCpu = () => ({ processMs: cpuMsOf(empty.pid), databaseMs: 0 })
  const path = '/api/v1/events'
  const ours = { url: `${api.url}${path}`, headers: api.headers }
  const theirs = { url: `${empty.url}${path}`, headers }
  return [
    {
      name: limitName,
      measure: async () => await measure({ load, take, cpu: emptyCpu }, theirs, one),
    },
    {
      name: 'carillon, one event',
      measure: async () => await measure({ load, take, cpu }, ours, one),
    },
    {
      name: 'carillon, arrays of 100',
      measure: async () => await measure({ load, take, cpu }, ours, arrays),
    },
  ]
}

/** Runs the benchmark with the command line's options. */
export const runIngest = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const rounds = options.number('rounds', 2, 7)
  const connections = options.number('connections', 64, 64)
  const one = { connections, requests: options.number('requests', 20_000, 60_000), events: 1 }
  const arrays = { connections: 8, requests: options.number('arrays', 400, 1_500), events: 100 }
  const statements = options.has('statements')
  const execArgv = options.has('profile') ? ['--cpu-prof', '--cpu-prof-dir=bench/out/profiles'] : []
  await using database = await startBenchDatabase(
    statements ? logStatements : {},
    options.isQuick ? 0 : 16,
  )
  const databaseUrl = await database.create('carillon_ingest')
  await using api = await startCarillonProcess({ roles: 'api', databaseUrl, execArgv })
  await configureWebhook(api, nowhere)
  await using emptyChild = startNodeChild('empty-route.ts')
  const empty = { url: await emptyChild.ask<string>('url'), pid: emptyChild.pid }
  await using load = startLoad()
  const contenders = contendersOf(api, database, empty, { load, one, arrays })
  // Once without looking: code gets warm, pools open their connections.
  for (const { measure: warmUp } of contenders) await warmUp()
  const results = await runRounds(contenders, {
    rounds,
    show: (result) =>
      `${showMeasured(result)}  p50 ${result.p50Ms.toFixed(1)} p99 ${result.p99Ms.toFixed(1)} ms`,
  })
  if (statements)
    console.log(
      `\n${tableOf(statementTimes(database.logFile, (rounds + 1) * (one.requests + arrays.requests * 100)))}`,
    )
  publish('ingest', rowsWithTimes(results), {
    settings: { rounds, one, arrays },
    postgres: await database.settings(),
  })
}
