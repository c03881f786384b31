/** The API of the suppression list. No SQL, no decisions. */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createWithKey } from '../access/create-with-key.ts'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import { addSuppression, createImportSuppressions } from './add-suppressions.ts'
import { exportSuppressions } from './export-suppressions.ts'
import { liftSuppression } from './lift-suppression.ts'
import { checkAddresses, findSuppression, listSuppressions } from './list-suppressions.ts'
import { readCsvRows } from './read-csv-rows.ts'
import * as schema from './schema.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly connectors: ConnectorRegistry
}

const url = '/api/v1/suppressions'
const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'suppressions:read' } } as const
const write = { auth: { scope: 'suppressions:write' } } as const
const tags = ['suppressions']

/** Registers list, one, check, add, lift, import and export. */
export const addSuppressionRoutes = (server: HttpServer, options: Options): void => {
  addReadingRoutes(server, options)
  addCheckRoute(server, options)
  addExportRoute(server, options)
  addWritingRoutes(server, options)
  addImportRoute(server, options)
}

const callerOf = (request: FastifyRequest) => ({
  tenantId: tenantOf(request),
  actor: principalOf(request).actor,
})

const addReadingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: 'List suppressed addresses, newest first',
        querystring: schema.suppressionListQuery,
        response: { 200: pageOf(schema.suppressionSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) =>
        listSuppressions(client, tenantId, request.query),
      )
    },
  )
  server.get(
    `${url}/:id`,
    {
      config: read,
      schema: {
        tags,
        summary: 'One suppression',
        params,
        response: { 200: schema.suppressionSchema },
      },
    },
    async (request) => {
      const id = requireId('suppression', request.params.id)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => findSuppression(client, tenantId, id))
    },
  )
}

const addCheckRoute = (server: HttpServer, { pool }: Options): void => {
  server.post(
    `${url}/check`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Say of up to 1,000 addresses what stops messages to them',
        body: schema.checkBody,
        response: { 200: schema.checkAnswer },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) =>
        checkAddresses(client, tenantId, request.body),
      )
    },
  )
}

const addExportRoute = (server: HttpServer, { pool }: Options): void => {
  server.get(
    `${url}/export`,
    {
      config: read,
      schema: {
        tags,
        summary: 'The suppressed addresses as a CSV file',
        description: 'An import takes it again. Spreadsheets run none of its cells as a formula.',
        querystring: schema.exportQuery,
        produces: ['text/csv'],
        response: { 200: Type.Unknown({ description: 'UTF-8, commas, a header row.' }) },
      },
    },
    async (request, reply) => {
      const lines = exportSuppressions(pool, tenantOf(request), request.query)
      reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="suppressions.csv"')
      return reply.send(Readable.from(lines))
    },
  )
}

const addWritingRoutes = (server: HttpServer, { pool, connectors }: Options): void => {
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Suppress an address',
        description: 'The same again changes nothing: 200 with the entry that is there.',
        body: schema.suppressionBody,
        response: { 200: schema.suppressionSchema, 201: schema.suppressionSchema },
      },
    },
    async (request, reply) => {
      let status = 201
      const { body } = request
      return await createWithKey(
        request,
        reply,
        pool,
        async (client) => {
          const added = await addSuppression(client, callerOf(request), { body, connectors })
          status = added.isNew ? 201 : 200
          return added.view
        },
        { status: () => status },
      )
    },
  )
  server.delete(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Lift a suppression',
        description: 'Nothing is sent again by itself.',
        params,
        response: { 200: schema.liftAnswer },
      },
    },
    async (request) => {
      const id = requireId('suppression', request.params.id)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => liftSuppression(client, tenantId, id))
    },
  )
}

const addImportRoute = (server: HttpServer, { pool, connectors }: Options): void => {
  const importSuppressions = createImportSuppressions(connectors)
  // A scope of its own: there CSV is a body as well. It becomes the same rows as JSON.
  void server.register(async (scope: HttpServer) => {
    scope.addContentTypeParser(
      ['text/csv', 'application/csv'],
      async (_request: FastifyRequest, payload: IncomingMessage) => readCsvRows(payload),
    )
    scope.post(
      `${url}/import`,
      {
        config: write,
        schema: {
          tags,
          summary: 'Suppress up to 1,000 addresses at once',
          description:
            'JSON, or CSV with a header row of the same names. Rows that are wrong are in the report; the others are kept. The same again changes nothing.',
          consumes: ['application/json', 'text/csv'],
          body: schema.importBody,
          response: { 200: schema.importAnswer },
        },
      },
      async (request) =>
        await inTenant(pool, tenantOf(request), (client) =>
          importSuppressions(client, callerOf(request), request.body),
        ),
    )
  })
}
