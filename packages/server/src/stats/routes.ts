/** The API of statistics. */
import type { Pool } from 'pg'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { tenantOf } from '../platform/http/principal.ts'
import { readStats } from './read-stats.ts'
import { statsSchema } from './schema.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly connectors: ConnectorRegistry
}

/** Registers `GET /stats`. */
export const addStatsRoutes = (server: HttpServer, { pool, connectors }: Options): void => {
  server.get(
    '/api/v1/stats',
    {
      config: { auth: { scope: 'reports:read' } },
      schema: {
        tags: ['reports'],
        summary: 'Today against yesterday, health of the integrations, what needs attention',
        response: { 200: statsSchema },
      },
    },
    async (request) => await readStats(pool, tenantOf(request), connectors),
  )
}
