/** The API of bulk replays. No SQL, no decisions. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import { createWithKey } from '../../access/create-with-key.ts'
import { inTenant } from '../../platform/db/transaction.ts'
import type { IdGenerator } from '../../platform/ids.ts'
import type { HttpServer } from '../../platform/http/fastify-types.ts'
import { decodeCursor, limitOf, pageOf, toPage } from '../../platform/http/paging.ts'
import { notFound, requireId } from '../../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../../platform/http/principal.ts'
import * as sql from './queries.ts'
import { viewReplay } from './replay-view.ts'
import * as schema from './schema.ts'
import { previewReplay, startReplay } from './start-replay.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'deliveries:read' } } as const
const write = { auth: { scope: 'deliveries:write' } } as const
const tags = ['deliveries']
const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** Registers `POST /deliveries/replay` and what shows and cancels replays. */
export const addReplayRoutes = (server: HttpServer, options: Options): void => {
  addStartRoute(server, options)
  addReadRoutes(server, options)
  addCancelRoute(server, options)
}

const addStartRoute = (server: HttpServer, { pool, newId }: Options): void => {
  server.post(
    '/api/v1/deliveries/replay',
    {
      config: write,
      schema: {
        tags,
        summary:
          'Send all deliveries of a filter once more, as new ones; with dryRun only count them',
        body: schema.replayBody,
        response: { 200: schema.replayAnswerSchema, 201: schema.replayAnswerSchema },
      },
    },
    async (request, reply) => {
      const { body } = request
      if (body.dryRun === true)
        return await reply
          .code(200)
          .send(await previewReplay(pool, tenantOf(request), { body, newId }))
      const by = principalOf(request).actor
      const begun = await createWithKey(request, reply, pool, (client, tenantId) =>
        startReplay(client, tenantId, { body, newId, by }),
      )
      return await reply.code(201).send(begun)
    },
  )
}

const addReadRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/deliveries/replays',
    {
      config: read,
      schema: {
        tags,
        summary: 'List bulk replays, newest first',
        querystring: schema.replayListQuery,
        response: { 200: pageOf(schema.replaySchema) },
      },
    },
    async (request) => {
      const limit = limitOf(request.query)
      const before = decodeCursor(request.query.cursor, keyset)?.[0] ?? null
      const tenantId = tenantOf(request)
      const rows = await inTenant(pool, tenantId, (client) =>
        sql.listReplays(client, tenantId, { before, limit: limit + 1 }),
      )
      return toPage(rows, { limit, toItem: viewReplay, keysetOf: (row) => [row.id] })
    },
  )
  server.get(
    '/api/v1/deliveries/replays/:id',
    {
      config: read,
      schema: {
        tags,
        summary: 'One bulk replay, and how far it has come',
        params,
        response: { 200: schema.replaySchema },
      },
    },
    async (request) => {
      const id = requireId('replay', request.params.id)
      const tenantId = tenantOf(request)
      const row = await inTenant(pool, tenantId, (client) => sql.findReplay(client, tenantId, id))
      if (row === undefined) throw notFound()
      return viewReplay(row)
    },
  )
}

const addCancelRoute = (server: HttpServer, { pool }: Options): void => {
  server.post(
    '/api/v1/deliveries/replays/:id/cancel',
    {
      config: write,
      schema: {
        tags,
        summary: 'End a bulk replay; what it has made by then is sent',
        params,
        response: { 200: schema.replaySchema },
      },
    },
    async (request) => {
      const id = requireId('replay', request.params.id)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, async (client) => {
        const canceled = await sql.cancelReplay(client, tenantId, id)
        if (canceled !== undefined) return viewReplay(canceled)
        const row = await sql.findReplay(client, tenantId, id)
        if (row === undefined) throw notFound()
        throw appError('conflict', { detail: `The replay has already ended: ${row.state}.` })
      })
    },
  )
}
