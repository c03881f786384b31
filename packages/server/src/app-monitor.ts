/** The monitor in the composition root: what this process knows of itself, beside what the database says. */
import { addMs } from '@carillon/domain/clock'
import type { Core } from './app.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import { addMonitorRoutes } from './monitor/routes.ts'
import { systemClock } from './platform/clock.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'
import { version } from './version.ts'

/** Registers the route. */
export const addMonitor = (
  server: HttpServer,
  { pools, progress }: Pick<Core, 'pools' | 'progress'>,
  worker: DeliveryWorker | undefined,
): void =>
  addMonitorRoutes(server, {
    pool: pools.engine,
    clock: systemClock,
    facts: {
      version,
      pid: process.pid,
      startedAt: addMs(systemClock.now(), -Math.round(process.uptime() * 1_000)),
      memoryBytes: () => process.memoryUsage.rss(),
      stuckLoops: () => progress.stuck(),
      worker,
    },
  })
