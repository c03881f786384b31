/** Membership syncs as a part of the process. A part of the composition root. */
import { connectors } from '@carillon/connectors/registry.gen'
import type { AppOptions, Core } from './app.ts'
import { onAcceptedOf } from './app-jobs.ts'
import type { Config } from './config.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import { addMembershipRoutes } from './membership-syncs/routes.ts'
import type { SyncServices } from './membership-syncs/run-step.ts'
import { createSyncRunner, runSyncs } from './membership-syncs/run-syncs.ts'
import { monotonicMs, systemClock } from './platform/clock.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'

/** As expansions: counter rows of their own. */
const shards = 32
/** Longer than the slowest exchange with the other side, which is in the middle of a step. */
const shortestLeaseMs = 60_000

const servicesOf = (
  config: Config,
  core: Core,
  worker: DeliveryWorker | undefined,
): SyncServices => ({
  pool: core.pools.engine,
  keyring: core.keyring,
  connectors,
  http: core.http.port,
  clock: systemClock,
  shard: shards + core.shard,
  leaseMs: Math.max(shortestLeaseMs, config.leaseSeconds * 1_000),
  acceptEvents: core.acceptEvents,
  onAccepted: onAcceptedOf(core, worker),
  newId: core.newId,
  log: core.log,
  metrics: core.metrics,
  wakeLanes: (lanes) => worker?.wake(lanes),
})

/** Roles with the worker keep everybody's runs going. */
export const startMembershipSyncs = async (
  { config, lifecycle }: Pick<AppOptions, 'config' | 'lifecycle'>,
  core: Core,
  worker: DeliveryWorker | undefined,
): Promise<void> => {
  if (!config.roles.includes('worker')) return
  const { membershipWaker: waker, lookout, progress, metrics } = core
  await lifecycle.start({
    name: 'membership syncs',
    start: async () =>
      runSyncs({ ...servicesOf(config, core, worker), metrics, waker, lookout, progress }),
  })
}

/** Registers the routes. */
export const addMembershipSyncs = (
  server: HttpServer,
  given: {
    readonly config: Config
    readonly core: Core
    readonly worker: DeliveryWorker | undefined
  },
): void => {
  const { config, core, worker } = given
  const services = servicesOf(config, core, worker)
  addMembershipRoutes(server, {
    pool: core.pools.app,
    newId: core.newId,
    rosters: services,
    runner: createSyncRunner(services),
    monotonicMs,
    wake: core.membershipWaker.wake,
  })
}
