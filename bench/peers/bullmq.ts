/** BullMQ: jobs in Redis, outcomes in batches into Postgres, because a job that is done can not be listed for long there. */
import { loadPeer } from './load-peer.ts'
import { jobsInHand, type Deliver, type Job, type OpenPeer } from './peer-queue.ts'

type Queue = {
  readonly addBulk: (
    jobs: readonly { readonly name: string; readonly data: Job; readonly opts: object }[],
  ) => Promise<unknown>
  readonly close: () => Promise<void>
}
type Worker = {
  readonly close: () => Promise<void>
  readonly on: (event: 'error', listener: (error: Error) => void) => void
}
type Exports = {
  readonly Queue: new (name: string, options: object) => Queue
  readonly Worker: new (
    name: string,
    handle: (job: { readonly data: Job }) => Promise<void>,
    options: object,
  ) => Worker
}

const queueName = 'deliver'

/** Opens it on Redis. */
export const openBullmq: OpenPeer = async ({ redisPort }) => {
  const exports = await loadPeer<Exports>('bullmq')
  const connection = { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null }
  const queue = new exports.Queue(queueName, { connection })
  const workers: Worker[] = []
  return {
    enqueue: async (jobs) => {
      const opts = { removeOnComplete: true, attempts: 20 }
      await queue.addBulk(jobs.map((data) => ({ name: 'deliver', data, opts })))
    },
    start: async (deliver: Deliver) => {
      const handle = async (job: { readonly data: Job }): Promise<void> => await deliver(job.data)
      const options = { connection, concurrency: jobsInHand }
      const worker = new exports.Worker(queueName, handle, options)
      worker.on('error', (error) => console.log(`BullMQ: ${error.message}`))
      workers.push(worker)
      await Promise.resolve()
    },
    stop: async () => {
      for (const worker of workers) await worker.close()
      await queue.close()
    },
  }
}
