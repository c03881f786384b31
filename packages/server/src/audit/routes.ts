/** The API of the audit log: a tenant's under /audit-log, the platform's (users, platform-admin keys) under /platform-audit-log. */
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Pool, PoolClient } from 'pg'
import { Type } from 'typebox'
import { inTenant, inTransaction } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { tenantOf, type RouteAuth } from '../platform/http/principal.ts'
import { exportAuditEntries, listAuditEntries } from './list-audit-entries.ts'
import { auditEntrySchema, auditExportQuery, auditListQuery, chainCheckSchema } from './schema.ts'
import { verifyAuditLog } from './verify-audit-log.ts'

type Options = {
  /** Of role app: a tenant's own chain. */
  readonly pool: Pool
  /** Of role engine: the platform's chain belongs to no tenant. */
  readonly enginePool: Pool
}

type Log = {
  readonly url: string
  readonly whose: string
  readonly auth: RouteAuth
  readonly chainOf: (request: FastifyRequest) => string
  readonly read: <Result>(
    request: FastifyRequest,
    work: (client: PoolClient) => Promise<Result>,
  ) => Promise<Result>
}

/** The chain of what belongs to no tenant. */
const platformChain = '00000000-0000-0000-0000-000000000000'
const tags = ['audit log']

/** Registers list, export and verify for both logs. */
export const addAuditRoutes = (server: HttpServer, { pool, enginePool }: Options): void => {
  addLog(server, {
    url: '/api/v1/audit-log',
    whose: "the tenant's audit log",
    auth: { scope: 'audit:read' },
    chainOf: tenantOf,
    read: async (request, work) => inTenant(pool, tenantOf(request), work),
  })
  addLog(server, {
    url: '/api/v1/platform-audit-log',
    whose: "the platform's audit log",
    auth: { platform: true },
    chainOf: () => platformChain,
    read: async (_request, work) => inTransaction(enginePool, work),
  })
}

const addLog = (server: HttpServer, { url, whose, auth, chainOf, read }: Log): void => {
  const config = { auth }
  server.get(
    url,
    {
      config,
      schema: {
        tags,
        summary: `Entries of ${whose}, newest first`,
        querystring: auditListQuery,
        response: { 200: pageOf(auditEntrySchema) },
      },
    },
    async (request) =>
      read(request, (client) => listAuditEntries(client, chainOf(request), request.query)),
  )
  server.get(
    `${url}/export`,
    {
      config,
      schema: {
        tags,
        summary: `All entries of ${whose} as lines of JSON, oldest first`,
        description:
          'Each line has `text` and `previousHash`; `hash` is sha256(bytes of previousHash, then text in UTF-8), so the chain can be checked without us.',
        querystring: auditExportQuery,
        produces: ['application/x-ndjson'],
        response: { 200: Type.Unknown({ description: 'Lines of JSON.' }) },
      },
    },
    async (request, reply) => {
      const lines = exportAuditEntries(
        async (work) => read(request, work),
        chainOf(request),
        request.query,
      )
      reply
        .type('application/x-ndjson')
        .header('content-disposition', 'attachment; filename="audit-log.ndjson"')
      return reply.send(Readable.from(lines))
    },
  )
  server.get(
    `${url}/verify`,
    {
      config,
      schema: {
        tags,
        summary: `Is the chain of ${whose} whole?`,
        response: { 200: chainCheckSchema },
      },
    },
    async (request) => read(request, (client) => verifyAuditLog(client, chainOf(request))),
  )
}
