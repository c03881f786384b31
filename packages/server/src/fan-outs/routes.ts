/** The API of triggers and fan-outs. No SQL, no decisions. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { parseIdempotencyKey } from '../platform/http/idempotency-key.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { hasScope, principalOf, tenantOf } from '../platform/http/principal.ts'
import { cancelFanOut } from './cancel-fan-out.ts'
import { findFanOut, listFanOuts } from './find-fan-out.ts'
import * as schema from './schema.ts'
import { triggerSubscription, type TriggerServices } from './trigger-subscription.ts'

export type FanOutRoutesOptions = TriggerServices & {
  /** The counters' shard of this process. */
  readonly shard: number
}

const tags = ['subscriptions']
const read = { auth: { scope: 'deliveries:read' } } as const
const trigger = { auth: { scope: 'subscriptions:trigger' } } as const
const params = Type.Object({ id: Type.String() })

/** Registers the routes. */
export const addFanOutRoutes = (server: HttpServer, options: FanOutRoutesOptions): void => {
  addTriggerRoute(server, options)
  addReadingRoutes(server, options)
  addCancelRoute(server, options)
}

const addTriggerRoute = (server: HttpServer, options: FanOutRoutesOptions): void => {
  server.post(
    '/api/v1/trigger/:subscriptionId',
    {
      config: { ...trigger, rateLimit: 'trigger' },
      // The schema wants an object, and a trigger without parameters has no body.
      preValidation: async (request) => {
        request.body ??= {}
      },
      schema: {
        tags,
        summary: 'Trigger a subscription, and say what came of it',
        description:
          'Small audiences are answered when their deliveries are made, large ones at once with `pending`. An Idempotency-Key makes repeating safe.',
        params: Type.Object({ subscriptionId: Type.String() }),
        body: schema.triggerBody,
        response: { 200: schema.triggerAnswer },
      },
    },
    async (request, reply) => {
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const { answer, replayed } = await triggerSubscription(
        {
          tenantId: tenantOf(request),
          subscriptionId: request.params.subscriptionId,
          eventParameters: { ...request.body.eventParameters },
          key: parseIdempotencyKey(request.headers['idempotency-key']),
          signal: gone.signal,
        },
        options,
      )
      if (replayed) reply.header('idempotent-replayed', 'true')
      return answer
    },
  )
}

const addReadingRoutes = (server: HttpServer, { pool }: { readonly pool: Pool }): void => {
  server.get(
    '/api/v1/fan-outs',
    {
      config: read,
      schema: {
        tags,
        summary: 'List fan-outs, newest first',
        querystring: schema.fanOutListQuery,
        response: { 200: pageOf(schema.fanOutSchema) },
      },
    },
    async (request) => await listFanOuts(pool, tenantOf(request), request.query),
  )
  server.get(
    '/api/v1/fan-outs/:id',
    {
      config: read,
      schema: {
        tags,
        summary: 'One fan-out: its progress, who was skipped and why, what the function returned',
        params,
        response: { 200: schema.fanOutSchema },
      },
    },
    async (request) =>
      await findFanOut(pool, tenantOf(request), requireId('fanOut', request.params.id)),
  )
}

const addCancelRoute = (server: HttpServer, { pool, shard }: FanOutRoutesOptions): void => {
  server.post(
    '/api/v1/fan-outs/:id/cancel',
    {
      config: trigger,
      schema: {
        tags,
        summary: 'Stop a fan-out; deliveries that it has made stay unless told otherwise',
        params,
        querystring: schema.cancelQuery,
        response: { 200: schema.cancelAnswer },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      const withDeliveries = request.query.deliveries === 'cancel'
      if (withDeliveries && !hasScope(principal, 'deliveries:write')) {
        const detail = 'Canceling deliveries needs the right deliveries:write too.'
        throw appError('forbidden', { detail })
      }
      return await cancelFanOut(pool, {
        tenantId: tenantOf(request),
        id: requireId('fanOut', request.params.id),
        by: principal.actor,
        withDeliveries,
        shard,
      })
    },
  )
}
