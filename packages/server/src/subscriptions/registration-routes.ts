/** The API of registrations: a member of the tenant comes to its own, who has the scope to everybody's. No SQL. */
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import { createWithKey } from '../access/create-with-key.ts'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { ownOnly, principalOf, tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { changeRegistration, deleteRegistration } from './change-registration.ts'
import { createImportRegistrations } from './import-registrations.ts'
import {
  findRegistration,
  listRegistrationsOfSubscription,
  listRegistrationsOfUser,
} from './list-registrations.ts'
import * as schema from './registration-schema.ts'
import { subscribeUser, unsubscribeUser } from './subscribe-user.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly connectors: ConnectorRegistry
}

const readScope = 'registrations:read'
const writeScope = 'registrations:write'
const rateLimit = 'subscriptions'
const readAll = { auth: { scope: readScope }, rateLimit } as const
const writeAll = { auth: { scope: writeScope }, rateLimit } as const
const readOwn = { auth: { scope: readScope, own: true }, rateLimit } as const
const writeOwn = { auth: { scope: writeScope, own: true }, rateLimit } as const
const tags = ['registrations']
const ofSubscription = Type.Object({ subscriptionId: Type.String() })
const params = Type.Object({ id: Type.String() })
const url = '/api/v1/subscriptions/:subscriptionId'

/** Registers the routes. */
export const addRegistrationRoutes = (server: HttpServer, options: Options): void => {
  addListRoutes(server, options)
  addSubscribeRoute(server, options)
  addUnsubscribeRoute(server, options)
  addImportRoute(server, options)
  addReadingRoute(server, options)
  addChangingRoutes(server, options)
}

/** Whose registrations are meant. Throws `forbidden` when that is somebody else and the caller may only see to its own. */
const userOf = (request: FastifyRequest, named: string | undefined, scope: string): string => {
  const own = ownOnly(request, scope)
  if (own !== undefined && named !== undefined && named !== own) {
    throw appError('forbidden', {
      detail: `You may only do this for yourself (${own}): leave "userId" out.`,
    })
  }
  return named ?? principalOf(request).actor
}

const addListRoutes = (server: HttpServer, { pool }: Options): void => {
  const response = { 200: pageOf(schema.registrationSchema) }
  server.get(
    `${url}/registrations`,
    {
      config: readAll,
      schema: {
        tags,
        summary: "List a subscription's registrations, oldest first",
        params: ofSubscription,
        querystring: schema.registrationListQuery,
        response,
      },
    },
    async (request) => {
      const place = { tenantId: tenantOf(request), subscriptionId: request.params.subscriptionId }
      return await listRegistrationsOfSubscription(pool, place, request.query)
    },
  )
  server.get(
    '/api/v1/registrations',
    {
      config: readOwn,
      schema: {
        tags,
        summary: 'List registrations of one user, oldest first',
        description: "One's own, unless `userId` names another user (scope registrations:read).",
        querystring: schema.ownRegistrationListQuery,
        response,
      },
    },
    async (request) => {
      const userId = userOf(request, request.query.userId, readScope)
      const place = { tenantId: tenantOf(request), userId }
      return await listRegistrationsOfUser(pool, place, request.query)
    },
  )
}

const addSubscribeRoute = (server: HttpServer, options: Options): void => {
  server.post(
    `${url}/subscribe`,
    {
      config: writeOwn,
      schema: {
        tags,
        summary: 'Register a user for a subscription',
        description:
          '201 for a new registration, 200 for one that was there: it is switched on. A user may have several.',
        params: ofSubscription,
        body: schema.subscribeBody,
        response: { 200: schema.registrationSchema, 201: schema.registrationSchema },
      },
    },
    async (request, reply) => {
      const { subscriptionId } = request.params
      const userId = userOf(request, request.body.userId, writeScope)
      const isMember = ownOnly(request, writeScope) !== undefined
      let isNew = true
      return await createWithKey(
        request,
        reply,
        options.pool,
        async (client, tenantId) => {
          const place = { tenantId, subscriptionId, userId, isMember }
          const saved = await subscribeUser(client, place, request.body, options)
          isNew = saved.isNew
          return saved.registration
        },
        { status: () => (isNew ? 201 : 200) },
      )
    },
  )
}

