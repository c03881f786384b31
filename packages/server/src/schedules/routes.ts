/** The API of schedules. No SQL, no decisions. */
import type { FastifyRequest } from 'fastify'
import type { Pool, PoolClient } from 'pg'
import { Type } from 'typebox'
import { createWithKey } from '../access/create-with-key.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import { findSchedule, listRuns, listSchedules } from './list-schedules.ts'
import { runScheduleNow, type ScheduleServices } from './run-schedules.ts'
import {
  createSchedule,
  deleteSchedule,
  previewSchedule,
  updateSchedule,
  type SaveContext,
} from './save-schedule.ts'
import * as schema from './schema.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly services: ScheduleServices
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'schedules:read' } } as const
const write = { auth: { scope: 'schedules:write' } } as const
const tags = ['schedules']

/** Registers CRUD, `preview`, `run` and `runs`. */
export const addScheduleRoutes = (server: HttpServer, options: Options): void => {
  addReadingRoutes(server, options)
  addWritingRoutes(server, options)
  addChangingRoutes(server, options)
}

const contextOf = (
  request: FastifyRequest,
  client: PoolClient,
  { services }: Options,
): SaveContext => ({
  client,
  tenantId: tenantOf(request),
  principal: principalOf(request),
  now: services.clock.now(),
})

const addReadingRoutes = (server: HttpServer, options: Options): void => {
  const { pool } = options
  server.get(
    '/api/v1/schedules',
    {
      config: read,
      schema: {
        tags,
        summary: 'List schedules, oldest first',
        querystring: schema.scheduleListQuery,
        response: { 200: pageOf(schema.scheduleSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) =>
        listSchedules(client, tenantId, request.query),
      )
    },
  )
  server.get(
    '/api/v1/schedules/:id',
    {
      config: read,
      schema: { tags, summary: 'One schedule', params, response: { 200: schema.scheduleSchema } },
    },
    async (request) => {
      const id = requireId('schedule', request.params.id)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => findSchedule(client, tenantId, id))
    },
  )
  server.get(
    '/api/v1/schedules/:id/runs',
    {
      config: read,
      schema: {
        tags,
        summary: 'What a schedule has done, newest first',
        params,
        querystring: schema.runListQuery,
        response: { 200: pageOf(schema.runSchema) },
      },
    },
    async (request) => {
      const id = requireId('schedule', request.params.id)
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) =>
        listRuns(client, tenantId, id, request.query),
      )
    },
  )
}

const addWritingRoutes = (server: HttpServer, options: Options): void => {
  const { pool, services } = options
  server.post(
    '/api/v1/schedules',
    {
      config: write,
      schema: {
        tags,
        summary: 'Make a schedule',
        body: schema.scheduleBody,
        response: { 201: schema.scheduleSchema },
      },
    },
    (request, reply) =>
      createWithKey(request, reply, pool, (client) =>
        createSchedule(
          contextOf(request, client, options),
          services.newId('schedule'),
          request.body,
        ),
      ),
  )
  server.post(
    '/api/v1/schedules/preview',
    {
      config: read,
      schema: {
        tags,
        summary: 'When a pattern would be due',
        body: schema.previewBody,
        response: { 200: schema.previewAnswer },
      },
    },
    async (request) =>
      await inTenant(pool, tenantOf(request), (client) =>
        previewSchedule(contextOf(request, client, options), request.body),
      ),
  )
  server.post(
    '/api/v1/schedules/:id/run',
    {
      config: write,
      schema: {
        tags,
        summary: 'Run a schedule now',
        params,
        response: { 200: schema.runSchema },
      },
    },
    async (request) =>
      await runScheduleNow(tenantOf(request), requireId('schedule', request.params.id), services),
  )
}

const addChangingRoutes = (server: HttpServer, options: Options): void => {
  const { pool } = options
  const response = { 200: schema.scheduleSchema }
  server.put(
    '/api/v1/schedules/:id',
    {
      config: write,
      schema: { tags, summary: 'Replace a schedule', params, body: schema.scheduleBody, response },
    },
    async (request) => {
      const id = requireId('schedule', request.params.id)
      const change = { kind: 'replace', body: request.body } as const
      return await inTenant(pool, tenantOf(request), (client) =>
        updateSchedule(contextOf(request, client, options), id, change),
      )
    },
  )
  server.patch(
    '/api/v1/schedules/:id',
    {
      config: write,
      schema: {
        tags,
        summary: 'Change parts of a schedule',
        params,
        body: schema.schedulePatchBody,
        response,
      },
    },
    async (request) => {
      const id = requireId('schedule', request.params.id)
      const change = { kind: 'patch', body: request.body } as const
      return await inTenant(pool, tenantOf(request), (client) =>
        updateSchedule(contextOf(request, client, options), id, change),
      )
    },
  )
  server.delete(
    '/api/v1/schedules/:id',
    {
      config: write,
      schema: { tags, summary: 'Delete a schedule', params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const id = requireId('schedule', request.params.id)
      const tenantId = tenantOf(request)
      await inTenant(pool, tenantId, (client) => deleteSchedule(client, tenantId, id))
      return reply.code(204).send(null)
    },
  )
}
