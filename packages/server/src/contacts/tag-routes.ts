/** The API of tags. No SQL, no decisions. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createWithKey } from '../access/create-with-key.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { findTag, listTags } from './list-tags.ts'
import { createTag, deleteTag, renameTag } from './save-tag.ts'
import * as schema from './schema.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'contacts:read' } } as const
const write = { auth: { scope: 'contacts:write' } } as const
const tags = ['tags']
const url = '/api/v1/tags'
const one = { 200: schema.tagSchema }

/** Registers the routes of tags. */
export const addTagRoutes = (server: HttpServer, options: Options): void => {
  addReadingRoutes(server, options)
  addWritingRoutes(server, options)
  addDeletingRoute(server, options)
}

const addReadingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: 'List tags, oldest first',
        querystring: schema.tagListQuery,
        response: { 200: pageOf(schema.tagSchema) },
      },
    },
    async (request) => await listTags(pool, tenantOf(request), request.query),
  )
  server.get(
    `${url}/:id`,
    { config: read, schema: { tags, summary: 'One tag', params, response: one } },
    async (request) => await findTag(pool, tenantOf(request), requireId('tag', request.params.id)),
  )
}

const addWritingRoutes = (server: HttpServer, { pool, newId }: Options): void => {
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Make a tag',
        body: schema.tagBody,
        response: { 201: schema.tagSchema },
      },
    },
    async (request, reply) =>
      await createWithKey(request, reply, pool, (client, tenantId) =>
        createTag(client, tenantId, request.body, newId),
      ),
  )
  server.put(
    `${url}/:id`,
    {
      config: write,
      schema: { tags, summary: 'Rename a tag', params, body: schema.tagBody, response: one },
    },
    async (request) =>
      await renameTag(pool, tenantOf(request), {
        id: requireId('tag', request.params.id),
        name: request.body.name,
      }),
  )
  server.patch(
    `${url}/:id`,
    {
      config: write,
      schema: { tags, summary: 'Rename a tag', params, body: schema.tagBody, response: one },
    },
    async (request) =>
      await renameTag(pool, tenantOf(request), {
        id: requireId('tag', request.params.id),
        name: request.body.name,
      }),
  )
}

const addDeletingRoute = (server: HttpServer, { pool }: Options): void => {
  server.delete(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Delete a tag',
        description: 'With contacts it is a 409 that says how many, unless `force` is true.',
        params,
        querystring: schema.deleteQuery,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await deleteTag(pool, tenantOf(request), {
        id: requireId('tag', request.params.id),
        force: request.query.force ?? false,
      })
      return await reply.code(204).send(null)
    },
  )
}
