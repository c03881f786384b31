/**
 * One peer in a process of its own, told by the benchmark what to do: workload W through somebody else's queue. Arguments:
 * peer, database URL, Redis port, sink URL, connections.
 */
import { Pool } from 'undici'
import { openBullmq } from './peers/bullmq.ts'
import { openGraphileWorker } from './peers/graphile-worker.ts'
import { jobsFrom, type Deliver, type OpenPeer } from './peers/peer-queue.ts'
import { openPgBoss } from './peers/pg-boss.ts'
import { openOutcomes, type OutcomeRecorder } from './peers/record-outcomes.ts'
import { answerParent } from './rig/node-child.ts'
import { bodyOfData, webhookHeaders } from './rig/workload.ts'

export type PeerQuestion =
  | { readonly ask: 'enqueue'; readonly first: number; readonly count: number }
  | { readonly ask: 'start' | 'stop' }

const peers: Readonly<Record<string, OpenPeer>> = {
  'graphile-worker': openGraphileWorker,
  'pg-boss': openPgBoss,
  bullmq: openBullmq,
}

const [name = '', databaseUrl = '', redisPort = '0', sinkUrl = '', connections = '64'] =
  process.argv.slice(2)

const deliverTo =
  (pool: Pool, outcomes: OutcomeRecorder): Deliver =>
  async ({ n, data }) => {
    const startedAt = new Date()
    const startMs = performance.now()
    const reply = await pool.request({
      path: '/',
      method: 'POST',
      headers: webhookHeaders,
      body: bodyOfData(data),
    })
    await reply.body.text()
    const durationMs = performance.now() - startMs
    await outcomes.record({ n, status: reply.statusCode, startedAt, durationMs })
  }

const open = async () => {
  const peer = peers[name]
  if (peer === undefined) throw new Error(`there is no peer ${name}`)
  const outcomes = await openOutcomes(databaseUrl)
  const queue = await peer({ databaseUrl, redisPort: Number(redisPort) })
  const pool = new Pool(new URL(sinkUrl).origin, { connections: Number(connections) })
  return { outcomes, queue, pool }
}

const opened = open()

const handle = async (question: PeerQuestion): Promise<true> => {
  const { outcomes, queue, pool } = await opened
  if (question.ask === 'enqueue') await queue.enqueue(jobsFrom(question.first, question.count))
  else if (question.ask === 'start') await queue.start(deliverTo(pool, outcomes))
  else {
    await queue.stop()
    await outcomes.close()
    await pool.close()
  }
  return true
}

answerParent((message) => handle(message as PeerQuestion))
