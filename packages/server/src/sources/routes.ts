/** The API of sources: how they stand, their runs, run/stop/start, quarantine, and the dry run of a mapping. No SQL, no decisions. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { createHookUrlOf } from '../integrations/hook-url.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { notFound, requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { askForRun, startSource, stopSource } from './control-source.ts'
import { findSource } from './find-source.ts'
import { listQuarantine, listSourceRuns, listSources } from './list-sources.ts'
import { dropQuarantined, findQuarantined } from './queries/views.ts'
import { mapSample, retryQuarantined, type ReadAgainServices } from './read-again.ts'
import * as schema from './schema.ts'
import { viewSource } from './source-view.ts'

export type SourceRoutesOptions = ReadAgainServices & {
  readonly newId: IdGenerator
  /** Where others reach us. */
  readonly publicUrl?: string | undefined
  /** A source of this process may be due. */
  readonly wake: () => void
}

const params = Type.Object({ id: Type.String() })
const itemParams = Type.Object({ id: Type.String(), quarantineId: Type.String() })
const read = { auth: { scope: 'integrations:read' } } as const
const write = { auth: { scope: 'integrations:write' } } as const
const tags = ['sources']

/** Registers the routes. */
export const addSourceRoutes = (server: HttpServer, options: SourceRoutesOptions): void => {
  addReadingRoutes(server, options)
  addRunRoute(server, options)
  addStopAndStartRoutes(server, options)
  addQuarantineRoutes(server, options)
  addItemRoutes(server, options)
  addMapRoute(server, options)
}

const ofRequest = (request: FastifyRequest, id: string) => ({
  tenantId: tenantOf(request),
  id: requireId('integration', id),
})

