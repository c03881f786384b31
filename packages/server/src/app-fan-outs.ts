/** Fan-outs as a part of the process. A part of the composition root. */
import type { AppOptions, Core } from './app.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import type { Expander } from './fan-outs/create-expander.ts'
import { runFanOuts } from './fan-outs/run-fan-outs.ts'
import { systemTimers } from './platform/timers.ts'

/** Roles with the worker expand what anybody accepts; an API expands small ones that it has just accepted itself. */
export const startFanOuts = async (
  { config, log, lifecycle }: Pick<AppOptions, 'config' | 'log' | 'lifecycle'>,
  core: Core,
  worker: DeliveryWorker | undefined,
): Promise<Pick<Expander, 'expandNew'>> =>
  await lifecycle.start({
    name: 'fan-outs',
    start: async () =>
      runFanOuts({
        pool: core.pools.engine,
        leaseMs: config.leaseSeconds * 1_000,
        functions: core.functions,
        newId: core.newId,
        shard: core.shard,
        log,
        timers: systemTimers,
        wakeLanes: (lanes) => worker?.wake(lanes),
        inBackground: config.roles.includes('worker'),
        waker: core.fanOutWaker,
        lookout: core.lookout,
        progress: core.progress,
        metrics: core.metrics,
      }),
  })
