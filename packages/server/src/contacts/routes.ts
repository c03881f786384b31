/** The API of contacts, and with it that of tags, operators and imports. No SQL, no decisions. */
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createWithKey } from '../access/create-with-key.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { exportContacts } from './export-contacts.ts'
import { addImportRoutes } from './import-routes.ts'
import { countContacts, deleteContact, findContact, listContacts } from './list-contacts.ts'
import { addOperatorRoutes } from './operator-routes.ts'
import { createContact, updateContact, type ContactUpdate } from './save-contact.ts'
import * as schema from './schema.ts'
import { addTagRoutes } from './tag-routes.ts'

export type ContactRoutesOptions = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly log: Log
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'contacts:read' } } as const
const write = { auth: { scope: 'contacts:write' } } as const
const tags = ['contacts']
const url = '/api/v1/contacts'

/** Registers the routes of contacts, tags, operators and imports. */
export const addContactRoutes = (server: HttpServer, options: ContactRoutesOptions): void => {
  addReadingRoutes(server, options)
  addExportRoute(server, options)
  addCreatingRoute(server, options)
  addChangingRoutes(server, options)
  addDeletingRoute(server, options)
  addTagRoutes(server, options)
  addOperatorRoutes(server, options)
  addImportRoutes(server, options)
}

const addReadingRoutes = (server: HttpServer, { pool }: ContactRoutesOptions): void => {
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: 'List contacts, oldest first',
        querystring: schema.contactListQuery,
        response: { 200: pageOf(schema.contactSchema) },
      },
    },
    async (request) => await listContacts(pool, tenantOf(request), request.query),
  )
  server.get(
    `${url}/count`,
    {
      config: read,
      schema: {
        tags,
        summary: 'How many contacts fit, exactly up to 10,000',
        querystring: schema.contactCountQuery,
        response: { 200: schema.contactCountSchema },
      },
    },
    async (request) => await countContacts(pool, tenantOf(request), request.query),
  )
  server.get(
    `${url}/:id`,
    {
      config: read,
      schema: { tags, summary: 'One contact', params, response: { 200: schema.contactSchema } },
    },
    async (request) =>
      await findContact(pool, tenantOf(request), requireId('contact', request.params.id)),
  )
}

const addExportRoute = (server: HttpServer, { pool }: ContactRoutesOptions): void => {
  server.get(
    `${url}/export`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Contacts as a CSV file, oldest first',
        description:
          'With the filters of the list. The file can be imported again. Cells that a spreadsheet would take for a formula begin with an apostrophe.',
        querystring: schema.contactExportQuery,
        produces: ['text/csv'],
        response: { 200: Type.Unknown({ description: 'UTF-8, commas, a header row.' }) },
      },
    },
    async (request, reply) => {
      const { format: _format, ...filter } = request.query
      const lines = await exportContacts(pool, tenantOf(request), filter)
      reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="contacts.csv"')
      return reply.send(Readable.from(lines))
    },
  )
}

const addCreatingRoute = (server: HttpServer, { pool, newId }: ContactRoutesOptions): void => {
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Make a contact',
        description:
          'Every field may be left out: campaigns skip whom they can not reach, and say so.',
        body: schema.contactBody,
        response: { 201: schema.contactSchema },
      },
    },
    async (request, reply) =>
      await createWithKey(request, reply, pool, (client, tenantId) =>
        createContact({ client, tenantId, newId }, request.body),
      ),
  )
}

const addChangingRoutes = (server: HttpServer, { pool, newId }: ContactRoutesOptions): void => {
  const response = { 200: schema.contactSchema }
  const change = async (request: FastifyRequest, update: ContactUpdate) => {
    const tenantId = tenantOf(request)
    return await inTenant(pool, tenantId, (client) =>
      updateContact({ client, tenantId, newId }, update),
    )
  }
  server.put(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Replace a contact',
        description: 'What is left out becomes null or empty.',
        params,
        body: schema.contactReplaceBody,
        response,
      },
    },
    async (request) => {
      const id = requireId('contact', request.params.id)
      return await change(request, { id, kind: 'replace', body: request.body })
    },
  )
  server.patch(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Change parts of a contact',
        description: '`tags` and `attributes` are replaced as a whole.',
        params,
        body: schema.contactPatchBody,
        response,
      },
    },
    async (request) => {
      const id = requireId('contact', request.params.id)
      return await change(request, { id, kind: 'patch', body: request.body })
    },
  )
}

const addDeletingRoute = (server: HttpServer, { pool }: ContactRoutesOptions): void => {
  server.delete(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Delete a contact',
        description: 'Deliveries that were made for it stay on record.',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await deleteContact(pool, tenantOf(request), requireId('contact', request.params.id))
      return await reply.code(204).send(null)
    },
  )
}
