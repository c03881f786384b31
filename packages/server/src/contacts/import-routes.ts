/** The API of imports: a file that is read while it comes in, and what became of it. No SQL, no decisions. */
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { createBackgroundImports } from './background-imports.ts'
import { describeFile } from './describe-file.ts'
import { importContacts } from './import-contacts.ts'
import {
  columnsAnswer,
  columnsQuery,
  importListQuery,
  importQuery,
  importSchema,
} from './import-schema.ts'
import { endImport, findImport, listImports, reportImport } from './list-imports.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly log: Log
}

const largestFile = 1_073_741_824
const largestBeginning = 262_144
const mediaTypes = ['text/csv', 'application/csv', 'text/tab-separated-values'] as const
const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'contacts:read' } } as const
const write = { auth: { scope: 'contacts:write' }, slowBody: true } as const
const tags = ['contacts']
const url = '/api/v1/contacts/import'

/** Registers the import and the routes of its records. Closing the server ends imports in the background. */
export const addImportRoutes = (server: HttpServer, options: Options): void => {
  addImportRoute(server, options)
  addRecordRoutes(server, options)
  addEndRoutes(server, options)
}

const addImportRoute = (server: HttpServer, options: Options): void => {
  const background = createBackgroundImports(options)
  server.addHook('onClose', async () => await background.stop())
  // A scope of its own: there the body is CSV, and is not read before the handler does.
  void server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser([...mediaTypes], (_request, payload, done) => done(null, payload))
    scope.post(
      url,
      {
        bodyLimit: largestFile,
        config: write,
        schema: {
          tags,
          summary: 'Import contacts from a CSV file',
          description:
            'The file is stored while it comes in, 1,000 rows at a time; the answer is the finished import. Meanwhile `GET /contacts/imports` shows its progress. What was stored stays when the file or the connection breaks: send it again, rows that are there change nothing.',
          querystring: importQuery,
          consumes: [...mediaTypes],
          body: Type.Unknown({ description: 'The file: UTF-8, a header row. At most 1 GB.' }),
          response: { 200: importSchema, 202: importSchema },
        },
      },
      async (request, reply) => {
        const { query } = request
        const wish = {
          tenantId: tenantOf(request),
          actor: principalOf(request).actor,
          query,
          file: fileOf(request),
          charset: charsetOf(request),
        }
        if (query.background !== true) {
          const interruption = 'The connection ended before the file did.'
          return await importContacts(options, { ...wish, interruption })
        }
        reply.code(202)
        return await background.begin(wish)
      },
    )
    addColumnsRoute(scope)
  })
}

const addColumnsRoute = (scope: HttpServer): void => {
  scope.post(
    `${url}/columns`,
    {
      bodyLimit: largestBeginning,
      config: { auth: { scope: 'contacts:write' } },
      schema: {
        tags,
        summary: 'What the columns of a CSV file would be taken for',
        description: 'From the beginning of the file, at most 256 KB. Nothing is stored.',
        querystring: columnsQuery,
        consumes: [...mediaTypes],
        body: Type.Unknown({ description: 'The beginning of the file, up to the end of a row.' }),
        response: { 200: columnsAnswer },
      },
    },
    async (request) => {
      const { delimiter, encoding } = request.query
      return await describeFile(fileOf(request, largestBeginning), {
        encoding: encoding ?? charsetOf(request) ?? 'utf-8',
        delimiter: delimiter === 'tab' ? '\t' : delimiter,
      })
    },
  )
}

const charsetOf = (request: FastifyRequest): string | undefined => {
  const label = /;\s*charset="?([\w-]{1,40})"?/i.exec(request.headers['content-type'] ?? '')?.[1]
  const known = label?.toLowerCase()
  if (known === undefined || ['utf-8', 'utf8', 'us-ascii'].includes(known)) return undefined
  if (['windows-1252', 'windows-1251'].includes(known)) return known
  throw appError('unsupported_media_type', {
    detail: 'The file must be UTF-8, windows-1252 or windows-1251.',
  })
}

const tooLarge = (largest: number): Error =>
  appError('body_too_large', { detail: `At most ${largest} bytes are taken: split the file.` })

/** The bytes as they come. Not destroyed when nobody wants the rest: the answer goes over the same connection. */
async function* bytesOf(body: Readable, largest: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) throw new Error('a body of bytes gave something else')
    bytes += chunk.length
    if (bytes > largest) throw tooLarge(largest)
    yield chunk
  }
}

const fileOf = (request: FastifyRequest, largest = largestFile): AsyncIterable<Buffer> => {
  const { body } = request
  if (!(body instanceof Readable)) {
    throw appError('validation_failed', {
      detail: 'The body is missing: send the CSV file as the body.',
      errors: [{ pointer: '', detail: 'The body is missing.' }],
    })
  }
  if (Number(request.headers['content-length'] ?? 0) > largest) throw tooLarge(largest)
  return bytesOf(body, largest)
}

const addRecordRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/contacts/imports',
    {
      config: read,
      schema: {
        tags,
        summary: 'List imports, newest first',
        querystring: importListQuery,
        response: { 200: pageOf(importSchema) },
      },
    },
    async (request) => await listImports(pool, tenantOf(request), request.query),
  )
  server.get(
    '/api/v1/contacts/imports/:id',
    {
      config: read,
      schema: { tags, summary: 'One import', params, response: { 200: importSchema } },
    },
    async (request) =>
      await findImport(pool, tenantOf(request), requireId('contactImport', request.params.id)),
  )
}

const addEndRoutes = (server: HttpServer, { pool }: Options): void => {
  server.post(
    '/api/v1/contacts/imports/:id/cancel',
    {
      config: { auth: { scope: 'contacts:write' } },
      schema: {
        tags,
        summary: 'End an import that runs',
        description:
          'Rows that were dealt with stay as they are. One that has ended stays as it is.',
        params,
        response: { 200: importSchema },
      },
    },
    async (request) =>
      await endImport(pool, tenantOf(request), {
        id: requireId('contactImport', request.params.id),
        actor: principalOf(request).actor,
      }),
  )
  server.get(
    '/api/v1/contacts/imports/:id/report',
    {
      config: read,
      schema: {
        tags,
        summary: 'The bad rows of an import, as a CSV file',
        description: 'Row (the header is row 1), column, value and reason; the first 10,000 lines.',
        params,
        produces: ['text/csv'],
        response: { 200: Type.Unknown({ description: 'UTF-8, commas, a header row.' }) },
      },
    },
    async (request, reply) => {
      const id = requireId('contactImport', request.params.id)
      const lines = await reportImport(pool, tenantOf(request), id)
      reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="import-report.csv"')
      return reply.send(Readable.from(lines))
    },
  )
}
