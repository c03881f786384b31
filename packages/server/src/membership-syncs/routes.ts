/** The API of membership syncs. No SQL, no decisions. */
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { parseId, type Id } from '@carillon/domain/ids'
import { createWithKey } from '../access/create-with-key.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { notFound, requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { listRemoteLists } from './list-remote-lists.ts'
import { findRun, findSync, listChanges, listRuns, listSyncs } from './list-syncs.ts'
import type { RosterServices } from './open-roster.ts'
import type { SyncRunner } from './run-syncs.ts'
import { createSync, deleteSync, updateSync, type SaveContext } from './save-sync.ts'
import * as schema from './schema.ts'
import { cancelRun, finishDryRun, startRun } from './start-run.ts'

export type MembershipRoutesOptions = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  /** Of role engine: asking other systems. */
  readonly rosters: RosterServices
  readonly runner: Pick<SyncRunner, 'work'>
  readonly monotonicMs: () => number
  /** The background has something to do. */
  readonly wake: () => void
}

const params = Type.Object({ id: Type.String() })
const runParams = Type.Object({ id: Type.String(), runId: Type.String() })
const read = { auth: { scope: 'syncs:read' } } as const
const write = { auth: { scope: 'syncs:write' } } as const
const tags = ['syncs']
const url = '/api/v1/membership-syncs'
const one = { 200: schema.syncSchema }

/** Registers the routes. */
export const addMembershipRoutes = (server: HttpServer, options: MembershipRoutesOptions): void => {
  addReadingRoutes(server, options)
  addRunReadingRoutes(server, options)
  addCreatingRoute(server, options)
  addChangingRoutes(server, options)
  addDeletingRoute(server, options)
  addRunningRoute(server, options)
  addCancelingRoute(server, options)
  addListsRoute(server, options)
}

const idOf = (request: FastifyRequest<{ Params: { id: string } }>): Id<'membershipSync'> =>
  requireId('membershipSync', request.params.id)

const runOf = (request: FastifyRequest<{ Params: { id: string; runId: string } }>) => ({
  sync: requireId('membershipSync', request.params.id),
  id: requireId('run', request.params.runId),
})

const addReadingRoutes = (server: HttpServer, { pool }: MembershipRoutesOptions): void => {
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: 'List membership syncs',
        querystring: schema.syncListQuery,
        response: { 200: pageOf(schema.syncSchema) },
      },
    },
    async (request) => await listSyncs(pool, tenantOf(request), request.query),
  )
  server.get(
    `${url}/:id`,
    { config: read, schema: { tags, summary: 'One membership sync', params, response: one } },
    async (request) =>
      await findSync(pool, tenantOf(request), requireId('membershipSync', request.params.id)),
  )
}

const addRunReadingRoutes = (server: HttpServer, { pool }: MembershipRoutesOptions): void => {
  server.get(
    `${url}/:id/runs`,
    {
      config: read,
      schema: {
        tags,
        summary: 'The runs of a membership sync, newest first',
        description: 'What was read is counted in a single run only.',
        params,
        querystring: schema.runListQuery,
        response: { 200: pageOf(schema.runSchema) },
      },
    },
    async (request) => {
      const id = requireId('membershipSync', request.params.id)
      return await listRuns(pool, tenantOf(request), id, request.query)
    },
  )
  server.get(
    `${url}/:id/runs/:runId`,
    {
      config: read,
      schema: {
        tags,
        summary: 'A run, with its counts and progress of now',
        description: 'The parts of its counts add up to total at every moment.',
        params: runParams,
        response: { 200: schema.runSchema },
      },
    },
    async (request) => await findRun(pool, tenantOf(request), runOf(request)),
  )
  server.get(
    `${url}/:id/runs/:runId/changes`,
    {
      config: read,
      schema: {
        tags,
        summary: 'What a run found: each change with its delivery, and who was left alone and why',
        params: runParams,
        querystring: schema.changeListQuery,
        response: { 200: pageOf(schema.changeSchema) },
      },
    },
    async (request) => await listChanges(pool, tenantOf(request), runOf(request), request.query),
  )
}

type Plain = Pick<SaveContext, 'connectors' | 'now' | 'by'>

const contextOf = (request: FastifyRequest, { rosters }: MembershipRoutesOptions): Plain => ({
  connectors: rosters.connectors,
  now: rosters.clock.now(),
  by: principalOf(request).actor,
})