const addUnsubscribeRoute = (server: HttpServer, { pool, connectors }: Options): void => {
  server.delete(
    `${url}/unsubscribe`,
    {
      config: writeOwn,
      // The schema wants an object, and most DELETEs come without a body.
      preValidation: async (request) => {
        request.body ??= {}
      },
      schema: {
        tags,
        summary: "Delete a user's registrations for a subscription",
        description:
          'All of them, or those of a channel, or of an address. In the query or in the body.',
        params: ofSubscription,
        querystring: schema.unsubscribeFields,
        body: schema.unsubscribeFields,
        response: { 200: schema.unsubscribeAnswer },
      },
    },
    async (request) => {
      const fields = { ...request.query, ...request.body }
      const userId = userOf(request, fields.userId, writeScope)
      const tenantId = tenantOf(request)
      const place = { tenantId, subscriptionId: request.params.subscriptionId, userId }
      const removed = await inTenant(pool, tenantId, (client) =>
        unsubscribeUser(client, place, fields, connectors),
      )
      return { removed }
    },
  )
}

const addImportRoute = (server: HttpServer, options: Options): void => {
  const importRegistrations = createImportRegistrations(options)
  server.post(
    `${url}/registrations/import`,
    {
      config: writeAll,
      schema: {
        tags,
        summary: 'Register up to 1,000 users at once',
        description: 'Rows that are wrong are in the report; the others are stored.',
        params: ofSubscription,
        body: schema.importBody,
        response: { 200: schema.importAnswer },
      },
    },
    async (request, reply) => {
      const { subscriptionId } = request.params
      return await createWithKey(
        request,
        reply,
        options.pool,
        (client, tenantId) =>
          importRegistrations(client, { tenantId, subscriptionId }, request.body),
        { status: 200 },
      )
    },
  )
}

const addReadingRoute = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/registrations/:id',
    {
      config: readOwn,
      schema: {
        tags,
        summary: 'One registration',
        params,
        response: { 200: schema.registrationSchema },
      },
    },
    async (request) => {
      const id = requireId('registration', request.params.id)
      const ownerId = ownOnly(request, readScope)
      return await findRegistration(pool, tenantOf(request), { id, ownerId })
    },
  )
}

const addChangingRoutes = (server: HttpServer, { pool, connectors }: Options): void => {
  const response = { 200: schema.registrationSchema }
  const placeOf = (request: FastifyRequest, id: string) => ({
    tenantId: tenantOf(request),
    id: requireId('registration', id),
    ownerId: ownOnly(request, writeScope),
  })
  server.put(
    '/api/v1/registrations/:id',
    {
      config: writeOwn,
      schema: {
        tags,
        summary: 'Replace a registration',
        description:
          'Channel and channelConfig stay when they are left out; `enabled` is then true, `language` null.',
        params,
        body: schema.registrationReplaceBody,
        response,
      },
    },
    async (request) => {
      const change = { ...placeOf(request, request.params.id), kind: 'replace' } as const
      return await changeRegistration(pool, { ...change, body: request.body }, connectors)
    },
  )
  server.patch(
    '/api/v1/registrations/:id',
    {
      config: writeOwn,
      schema: {
        tags,
        summary: 'Change parts of a registration',
        params,
        body: schema.registrationPatchBody,
        response,
      },
    },
    async (request) => {
      const change = { ...placeOf(request, request.params.id), kind: 'patch' } as const
      return await changeRegistration(pool, { ...change, body: request.body }, connectors)
    },
  )
  server.delete(
    '/api/v1/registrations/:id',
    {
      config: writeOwn,
      schema: { tags, summary: 'Delete a registration', params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await deleteRegistration(pool, placeOf(request, request.params.id))
      return await reply.code(204).send(null)
    },
  )
}
