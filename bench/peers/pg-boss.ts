/** pg-boss at its best settings: batches of 500, four local workers that fetch again at once while batches come back full. */
import { loadPeer } from './load-peer.ts'
import type { Deliver, Job, OpenPeer } from './peer-queue.ts'

type Boss = {
  readonly start: () => Promise<unknown>
  readonly stop: (options: object) => Promise<void>
  readonly createQueue: (name: string, options: object) => Promise<void>
  readonly insert: (name: string, jobs: readonly { readonly data: Job }[]) => Promise<unknown>
  readonly work: (
    name: string,
    options: object,
    handle: (jobs: readonly { readonly data: Job }[]) => Promise<void>,
  ) => Promise<unknown>
  readonly on: (event: 'error', listener: (error: Error) => void) => void
}
type Exports = { readonly PgBoss: new (options: object) => Boss }

const queue = 'deliver'

/** Opens it on the database. */
export const openPgBoss: OpenPeer = async ({ databaseUrl }) => {
  const { PgBoss } = await loadPeer<Exports>('pg-boss')
  const boss = new PgBoss({
    connectionString: databaseUrl,
    max: 10,
    schedule: false,
    supervise: false,
  })
  boss.on('error', (error) => console.log(`pg-boss: ${error.message}`))
  await boss.start()
  await boss.createQueue(queue, { retryLimit: 20 })
  return {
    enqueue: async (jobs) =>
      void (await boss.insert(
        queue,
        jobs.map((data) => ({ data })),
      )),
    start: async (deliver: Deliver) => {
      const options = {
        batchSize: 500,
        localConcurrency: 4,
        pollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true,
      }
      await boss.work(queue, options, async (jobs) => {
        await Promise.all(jobs.map(async ({ data }) => await deliver(data)))
      })
    },
    stop: async () => await boss.stop({ graceful: true, timeout: 30_000 }),
  }
}
