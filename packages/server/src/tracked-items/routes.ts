/** The API of tracked items. No SQL, no decisions. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import { parseId } from '@carillon/domain/ids'
import { createWithKey } from '../access/create-with-key.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { notFound, requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import { viewRun } from './item-view.ts'
import { findItem, findRun, listItems, listLog, listRuns } from './list-items.ts'
import { lookAtItem, type LookServices } from './look-at-item.ts'
import { runRoundNow } from './run-rounds.ts'
import * as schema from './schema.ts'
import { forgetItem, trackItem } from './track-item.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly services: LookServices
}

const params = Type.Object({ id: Type.String() })
const runParams = Type.Object({ runId: Type.String() })
const read = { auth: { scope: 'syncs:read' } } as const
const write = { auth: { scope: 'syncs:write' } } as const
const tags = ['syncs']
const base = '/api/v1/tracked-items'

/** Registers everything under /tracked-items. */
export const addTrackedItemRoutes = (server: HttpServer, options: Options): void => {
  addItemRoutes(server, options)
  addReadingRoutes(server, options)
  addLogRoutes(server, options)
  addSyncRoutes(server, options)
  addRunRoutes(server, options)
}

const addItemRoutes = (server: HttpServer, { pool, services }: Options): void => {
  server.post(
    base,
    {
      config: write,
      schema: {
        tags,
        summary: 'Follow a remote item, such as a signature transaction',
        body: schema.itemBody,
        response: { 201: schema.itemSchema },
      },
    },
    (request, reply) =>
      createWithKey(request, reply, pool, (client, tenantId) => {
        const by = principalOf(request).actor
        const context = { client, tenantId, connectors: services.connectors, by }
        return trackItem(context, services.newId('trackedItem'), request.body)
      }),
  )
  server.delete(
    `${base}/:id`,
    {
      config: write,
      schema: { tags, summary: 'Follow an item no longer', params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const id = requireId('trackedItem', request.params.id)
      const tenantId = tenantOf(request)
      await inTenant(pool, tenantId, (client) => forgetItem(client, tenantId, id))
      return reply.code(204).send(null)
    },
  )
}

const addReadingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    base,
    {
      config: read,
      schema: {
        tags,
        summary: 'List tracked items, newest first',
        querystring: schema.itemListQuery,
        response: { 200: pageOf(schema.itemSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => listItems(client, tenantId, request.query))
    },
  )
  server.get(
    `${base}/:id`,
    {
      config: read,
      schema: { tags, summary: 'One tracked item', params, response: { 200: schema.itemSchema } },
    },
    async (request) => {
      const id = requireId('trackedItem', request.params.id)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => findItem(client, tenantId, id))
    },
  )
}

const addLogRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    `${base}/:id/log`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Every look at an item, newest first',
        params,
        querystring: schema.logListQuery,
        response: { 200: pageOf(schema.logSchema) },
      },
    },
    async (request) => {
      const itemId = requireId('trackedItem', request.params.id)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) =>
        listLog(client, tenantId, { ...request.query, itemId }),
      )
    },
  )
  server.get(
    `${base}/looks`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Every look at all items, and hooks that were refused, newest first',
        querystring: schema.wholeLogQuery,
        response: { 200: pageOf(schema.logSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => listLog(client, tenantId, request.query))
    },
  )
}

const addSyncRoutes = (server: HttpServer, { pool, services }: Options): void => {
  server.post(
    `${base}/:id/sync`,
    {
      config: write,
      // The schema wants an object, and whoever forces nothing sends no body.
      preValidation: async (request) => {
        request.body ??= {}
      },
      schema: {
        tags,
        summary: 'Look at an item now',
        params,
        body: schema.syncBody,
        response: { 200: schema.itemSchema },
      },
    },
    async (request, reply) => {
      // Whoever hangs up gives the look up.
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const id = requireId('trackedItem', request.params.id)
      const tenantId = tenantOf(request)
      const before = await inTenant(pool, tenantId, (client) => findItem(client, tenantId, id))
      const isForced = request.body.force === true
      // Final and not forced: there is nothing to be found out.
      if (!before.needsSync && !isForced) return before
      const type = 'manual'
      const { signal } = gone
      const look = { tenantId, itemId: id, type, isForced, round: null, signal } as const
      // What went wrong over there stands in `lastError`: the item as it is known is the answer all the same.
      if ((await lookAtItem(look, services)).outcome === 'gone') throw notFound()
      return await inTenant(pool, tenantId, (client) => findItem(client, tenantId, id))
    },
  )
}

const addRunRoutes = (server: HttpServer, { pool, services }: Options): void => {
  server.post(
    `${base}/runs`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Begin a round of an integration now',
        body: schema.runBody,
        response: { 202: schema.runSchema },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request)
      const integrationId = parseId('integration', request.body.integration)
      if (integrationId === undefined) {
        const detail = 'There is no such integration in this tenant.'
        const errors = [{ pointer: '/integration', detail }]
        throw appError('validation_failed', { detail, errors })
      }
      const by = principalOf(request).actor
      const row = await runRoundNow({ tenantId, integrationId, by }, services)
      return reply.code(202).send(viewRun(row))
    },
  )
  server.get(
    `${base}/runs`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Rounds, newest first',
        querystring: schema.runListQuery,
        response: { 200: pageOf(schema.runSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => listRuns(client, tenantId, request.query))
    },
  )
  server.get(
    `${base}/runs/:runId`,
    {
      config: read,
      schema: {
        tags,
        summary: 'One round',
        params: runParams,
        response: { 200: schema.runSchema },
      },
    },
    async (request) => {
      const id = requireId('run', request.params.runId)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => findRun(client, tenantId, id))
    },
  )
}
