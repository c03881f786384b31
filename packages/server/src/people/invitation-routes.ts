/** The API of invitations: managed in a tenant, looked up and accepted by who has the token. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createWithKey } from '../access/create-with-key.ts'
import { assertMayGrant } from '../access/assert-grant.ts'
import { hashPassword } from '../access/sign-in/hash-password.ts'
import type { LimitAttempts } from '../access/sign-in/limit-attempts.ts'
import { networkOf } from '../access/sign-in/name-network.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import { acceptAsNew, lookUpInvitation } from './accept-invitation.ts'
import { invitePerson, renewInvitation, withoutLink, type Inviting } from './invite-person.ts'
import { findInvitation, listInvitations } from './list-invitations.ts'
import { revokeInvitation } from './revoke-invitation.ts'
import {
  acceptedSchema,
  acceptSchema,
  createdInvitationSchema,
  deliverSchema,
  invitationListQuery,
  invitationViewSchema,
  lookedUpSchema,
  newInvitationSchema,
  tokenSchema,
} from './schema.ts'

type Options = Inviting & {
  /** Of role app. */
  readonly pool: Pool
  /** Of role engine: a token is looked up before its tenant is known. */
  readonly enginePool: Pool
  readonly limit: LimitAttempts
}

const mayRead = { auth: { scope: 'members:read' } } as const
const mayWrite = { auth: { scope: 'members:write' } } as const
const tags = ['invitations']
const params = Type.Object({ id: Type.String() })

/** Registers `/invitations` and what is below it. */
export const addInvitationRoutes = (server: HttpServer, options: Options): void => {
  addReadingRoutes(server, options)
  addInvitingRoutes(server, options)
  addResendRoute(server, options)
  addAcceptingRoutes(server, options)
}

const addReadingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/invitations',
    {
      config: mayRead,
      schema: {
        tags,
        summary: 'List invitations, newest first',
        querystring: invitationListQuery,
        response: { 200: pageOf(invitationViewSchema) },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return inTenant(pool, tenantId, async (client) =>
        listInvitations(client, tenantId, request.query),
      )
    },
  )
  server.get(
    '/api/v1/invitations/:id',
    {
      config: mayRead,
      schema: { tags, summary: 'One invitation', params, response: { 200: invitationViewSchema } },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const id = requireId('invitation', request.params.id)
      return inTenant(pool, tenantId, async (client) => findInvitation(client, tenantId, id))
    },
  )
  server.delete(
    '/api/v1/invitations/:id',
    {
      config: mayWrite,
      schema: {
        tags,
        summary: 'Revoke an invitation',
        description: 'It stays in the list, as revoked.',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request)
      const id = requireId('invitation', request.params.id)
      await inTenant(pool, tenantId, async (client) => revokeInvitation(client, tenantId, id))
      return reply.code(204).send(null)
    },
  )
}

const addInvitingRoutes = (server: HttpServer, options: Options): void => {
  const { pool, limit } = options
  server.post(
    '/api/v1/invitations',
    {
      config: mayWrite,
      schema: {
        tags,
        summary: 'Invite somebody to the tenant',
        description:
          'The invitation works once, within seven days. An open one to the same address is replaced.',
        body: newInvitationSchema,
        response: { 201: createdInvitationSchema },
      },
    },
    async (request, reply) => {
      const { body } = request
      const principal = principalOf(request)
      // Whoever makes an admin must be able to do what an admin can.
      if (body.role === 'admin') assertMayGrant(principal, ['*'])
      await limit.take([{ limit: 'invitation by person', of: body.email.toLowerCase() }])
      return createWithKey(
        request,
        reply,
        pool,
        async (client, tenantId) =>
          invitePerson(client, { tenantId, by: principal.actor, body }, options),
        { redact: withoutLink },
      )
    },
  )
}

const addResendRoute = (server: HttpServer, options: Options): void => {
  const { pool, limit } = options
  server.post(
    '/api/v1/invitations/:id/resend',
    {
      config: mayWrite,
      schema: {
        tags,
        summary: 'A new link, for another seven days; the old one is dead',
        params,
        body: deliverSchema,
        response: { 200: createdInvitationSchema },
      },
    },
    async (request, reply) => {
      const id = requireId('invitation', request.params.id)
      const principal = principalOf(request)
      const { deliver } = request.body
      return createWithKey(
        request,
        reply,
        pool,
        async (client, tenantId) => {
          const { email, role } = await findInvitation(client, tenantId, id)
          // Its link may be shown to who asks, and makes whoever has it an admin.
          if (role === 'admin') assertMayGrant(principal, ['*'])
          await limit.take([{ limit: 'invitation by person', of: email }])
          return renewInvitation(client, { tenantId, id, deliver }, options)
        },
        { status: 200, redact: withoutLink },
      )
    },
  )
}

const addAcceptingRoutes = (server: HttpServer, { enginePool, newId, limit }: Options): void => {
  const config = { auth: { public: true } } as const
  server.post(
    '/api/v1/invitations/look-up',
    {
      config,
      schema: {
        tags,
        summary: 'What does this token invite to?',
        body: tokenSchema,
        response: { 200: lookedUpSchema },
      },
    },
    async (request) => {
      await limit.take([{ limit: 'token by address', of: networkOf(request.ip) }])
      return lookUpInvitation(enginePool, request.body.token)
    },
  )
  server.post(
    '/api/v1/invitations/accept',
    {
      config,
      schema: {
        tags,
        summary: 'Accept an invitation as somebody new: makes the account',
        description: 'Who has an account signs in and accepts under /me/invitations.',
        body: acceptSchema,
        response: { 201: acceptedSchema },
      },
    },
    async (request, reply) => {
      await limit.take([{ limit: 'token by address', of: networkOf(request.ip) }])
      const accepted = await acceptAsNew(enginePool, { ...request.body, hashPassword }, newId)
      reply.code(201)
      return accepted
    },
  )
}
