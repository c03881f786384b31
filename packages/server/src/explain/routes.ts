/** The API of explanations. */
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { tenantOf } from '../platform/http/principal.ts'
import { explain, type ExplainServices } from './explain.ts'
import { explainAnswer, explainBody } from './schema.ts'

/**
 * An explanation tells events, deliveries with their addresses, whom contacts and registrations are, and what is suppressed:
 * nobody learns by it what they may not read where it is.
 */
const everythingTold = [
  'deliveries:read',
  'events:read',
  'rules:read',
  'contacts:read',
  'registrations:read',
  'suppressions:read',
] as const

/** Registers `POST /explain`. */
export const addExplainRoutes = (server: HttpServer, services: ExplainServices): void => {
  server.post(
    '/api/v1/explain',
    {
      config: { auth: { scope: 'reports:read', also: everythingTold } },
      schema: {
        tags: ['reports'],
        summary:
          'Why somebody got a message or did not, or whether somebody would: every decision with its reason',
        body: explainBody,
        response: { 200: explainAnswer },
      },
    },
    async (request) => await explain(tenantOf(request), request.body, services),
  )
}
