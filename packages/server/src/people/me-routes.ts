/** The API of one's own account: who am I, my sessions, an invitation of mine. For persons who are signed in, in no tenant. */
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { endSessions } from '../access/end-sessions.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { notFound, requireId } from '../platform/http/path-id.ts'
import { principalOf, type SessionPrincipal } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { acceptAsKnown } from './accept-invitation.ts'
import { changeUserAcrossTenants } from './queries/users.ts'
import {
  acceptedSchema,
  meChangeSchema,
  meSchema,
  sessionListQuery,
  sessionViewSchema,
  tokenSchema,
} from './schema.ts'
import { showMe } from './show-me.ts'
import { showSessions } from './show-sessions.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
}

const config = { auth: { session: true } } as const
const tags = ['own account']
const params = Type.Object({ id: Type.String() })

const personOf = (request: FastifyRequest): SessionPrincipal => {
  const principal = principalOf(request)
  if (principal.kind !== 'session') throw new Error('a route for persons was given an API key')
  return principal
}

/** Registers `/me`, `/me/sessions` and `/me/invitations`. */
export const addMeRoutes = (server: HttpServer, options: Options): void => {
  addAccountRoutes(server, options)
  addSessionRoutes(server, options)
}

const addAccountRoutes = (server: HttpServer, { pool, newId }: Options): void => {
  server.get(
    '/api/v1/me',
    { config, schema: { tags, summary: 'Who am I?', response: { 200: meSchema } } },
    async (request) => showMe(pool, personOf(request)),
  )
  server.patch(
    '/api/v1/me',
    {
      config,
      schema: {
        tags,
        summary: "Change one's own name or language",
        body: meChangeSchema,
        response: { 200: meSchema },
      },
    },
    async (request) => {
      const person = personOf(request)
      await inTransaction(pool, async (client) =>
        changeUserAcrossTenants(client, person.userId, request.body),
      )
      return showMe(pool, person)
    },
  )
  server.post(
    '/api/v1/me/invitations',
    {
      config,
      schema: {
        tags,
        summary: 'Accept an invitation as who one is',
        description: "It must be to one's own e-mail address. Works once.",
        body: tokenSchema,
        response: { 200: acceptedSchema },
      },
    },
    async (request) =>
      acceptAsKnown(pool, { token: request.body.token, userId: personOf(request).userId }, newId),
  )
}

const addSessionRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/me/sessions',
    {
      config,
      schema: {
        tags,
        summary: "One's own sessions, newest first",
        querystring: sessionListQuery,
        response: { 200: pageOf(sessionViewSchema) },
      },
    },
    async (request) => {
      const { userId, sessionId } = personOf(request)
      return showSessions(pool, { userId, current: sessionId, filter: request.query })
    },
  )
  server.delete(
    '/api/v1/me/sessions',
    {
      config,
      schema: {
        tags,
        summary: "End all of one's sessions but this one",
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = personOf(request)
      await endSessions(pool, { userId, but: sessionId })
      return reply.code(204).send(null)
    },
  )
  server.delete(
    '/api/v1/me/sessions/:id',
    {
      config,
      schema: {
        tags,
        summary: "End one of one's sessions",
        description: 'It is refused within a second.',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const only = requireId('session', request.params.id)
      const ended = await endSessions(pool, { userId: personOf(request).userId, only })
      if (ended === 0) throw notFound()
      return reply.code(204).send(null)
    },
  )
}
