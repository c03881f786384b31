/** The API of subscriptions. No SQL, no decisions. That of registrations is in `registration-routes.ts`. */
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createWithKey } from '../access/create-with-key.ts'
import { systemClock } from '../platform/clock.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { checkContent, type ContentServices } from './check-content.ts'
import { deleteSubscription } from './delete-subscription.ts'
import { findSubscription, listSubscriptions } from './list-subscriptions.ts'
import { previewContent } from './preview-content.ts'
import { channelsOf } from './read-address.ts'
import { addRegistrationRoutes } from './registration-routes.ts'
import { createSubscription, updateSubscription } from './save-subscription.ts'
import * as schema from './schema.ts'

export type SubscriptionRoutesOptions = Omit<ContentServices, 'renderer'> & {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly renderer: TemplateRenderer
}

const params = Type.Object({ subscriptionId: Type.String() })
const rateLimit = 'subscriptions'
const read = { auth: { scope: 'subscriptions:read' }, rateLimit } as const
const write = { auth: { scope: 'subscriptions:write' }, rateLimit } as const
const tags = ['subscriptions']
const url = '/api/v1/subscriptions'

/** Registers the routes of subscriptions and of registrations. */
export const addSubscriptionRoutes = (
  server: HttpServer,
  options: SubscriptionRoutesOptions,
): void => {
  addReadingRoutes(server, options)
  addPreviewRoute(server, options)
  addCreatingRoute(server, options)
  addChangingRoutes(server, options)
  addDeletingRoute(server, options)
  addRegistrationRoutes(server, options)
}

const addReadingRoutes = (server: HttpServer, { pool }: SubscriptionRoutesOptions): void => {
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: 'List subscriptions, oldest first',
        querystring: schema.subscriptionListQuery,
        response: { 200: pageOf(schema.subscriptionItemSchema) },
      },
    },
    async (request) => await listSubscriptions(pool, tenantOf(request), request.query),
  )
  server.get(
    `${url}/:subscriptionId`,
    {
      config: read,
      schema: {
        tags,
        summary: 'One subscription',
        params,
        response: { 200: schema.subscriptionSchema },
      },
    },
    async (request) =>
      await findSubscription(pool, tenantOf(request), request.params.subscriptionId),
  )
}

const addPreviewRoute = (server: HttpServer, options: SubscriptionRoutesOptions): void => {
  const services = {
    pool: options.pool,
    renderer: options.renderer,
    clock: systemClock,
    channels: channelsOf(options.connectors),
  }
  server.post(
    `${url}/:subscriptionId/preview`,
    {
      config: read,
      schema: {
        tags,
        summary: 'What its own texts would say on a channel, in a language',
        params,
        body: schema.previewBody,
        response: { 200: schema.previewAnswer },
      },
    },
    async (request) => {
      const { subscriptionId } = request.params
      const place = { tenantId: tenantOf(request), subscriptionId }
      return await previewContent(place, request.body, services)
    },
  )
}

const addCreatingRoute = (server: HttpServer, options: SubscriptionRoutesOptions): void => {
  const { pool, newId } = options
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Make a subscription',
        body: schema.subscriptionBody,
        response: { 201: schema.subscriptionSchema },
      },
    },
    async (request, reply) => {
      const body = await withCheckedContent(request.body, options)
      const author = principalOf(request)
      return await createWithKey(request, reply, pool, (client, tenantId) =>
        createSubscription(client, tenantId, { body, author }, newId),
      )
    },
  )
}

/** The same body, its content as it is to be stored. Before the transaction: MJML takes a second. */
const withCheckedContent = async <
  Body extends { readonly content?: schema.SubscriptionContent | null },
>(
  body: Body,
  services: ContentServices,
): Promise<Body> =>
  body.content === undefined || body.content === null
    ? body
    : { ...body, content: await checkContent(body.content, services) }

const addChangingRoutes = (server: HttpServer, options: SubscriptionRoutesOptions): void => {
  const response = { 200: schema.subscriptionSchema }
  const change = async (
    request: FastifyRequest,
    given: {
      readonly subscriptionId: string
      readonly kind: 'replace' | 'patch'
      readonly body: schema.SubscriptionChangeBody
    },
  ) => {
    const tenantId = tenantOf(request)
    const body = await withCheckedContent(given.body, options)
    const author = principalOf(request)
    return await inTenant(options.pool, tenantId, (client) =>
      updateSubscription(client, { ...given, tenantId, body, author }),
    )
  }
  server.put(
    `${url}/:subscriptionId`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Replace a subscription',
        description: 'What is left out becomes the default; only `isSystem` stays.',
        params,
        body: schema.subscriptionReplaceBody,
        response,
      },
    },
    async (request) =>
      await change(request, {
        subscriptionId: request.params.subscriptionId,
        kind: 'replace',
        body: request.body,
      }),
  )
  server.patch(
    `${url}/:subscriptionId`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Change parts of a subscription',
        params,
        body: schema.subscriptionPatchBody,
        response,
      },
    },
    async (request) =>
      await change(request, {
        subscriptionId: request.params.subscriptionId,
        kind: 'patch',
        body: request.body,
      }),
  )
}

const addDeletingRoute = (server: HttpServer, { pool }: SubscriptionRoutesOptions): void => {
  server.delete(
    `${url}/:subscriptionId`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Delete a subscription',
        description: 'With registrations it is a 409 that says how many, unless `force` is true.',
        params,
        querystring: schema.deleteQuery,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await deleteSubscription(pool, {
        tenantId: tenantOf(request),
        subscriptionId: request.params.subscriptionId,
        force: request.query.force ?? false,
        author: principalOf(request),
      })
      return await reply.code(204).send(null)
    },
  )
}
