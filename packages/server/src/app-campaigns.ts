/** Campaigns as a part of the process. A part of the composition root. */
import { connectors } from '@carillon/connectors/registry.gen'
import type { AppOptions, Core } from './app.ts'
import { onAcceptedOf } from './app-jobs.ts'
import type { Config } from './config.ts'
import { addCampaignRoutes } from './campaigns/routes.ts'
import {
  createCampaignRunner,
  runCampaigns,
  type CampaignServices,
} from './campaigns/run-campaigns.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import { systemClock } from './platform/clock.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'
import type { CompileMjml } from './platform/mjml/compile-mjml.ts'

/** Expansions write to counter rows of their own: a chunk must not hold up the settles of its process. */
const expansionShards = 32

const servicesOf = (
  config: Config,
  core: Core,
  worker: DeliveryWorker | undefined,
): CampaignServices => ({
  pool: core.pools.engine,
  shard: expansionShards + core.shard,
  acceptEvents: core.acceptEvents,
  onAccepted: onAcceptedOf(core, worker),
  newId: core.newId,
  leaseMs: config.leaseSeconds * 1_000,
  log: core.log,
  wakeLanes: (lanes) => worker?.wake(lanes),
})

/** Roles with the worker keep everybody's campaigns going. */
export const startCampaigns = async (
  { config, lifecycle }: Pick<AppOptions, 'config' | 'lifecycle'>,
  core: Core,
  worker: DeliveryWorker | undefined,
): Promise<void> => {
  await lifecycle.start({
    name: 'campaigns',
    start: async () =>
      runCampaigns({
        ...servicesOf(config, core, worker),
        inBackground: config.roles.includes('worker'),
        waker: core.campaignWaker,
        lookout: core.lookout,
        progress: core.progress,
        metrics: core.metrics,
      }),
  })
}

/** Registers the routes. */
export const addCampaigns = (
  server: HttpServer,
  given: {
    readonly config: Config
    readonly core: Core
    readonly worker: DeliveryWorker | undefined
    readonly compileMjml: CompileMjml
  },
): void => {
  const { config, core, worker, compileMjml } = given
  addCampaignRoutes(server, {
    pool: core.pools.app,
    newId: core.newId,
    clock: systemClock,
    connectors,
    renderer: core.renderer,
    compileMjml,
    begin: createCampaignRunner(servicesOf(config, core, worker)).begin,
    wake: core.campaignWaker.wake,
  })
}
