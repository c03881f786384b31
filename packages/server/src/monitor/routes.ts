/** The API of the monitor, for platform admins. */
import type { Pool } from 'pg'
import type { Clock } from '@carillon/domain/clock'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { readMonitor, type ProcessFacts } from './read-monitor.ts'
import { monitorSchema } from './schema.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly clock: Clock
  readonly facts: ProcessFacts
}

/** Registers `GET /monitor`. */
export const addMonitorRoutes = (server: HttpServer, { pool, ...rest }: Options): void => {
  server.get(
    '/api/v1/monitor',
    {
      config: { auth: { platform: true } },
      schema: {
        tags: ['operations'],
        summary: 'Queues, workers, throughput and slow integrations, across tenants',
        response: { 200: monitorSchema },
      },
    },
    async () => await readMonitor(pool, rest),
  )
}
