/**
 * `drain`: how fast deliveries that are durably queued reach a loopback sink and are durably recorded, with one worker,
 * two and four, beside a bare undici loop to the same sink and beside peers, in one run.
 */
import { installPeers } from './peers/install-peers.ts'
import { redisVersion } from './peers/redis.ts'
import { startBenchDatabase } from './rig/bench-database.ts'
import { drainCarillon } from './rig/drain-carillon.ts'
import { measureBareLoop } from './rig/drain-limit.ts'
import { drainPeer } from './rig/drain-peer.ts'
import { readOptions, type Options } from './rig/options.ts'
import { rowsOf, runRounds, showMeasured, type Contender, type Measured } from './rig/rounds.ts'
import { startSink } from './rig/sink-process.ts'
import { logStatements, statementTimes } from './rig/statement-times.ts'
import { publish, tableOf } from './rig/table.ts'

const limitName = 'bare undici pool'

const settingsOf = (options: Options) => ({
  deliveries: options.number('deliveries', 20_000, 100_000),
  rounds: options.number('rounds', 1, 5),
  /** Numbers of worker processes to measure. */
  workers: (options.text('workers') ?? '1,2,4').split(',').map(Number),
  peers: !options.has('no-peers'),
  profile: options.has('profile'),
  /** Where Postgres spends its time, by statement. */
  statements: options.has('statements'),
})

const peerNames = (redis: string | undefined): readonly string[] => [
  'graphile-worker',
  'pg-boss',
  ...(redis === undefined ? [] : ['bullmq, everysec', 'bullmq, always']),
]

/** Runs the benchmark with the command line's options. */
export const runDrain = async (args: readonly string[]): Promise<void> => {
  const settings = settingsOf(readOptions(args))
  const { deliveries } = settings
  const redis = settings.peers ? redisVersion() : undefined
  const versions = settings.peers ? installPeers() : {}
  if (settings.peers && redis === undefined)
    console.log('BullMQ is left out: there is no redis-server on PATH')
  await using database = await startBenchDatabase(settings.statements ? logStatements : {})
  await using sink = await startSink()
  const given = { database, sink, deliveries }
  const contenders: readonly Contender<Measured>[] = [
    { name: limitName, measure: async () => await measureBareLoop(sink, deliveries) },
    ...settings.workers.map((workers) => ({
      name: `carillon, ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
      measure: async () => await drainCarillon({ ...given, workers, profile: settings.profile }),
    })),
    ...(settings.peers ? peerNames(redis) : []).map((name) => ({
      name,
      measure: async () => await drainPeer(name, given),
    })),
  ]
  const results = await runRounds(contenders, { rounds: settings.rounds, show: showMeasured })
  if (settings.statements)
    console.log(`\n${tableOf(statementTimes(database.logFile, deliveries * settings.rounds))}`)
  publish('drain', rowsOf(results, { unit: 'deliveries', limit: limitName }), {
    settings,
    postgres: await database.settings(),
    redis,
    versions,
  })
}
