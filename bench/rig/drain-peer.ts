/** A peer's part of `drain`: the same work through its queue, in one process, until all outcomes are on record. */
import { withClient } from '@carillon/testkit/database-url'
import type { PeerQuestion } from '../peer-child.ts'
import { startRedis, type Redis } from '../peers/redis.ts'
import { cpuMsOf, cpuMsOfFamily } from './cpu-time.ts'
import type { DrainGiven } from './drain-carillon.ts'
import { concurrency } from './drain-limit.ts'
import { startNodeChild, type NodeChild } from './node-child.ts'
import type { Measured } from './rounds.ts'
import { rateOf } from './sink-process.ts'

const batchSize = 1_000
const databaseName = 'peer_drain'

const tell = async (child: NodeChild, question: PeerQuestion): Promise<unknown> =>
  await child.ask(question)

/** One round. `name` is the peer's, and for BullMQ how Redis syncs: 'bullmq, always'. */
export const drainPeer = async (name: string, given: DrainGiven): Promise<Measured> => {
  const [peer = '', fsync] = name.split(', ')
  if (fsync !== 'everysec' && fsync !== 'always')
    return await drainThrough(peer, given, { pid: 0, port: 0 })
  await using redis = await startRedis(fsync)
  return await drainThrough(peer, given, redis)
}

const drainThrough = async (
  peer: string,
  { database, sink, deliveries }: DrainGiven,
  redis: Pick<Redis, 'pid' | 'port'>,
): Promise<Measured> => {
  const url = await database.create(databaseName)
  const measured = await (async () => {
    await using child = startNodeChild('peer-child.ts', [
      peer,
      url,
      `${redis.port}`,
      sink.url,
      `${concurrency}`,
    ])
    for (let first = 0; first < deliveries; first += batchSize)
      await tell(child, {
        ask: 'enqueue',
        first,
        count: Math.min(batchSize, deliveries - first),
      })
    await sink.reset()
    const started = tell(child, { ask: 'start' })
    await sink.received(1)
    await started
    const before = cpuNow(child, database.pid, redis.pid)
    const perSecond = rateOf(await sink.received(deliveries))
    await tell(child, { ask: 'stop' })
    const after = cpuNow(child, database.pid, redis.pid)
    return {
      perSecond,
      processMicros: ((after.processMs - before.processMs) * 1000) / deliveries,
      databaseMicros: ((after.databaseMs - before.databaseMs) * 1000) / deliveries,
    }
  })()
  await assertRecorded(url, deliveries)
  await database.drop(databaseName)
  return measured
}

const cpuNow = (child: NodeChild, postgres: number, redis: number) => ({
  processMs: cpuMsOf(child.pid),
  databaseMs: cpuMsOfFamily(postgres) + (redis === 0 ? 0 : cpuMsOf(redis)),
})

const assertRecorded = async (url: string, deliveries: number): Promise<void> =>
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ n: string }>(
      `SELECT count(*) AS n FROM outcomes WHERE state = 'sent'`,
    )
    if (Number(rows[0]?.n) !== deliveries)
      throw new Error(`${rows[0]?.n} of ${deliveries} deliveries are on record as sent`)
  })
