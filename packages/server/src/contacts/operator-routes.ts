/** The API of operators. No SQL, no decisions. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createWithKey } from '../access/create-with-key.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { findOperator, listOperators } from './list-operators.ts'
import { createOperator, deleteOperator, updateOperator } from './save-operator.ts'
import * as schema from './schema.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'contacts:read' } } as const
const write = { auth: { scope: 'contacts:write' } } as const
const tags = ['operators']
const url = '/api/v1/operators'
const one = { 200: schema.operatorSchema }

/** Registers the routes of operators. */
export const addOperatorRoutes = (server: HttpServer, options: Options): void => {
  addReadingRoutes(server, options)
  addCreatingRoute(server, options)
  addChangingRoutes(server, options)
  addDeletingRoute(server, options)
}

const addReadingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: 'List operators, oldest first',
        querystring: schema.operatorListQuery,
        response: { 200: pageOf(schema.operatorSchema) },
      },
    },
    async (request) => await listOperators(pool, tenantOf(request), request.query),
  )
  server.get(
    `${url}/:id`,
    { config: read, schema: { tags, summary: 'One operator', params, response: one } },
    async (request) =>
      await findOperator(pool, tenantOf(request), requireId('operator', request.params.id)),
  )
}

const addCreatingRoute = (server: HttpServer, { pool, newId }: Options): void => {
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Make an operator',
        body: schema.operatorBody,
        response: { 201: schema.operatorSchema },
      },
    },
    async (request, reply) =>
      await createWithKey(request, reply, pool, (client, tenantId) =>
        createOperator(client, tenantId, request.body, newId),
      ),
  )
}

const addChangingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.put(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Replace an operator',
        description: 'Its code stays; without a name it has none.',
        params,
        body: schema.operatorChangeBody,
        response: one,
      },
    },
    async (request) => {
      const id = requireId('operator', request.params.id)
      return await updateOperator(pool, tenantOf(request), {
        id,
        kind: 'replace',
        body: request.body,
      })
    },
  )
  server.patch(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Change an operator',
        params,
        body: schema.operatorPatchBody,
        response: one,
      },
    },
    async (request) => {
      const id = requireId('operator', request.params.id)
      return await updateOperator(pool, tenantOf(request), {
        id,
        kind: 'patch',
        body: request.body,
      })
    },
  )
}

const addDeletingRoute = (server: HttpServer, { pool }: Options): void => {
  server.delete(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Delete an operator',
        description: 'With contacts it is a 409 that says how many, unless `force` is true.',
        params,
        querystring: schema.deleteQuery,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await deleteOperator(pool, tenantOf(request), {
        id: requireId('operator', request.params.id),
        force: request.query.force ?? false,
      })
      return await reply.code(204).send(null)
    },
  )
}
