/** Carillon's part of `drain`: accepts the deliveries first, then lets workers at them and waits until all is on record. */
import { withClient } from '@carillon/testkit/database-url'
import type { BenchDatabase } from './bench-database.ts'
import { configureWebhook, startCarillonProcess, type CarillonProcess } from './carillon.ts'
import { cpuMsOf, cpuMsOfFamily } from './cpu-time.ts'
import type { Measured } from './rounds.ts'
import { rateOf, type SinkProcess } from './sink-process.ts'
import { eventOf } from './workload.ts'

export type DrainGiven = {
  readonly database: BenchDatabase
  readonly sink: SinkProcess
  readonly deliveries: number
}

const arraySize = 1_000
const databaseName = 'carillon_drain'

const enqueue = async (url: string, { sink, deliveries }: DrainGiven): Promise<void> => {
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

/** One round with so many worker processes. */
export const drainCarillon = async (
  given: DrainGiven & { readonly workers: number; readonly profile: boolean },
): Promise<Measured> => {
  const { database, sink, deliveries, workers, profile } = given
  const url = await database.create(databaseName)
  await enqueue(url, given)
  await sink.reset()
  const execArgv = profile ? ['--cpu-prof', '--cpu-prof-dir=bench/out/profiles'] : []
  const processes = await Promise.all(
    Array.from({ length: workers }, () =>
      startCarillonProcess({ roles: 'worker', databaseUrl: url, execArgv }),
    ),
  )
  await sink.received(1)
  const before = cpuNow(processes, database)
  const perSecond = rateOf(await sink.received(deliveries))
  await allSettled(url)
  const after = cpuNow(processes, database)
  await Promise.all(processes.map((process) => process.stop()))
  await assertRecorded(url, deliveries)
  await database.drop(databaseName)
  return {
    perSecond,
    processMicros: ((after.processMs - before.processMs) * 1000) / deliveries,
    databaseMicros: ((after.databaseMs - before.databaseMs) * 1000) / deliveries,
  }
}

const cpuNow = (processes: readonly CarillonProcess[], database: BenchDatabase) => ({
  processMs: processes.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
  databaseMs: cpuMsOfFamily(database.pid),
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
