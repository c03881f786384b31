/** The deliveries' API: lists, one with its timeline, resend, cancel. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { printId } from '@carillon/domain/ids'
import { createWithKey } from '../access/create-with-key.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { ownOnly, principalOf, tenantOf } from '../platform/http/principal.ts'
import { cancelDelivery } from './cancel-delivery.ts'
import { findDelivery } from './find-delivery.ts'
import { countDeliveries, listDeliveries } from './list-deliveries.ts'
import { resendDelivery } from './resend-delivery.ts'
import {
  deliveryCountSchema,
  deliveryDetailSchema,
  deliveryFilterSchema,
  deliveryListQuery,
  deliverySchema,
} from './schema.ts'
import type { LaneKey } from './store.ts'

export type DeliveryRoutesOptions = {
  /** Pool of role carillon_app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly shard: number
  /** Work was made in this lane. */
  readonly wake: (lane: LaneKey) => void
  /** These deliveries have moved, by a caller's will. */
  readonly onChanged?: (tenantId: string, deliveryIds: readonly string[]) => void
}

const params = Type.Object({ id: Type.String() })
const readScope = 'deliveries:read'
const read = { auth: { scope: readScope, own: true } } as const
const write = { auth: { scope: 'deliveries:write' } } as const
const tags = ['deliveries']

/** Registers the routes. */
export const addDeliveryRoutes = (server: HttpServer, options: DeliveryRoutesOptions): void => {
  addReadRoutes(server, options)
  addResendRoute(server, options)
  addCancelRoute(server, options)
}

const addReadRoutes = (server: HttpServer, { pool }: DeliveryRoutesOptions): void => {
  server.get(
    '/api/v1/deliveries',
    {
      config: read,
      schema: {
        tags,
        summary: 'List deliveries, newest first; members see their own',
        querystring: deliveryListQuery,
        response: { 200: pageOf(deliverySchema) },
      },
    },
    async (request) => {
      const own = ownOnly(request, readScope)
      return await listDeliveries(pool, tenantOf(request), request.query, own)
    },
  )

  server.get(
    '/api/v1/deliveries/count',
    {
      config: read,
      schema: {
        tags,
        summary: 'How many deliveries a filter has: exactly up to 10,000, else "more than"',
        querystring: deliveryFilterSchema,
        response: { 200: deliveryCountSchema },
      },
    },
    async (request) => {
      const own = ownOnly(request, readScope)
      return await countDeliveries(pool, tenantOf(request), request.query, own)
    },
  )

  server.get(
    '/api/v1/deliveries/:id',
    {
      config: read,
      schema: {
        tags,
        summary: 'One delivery, with every attempt and decision',
        params,
        response: { 200: deliveryDetailSchema },
      },
    },
    async (request) => {
      const id = requireId('delivery', request.params.id)
      return await findDelivery(pool, tenantOf(request), id, ownOnly(request, readScope))
    },
  )
}

const addResendRoute = (server: HttpServer, options: DeliveryRoutesOptions): void => {
  const { pool, newId, shard, wake } = options
  server.post(
    '/api/v1/deliveries/:id/resend',
    {
      config: write,
      schema: {
        tags,
        summary: 'Send a finished delivery once more, as a new one',
        params,
        response: { 201: Type.Object({ id: Type.String(), resendOf: Type.String() }) },
      },
    },
    async (request, reply) => {
      const old = requireId('delivery', request.params.id)
      const id = newId('delivery')
      const lanes: LaneKey[] = []
      const body = await createWithKey(request, reply, pool, async (client, tenantId) => {
        lanes.push(await resendDelivery(client, { tenantId, old, id, shard }))
        return { id: printId('delivery', id), resendOf: printId('delivery', old) }
      })
      for (const lane of lanes) wake(lane)
      return body
    },
  )
}

const addCancelRoute = (server: HttpServer, options: DeliveryRoutesOptions): void => {
  const { pool, shard, onChanged } = options
  server.post(
    '/api/v1/deliveries/:id/cancel',
    {
      config: write,
      schema: {
        tags,
        summary: 'End a delivery that waits',
        description:
          'It ends as canceled; as sent where a provider has taken the message and a receipt is waited for.',
        params,
        response: { 200: deliveryDetailSchema },
      },
    },
    async (request) => {
      const id = requireId('delivery', request.params.id)
      const tenantId = tenantOf(request)
      const by = principalOf(request).actor
      await cancelDelivery(pool, { tenantId, id, by, shard })
      onChanged?.(tenantId, [id])
      return await findDelivery(pool, tenantId, id)
    },
  )
}