const addCreatingRoute = (server: HttpServer, options: MembershipRoutesOptions): void => {
  const { pool, newId } = options
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Make a membership sync',
        description:
          'Nothing runs before somebody says so, a schedule is due or a hook tells of a member.',
        body: schema.syncBody,
        response: { 201: schema.syncSchema },
      },
    },
    async (request, reply) =>
      await createWithKey(request, reply, pool, (client, tenantId) =>
        createSync(
          { client, tenantId, ...contextOf(request, options) },
          newId('membershipSync'),
          request.body,
        ),
      ),
  )
}

const addChangingRoutes = (server: HttpServer, options: MembershipRoutesOptions): void => {
  const { pool } = options
  server.put(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Replace a membership sync',
        description: 'What is left out gets its default. A run under way goes on as it began.',
        params,
        body: schema.syncBody,
        response: one,
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const id = idOf(request)
      const change = { kind: 'replace', body: request.body } as const
      return await inTenant(pool, tenantId, (client) =>
        updateSync({ client, tenantId, ...contextOf(request, options) }, id, change),
      )
    },
  )
  server.patch(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Change parts of a membership sync',
        params,
        body: schema.syncPatchBody,
        response: one,
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const id = idOf(request)
      const change = { kind: 'patch', body: request.body } as const
      return await inTenant(pool, tenantId, (client) =>
        updateSync({ client, tenantId, ...contextOf(request, options) }, id, change),
      )
    },
  )
}

const addDeletingRoute = (server: HttpServer, { pool }: MembershipRoutesOptions): void => {
  server.delete(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Delete a membership sync with its runs',
        description: 'The list stays as it is.',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request)
      const id = requireId('membershipSync', request.params.id)
      await inTenant(pool, tenantId, (client) => deleteSync(client, tenantId, id))
      return await reply.code(204).send(null)
    },
  )
}

const addRunningRoute = (server: HttpServer, options: MembershipRoutesOptions): void => {
  const { pool, newId, wake } = options
  server.post(
    `${url}/:id/run`,
    {
      config: write,
      preValidation: async (request) => {
        // Nothing has to be said.
        request.body ??= {}
      },
      schema: {
        tags,
        summary: 'Run a membership sync, or (dryRun) see what it would change',
        description:
          'A dry run answers 200 with the difference (202 with the run when that takes longer than 50 s); a real one 202 with the run. One at a time.',
        params,
        body: schema.runBody,
        response: { 200: schema.diffSchema, 202: schema.runSchema },
      },
    },
    async (request, reply) => {
      const sync = requireId('membershipSync', request.params.id)
      const by = principalOf(request).actor
      if (request.body.dryRun !== true) {
        const made = await createWithKey(
          request,
          reply,
          pool,
          (client, tenantId) => startRun({ client, tenantId, newId, by }, sync, request.body),
          { status: 202 },
        )
        wake()
        return made
      }
      const tenantId = tenantOf(request)
      const made = await inTenant(pool, tenantId, (client) =>
        startRun({ client, tenantId, newId, by }, sync, request.body),
      )
      const id = parseId('run', made.id)
      if (id === undefined) throw notFound()
      const end = await finishDryRun(tenantId, { sync, id }, options)
      if (end.kind === 'diff') return end.diff
      return await reply.code(202).send(end.run)
    },
  )
}

const addCancelingRoute = (server: HttpServer, { pool, wake }: MembershipRoutesOptions): void => {
  server.post(
    `${url}/:id/runs/:runId/cancel`,
    {
      config: write,
      schema: {
        tags,
        summary: 'End a run: what has been done stays, what waits is taken back',
        params: runParams,
        response: { 200: schema.runSchema },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const of = runOf(request)
      const canceled = await inTenant(pool, tenantId, (client) => cancelRun(client, tenantId, of))
      wake()
      return canceled
    },
  )
}

const addListsRoute = (server: HttpServer, { rosters }: MembershipRoutesOptions): void => {
  server.get(
    '/api/v1/integrations/:id/lists',
    {
      config: { auth: { scope: 'integrations:read' } },
      schema: {
        tags: ['integrations'],
        summary: 'The lists of an integration, asked for now',
        params,
        response: { 200: schema.listsSchema },
      },
    },
    async (request) => {
      const of = { tenantId: tenantOf(request), id: requireId('integration', request.params.id) }
      return await listRemoteLists(of, rosters, request.signal)
    },
  )
}
