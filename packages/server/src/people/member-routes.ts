/** The API of a tenant's members. No SQL, and no decisions beyond who may. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { assertMayGrant } from '../access/assert-grant.ts'
import { endSessions } from '../access/end-sessions.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import { changeMember, removeMember } from './change-member.ts'
import { findMember, findPersonOfMember, listMembers } from './list-members.ts'
import { memberChangeSchema, memberListQuery, memberViewSchema } from './schema.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  /** Of role engine: sessions belong to no tenant. */
  readonly enginePool: Pool
}

const mayRead = { auth: { scope: 'members:read' } } as const
const mayWrite = { auth: { scope: 'members:write' } } as const
const tags = ['members']
const params = Type.Object({ id: Type.String() })

/** Registers `/members` and `/members/{id}`. */
export const addMemberRoutes = (server: HttpServer, options: Options): void => {
  addReadingRoutes(server, options)
  addChangingRoutes(server, options)
  addEndingRoute(server, options)
}

const addReadingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/members',
    {
      config: mayRead,
      schema: {
        tags,
        summary: 'List the members of the tenant, newest first',
        querystring: memberListQuery,
        response: { 200: pageOf(memberViewSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return inTenant(pool, tenantId, async (client) =>
        listMembers(client, tenantId, request.query),
      )
    },
  )
  server.get(
    '/api/v1/members/:id',
    {
      config: mayRead,
      schema: { tags, summary: 'One member', params, response: { 200: memberViewSchema } },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const id = requireId('member', request.params.id)
      return inTenant(pool, tenantId, async (client) => findMember(client, tenantId, id))
    },
  )
}

const addChangingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.patch(
    '/api/v1/members/:id',
    {
      config: mayWrite,
      schema: {
        tags,
        summary: "Change a member's role",
        params,
        body: memberChangeSchema,
        response: { 200: memberViewSchema },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const id = requireId('member', request.params.id)
      const { role } = request.body
      // Whoever makes an admin must be able to do what an admin can.
      if (role === 'admin') assertMayGrant(principalOf(request), ['*'])
      return inTenant(pool, tenantId, async (client) =>
        changeMember(client, { tenantId, id, role }),
      )
    },
  )
  server.delete(
    '/api/v1/members/:id',
    {
      config: mayWrite,
      schema: {
        tags,
        summary: 'Take a person out of the tenant',
        description: 'The person stays, and stays in other tenants.',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request)
      const id = requireId('member', request.params.id)
      await inTenant(pool, tenantId, async (client) => removeMember(client, { tenantId, id }))
      return reply.code(204).send(null)
    },
  )
}

const addEndingRoute = (server: HttpServer, { pool, enginePool }: Options): void => {
  server.delete(
    '/api/v1/members/:id/sessions',
    {
      config: mayWrite,
      schema: {
        tags,
        summary: 'Sign a member out everywhere',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request)
      const id = requireId('member', request.params.id)
      const userId = await inTenant(pool, tenantId, async (client) =>
        findPersonOfMember(client, tenantId, id),
      )
      await endSessions(enginePool, { userId })
      return reply.code(204).send(null)
    },
  )
}
