/** graphile-worker at its best settings: jobs fetched 500 at a time into a local queue, completions in batches. */
import { loadPeer } from './load-peer.ts'
import { jobsInHand, type Deliver, type Job, type OpenPeer } from './peer-queue.ts'

type Runner = { readonly stop: () => Promise<void> }
type AddJob = { readonly identifier: string; readonly payload: Job; readonly maxAttempts: number }
type Utils = {
  readonly migrate: () => Promise<void>
  readonly addJobs: (jobs: readonly AddJob[]) => Promise<unknown>
  readonly release: () => Promise<void>
}
type Exports = {
  readonly makeWorkerUtils: (options: object) => Promise<Utils>
  readonly run: (options: object) => Promise<Runner>
  readonly Logger: new (factory: () => () => void) => unknown
}

/** Opens it on the database. */
export const openGraphileWorker: OpenPeer = async ({ databaseUrl }) => {
  const { makeWorkerUtils, run, Logger } = await loadPeer<Exports>('graphile-worker')
  const logger = new Logger(() => () => undefined)
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, logger })
  await utils.migrate()
  const runners: Runner[] = []
  return {
    enqueue: async (jobs) => {
      await utils.addJobs(
        jobs.map((payload) => ({ identifier: 'deliver', payload, maxAttempts: 20 })),
      )
    },
    start: async (deliver: Deliver) => {
      runners.push(
        await run({
          connectionString: databaseUrl,
          logger,
          noHandleSignals: true,
          maxPoolSize: 10,
          taskList: { deliver: async (payload: Job) => await deliver(payload) },
          preset: {
            worker: {
              concurrentJobs: jobsInHand,
              localQueue: { size: jobsInHand },
              completeJobBatchDelay: 5,
              failJobBatchDelay: 5,
            },
          },
        }),
      )
    },
    stop: async () => {
      for (const runner of runners) await runner.stop()
      await utils.release()
    },
  }
}
