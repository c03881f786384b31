/**
 * `drain`: how fast deliveries that are durably queued reach a loopback sink and are durably recorded, with one worker,
 * two and four, beside a bare undici loop to the same sink and beside peers, in one run.
 */
import { withClient } from '@carillon/testkit/database-url'
import { startBenchDatabase, type BenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess, type CarillonProcess } from './rig/carillon.ts'
import { cpuMsOf, cpuMsOfFamily } from './rig/cpu-time.ts'
import { startNodeChild } from './rig/node-child.ts'
import { rateOf, startSink, type SinkProcess } from './rig/sink-process.ts'
import { logStatements, statementTimes } from './rig/statement-times.ts'
import { median, publish, tableOf, type Row } from './rig/table.ts'
import { eventOf } from './rig/workload.ts'

type Settings = {
  readonly deliveries: number
  readonly rounds: number
  /** Numbers of worker processes to measure. */
  readonly workers: readonly number[]
  readonly profile: boolean
  /** Where Postgres spends its time, by statement. */
  readonly statements: boolean
}

/** What one contender did in one round. */
type Measured = {
  readonly perSecond: number
  readonly workerMicros: number
  readonly postgresMicros: number
}

const concurrency = 64
const arraySize = 1_000

const measureBare = async (sink: SinkProcess, deliveries: number): Promise<Measured> => {
  await using child = startNodeChild('bare-loop.ts', [sink.url, `${deliveries}`, `${concurrency}`])
  await sink.reset()
  const running = child.ask('run')
  await sink.received(1)
  const before = cpuMsOf(child.pid)
  await running
  const workerMicros = ((cpuMsOf(child.pid) - before) * 1000) / deliveries
  return { perSecond: rateOf(await sink.report()), workerMicros, postgresMicros: 0 }
}

const enqueue = async (url: string, sink: SinkProcess, deliveries: number): Promise<void> => {
  await using api = await startCarillonProcess({ roles: 'api', databaseUrl: url })
  await configureWebhook(api, sink.url)
  for (let at = 0; at < deliveries; at += arraySize) {
    const length = Math.min(arraySize, deliveries - at)
    await api.post(
      '/events',
      Array.from({ length }, (_, n) => eventOf(at + n)),
    )
  }
}

const measureCarillon = async (
  database: BenchDatabase,
  sink: SinkProcess,
  { deliveries, profile }: Settings,
  workers: number,
): Promise<Measured> => {
  const url = await database.create('carillon_drain')
  await enqueue(url, sink, deliveries)
  await sink.reset()
  const processes = await Promise.all(
    Array.from({ length: workers }, () =>
      startCarillonProcess({
        roles: 'worker',
        databaseUrl: url,
        execArgv: profile ? ['--cpu-prof', '--cpu-prof-dir=bench/out/profiles'] : [],
      }),
    ),
  )
  await sink.received(1)
  const before = cpuNow(processes, database)
  const perSecond = rateOf(await sink.received(deliveries))
  await allSettled(url)
  const after = cpuNow(processes, database)
  await Promise.all(processes.map((process) => process.stop()))
  await assertRecorded(url, deliveries)
  await database.drop('carillon_drain')
  return {
    perSecond,
    workerMicros: ((after.workerMs - before.workerMs) * 1000) / deliveries,
    postgresMicros: ((after.postgresMs - before.postgresMs) * 1000) / deliveries,
  }
}

const cpuNow = (processes: readonly CarillonProcess[], database: BenchDatabase) => ({
  workerMs: processes.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
  postgresMs: cpuMsOfFamily(database.pid),
})

/** The last outcomes are on their way into the database when the sink has its last request. */
const allSettled = async (url: string): Promise<void> =>
  await withClient(url, async (client) => {
    for (;;) {
      const { rows } = await client.query('SELECT 1 FROM delivery_queue LIMIT 1')
      if (rows.length === 0) return
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })

const assertRecorded = async (url: string, deliveries: number): Promise<void> =>
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ n: string }>(
      `SELECT count(*) AS n FROM settlements WHERE state = 'sent'`,
    )
    if (Number(rows[0]?.n) !== deliveries)
      throw new Error(`${rows[0]?.n} of ${deliveries} deliveries are on record as sent`)
  })

type Contender = { readonly name: string; readonly measure: () => Promise<Measured> }

/** All contenders by turns, `rounds` times: the machine's moods then hit them alike. */
const runRounds = async (
  contenders: readonly Contender[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Measured[]>> => {
  const results = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round += 1)
    for (const { name, measure } of contenders) {
      const measured = await measure()
      results.get(name)?.push(measured)
      console.log(
        `round ${round}  ${name.padEnd(24)} ${measured.perSecond.toFixed(0).padStart(7)}/s  ` +
          `${measured.workerMicros.toFixed(1)} + ${measured.postgresMicros.toFixed(1)} µs CPU`,
      )
    }
  return results
}

const limitName = 'bare undici pool'

const rowsOf = (results: ReadonlyMap<string, readonly Measured[]>): readonly Row[] => {
  const limit = results.get(limitName) ?? []
  return [...results].map(([name, rounds]) => ({
    contender: name,
    'deliveries/s': median(rounds.map(({ perSecond }) => perSecond)),
    'of the limit': median(
      rounds.map(({ perSecond }, at) => perSecond / (limit[at]?.perSecond ?? Number.NaN)),
    ),
    'process CPU µs each': median(rounds.map(({ workerMicros }) => workerMicros)),
    'Postgres CPU µs each': median(rounds.map(({ postgresMicros }) => postgresMicros)),
  }))
}

const readSettings = (args: readonly string[]): Settings => {
  const value = (name: string, standard: number): number =>
    Number(args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? standard)
  const workers = args.find((arg) => arg.startsWith('--workers='))?.split('=')[1] ?? '1,2,4'
  return {
    deliveries: value('deliveries', 100_000),
    rounds: value('rounds', 3),
    workers: workers.split(',').map(Number),
    profile: args.includes('--profile'),
    statements: args.includes('--statements'),
  }
}

/** Runs the benchmark with the command line's options. */
export const runDrain = async (args: readonly string[]): Promise<void> => {
  const settings = readSettings(args)
  await using database = await startBenchDatabase(settings.statements ? logStatements : {})
  await using sink = await startSink()
  const contenders: readonly Contender[] = [
    { name: limitName, measure: async () => await measureBare(sink, settings.deliveries) },
    ...settings.workers.map((workers) => ({
      name: `carillon, ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
      measure: async () => await measureCarillon(database, sink, settings, workers),
    })),
  ]
  const results = await runRounds(contenders, settings.rounds)
  if (settings.statements)
    console.log(
      `\n${tableOf(statementTimes(database.logFile, settings.deliveries * settings.rounds))}`,
    )
  publish('drain', rowsOf(results), { settings, postgres: await database.settings() })
}