const addReadingRoutes = (server: HttpServer, options: SourceRoutesOptions): void => {
  const { pool, connectors } = options
  const hookUrlOf = createHookUrlOf(options)
  server.get(
    '/api/v1/sources',
    {
      config: read,
      schema: {
        tags,
        summary:
          'What brings events in: integrations that are sources, and schedules, oldest first',
        querystring: schema.sourceListQuery,
        response: { 200: pageOf(schema.sourceItemSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) =>
        listSources(client, tenantId, { filter: request.query, connectors }),
      )
    },
  )
  server.get(
    '/api/v1/integrations/:id/source',
    {
      config: read,
      schema: {
        tags,
        summary: 'How a source stands',
        params,
        response: { 200: schema.sourceSchema },
      },
    },
    async (request) => {
      const { tenantId, id } = ofRequest(request, request.params.id)
      const found = await inTenant(pool, tenantId, (client) =>
        findSource(client, tenantId, id, options),
      )
      return viewSource(found.row, found.connector, hookUrlOf)
    },
  )
  server.get(
    '/api/v1/integrations/:id/runs',
    {
      config: read,
      schema: {
        tags,
        summary: "A source's runs, newest first",
        params,
        querystring: schema.runListQuery,
        response: { 200: pageOf(schema.runSchema) },
      },
    },
    async (request) => {
      const of = { ...ofRequest(request, request.params.id), filter: request.query }
      return await inTenant(pool, of.tenantId, (client) => listSourceRuns(client, of, options))
    },
  )
}

const addRunRoute = (server: HttpServer, options: SourceRoutesOptions): void => {
  const { pool, wake } = options
  server.post(
    '/api/v1/integrations/:id/run',
    {
      config: write,
      schema: {
        tags,
        summary: 'Run a source now, or once more after the run of now',
        params,
        response: { 202: schema.askedSchema },
      },
    },
    async (request, reply) => {
      const of = { ...ofRequest(request, request.params.id), by: principalOf(request).actor }
      const asked = await inTenant(pool, of.tenantId, (client) => askForRun(client, of, options))
      wake()
      return await reply.code(202).send(asked)
    },
  )
}

const addStopAndStartRoutes = (server: HttpServer, options: SourceRoutesOptions): void => {
  const { pool, wake } = options
  const hookUrlOf = createHookUrlOf(options)
  server.post(
    '/api/v1/integrations/:id/source/stop',
    {
      config: write,
      schema: {
        tags,
        summary: 'Stop a source, until somebody starts it',
        params,
        response: { 200: schema.sourceSchema },
      },
    },
    async (request) => {
      const of = { ...ofRequest(request, request.params.id), by: principalOf(request).actor }
      return await inTenant(pool, of.tenantId, async (client) => {
        await stopSource(client, of, options)
        const found = await findSource(client, of.tenantId, of.id, options)
        return viewSource(found.row, found.connector, hookUrlOf)
      })
    },
  )
  server.post(
    '/api/v1/integrations/:id/source/start',
    {
      config: write,
      schema: {
        tags,
        summary: 'Start a source, where it was or from the start',
        params,
        querystring: schema.startQuery,
        response: { 200: schema.sourceSchema },
      },
    },
    async (request) => {
      const fromStart = request.query.fromStart ?? false
      const of = { ...ofRequest(request, request.params.id), fromStart }
      const started = await inTenant(pool, of.tenantId, async (client) => {
        await startSource(client, of, options)
        const found = await findSource(client, of.tenantId, of.id, options)
        return viewSource(found.row, found.connector, hookUrlOf)
      })
      wake()
      return started
    },
  )
}

const addQuarantineRoutes = (server: HttpServer, options: SourceRoutesOptions): void => {
  const { pool } = options
  server.get(
    '/api/v1/integrations/:id/quarantine',
    {
      config: read,
      schema: {
        tags,
        summary: 'What a source could not read, newest first',
        params,
        querystring: schema.quarantineListQuery,
        response: { 200: pageOf(schema.quarantineSchema) },
      },
    },
    async (request) => {
      const of = { ...ofRequest(request, request.params.id), filter: request.query }
      return await inTenant(pool, of.tenantId, (client) => listQuarantine(client, of, options))
    },
  )
  server.get(
    '/api/v1/integrations/:id/quarantine/:quarantineId/raw',
    {
      config: read,
      schema: {
        tags,
        summary: 'Download what could not be read, as it came',
        params: itemParams,
        produces: ['application/octet-stream'],
        response: {
          200: Type.Unknown({ description: 'The bytes; of what was too large, the first.' }),
        },
      },
    },
    async (request, reply) => {
      const { tenantId, id, item } = itemOf(request, request.params)
      const kept = await inTenant(pool, tenantId, async (client) => {
        await findSource(client, tenantId, id, options)
        return await findQuarantined(client, tenantId, { id, item })
      })
      if (kept?.raw === null || kept === undefined) throw notFound()
      // A stranger's bytes: never shown by a browser, only saved.
      return await reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="${request.params.quarantineId}.bin"`)
        .send(kept.raw)
    },
  )
}

const itemOf = (
  request: FastifyRequest,
  named: { readonly id: string; readonly quarantineId: string },
) => ({
  ...ofRequest(request, named.id),
  item: requireId('quarantined', named.quarantineId),
})

const addItemRoutes = (server: HttpServer, options: SourceRoutesOptions): void => {
  const { pool } = options
  server.post(
    '/api/v1/integrations/:id/quarantine/:quarantineId/retry',
    {
      config: write,
      schema: {
        tags,
        summary: 'Read it again: its events are accepted, or the reason is renewed',
        params: itemParams,
        response: { 200: schema.retriedSchema },
      },
    },
    async (request, reply) => {
      const end = new AbortController()
      reply.raw.once('close', () => end.abort())
      const of = { ...itemOf(request, request.params), signal: end.signal }
      return await retryQuarantined(of, options)
    },
  )
  server.delete(
    '/api/v1/integrations/:id/quarantine/:quarantineId',
    {
      config: write,
      schema: {
        tags,
        summary: 'Throw away what could not be read',
        params: itemParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { tenantId, id, item } = itemOf(request, request.params)
      const isGone = await inTenant(pool, tenantId, async (client) => {
        await findSource(client, tenantId, id, options)
        return await dropQuarantined(client, tenantId, { id, item })
      })
      if (!isGone) throw notFound()
      return await reply.code(204).send(null)
    },
  )
}

const addMapRoute = (server: HttpServer, options: SourceRoutesOptions): void => {
  server.post(
    '/api/v1/integrations/:id/map',
    {
      config: write,
      schema: {
        tags,
        summary: 'What a sample would become: the dry run of a mapping',
        params,
        body: schema.mapBody,
        response: { 200: schema.mappedSchema },
      },
    },
    async (request, reply) => {
      const end = new AbortController()
      reply.raw.once('close', () => end.abort())
      const { body } = request
      return await mapSample(
        { ...ofRequest(request, request.params.id), body, signal: end.signal },
        options,
      )
    },
  )
}
