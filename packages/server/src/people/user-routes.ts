/** The API of persons, for platform admins. No SQL, and no decisions beyond who may. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createAcrossTenants } from '../access/create-with-key.ts'
import { endSessions } from '../access/end-sessions.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { changeUser, deleteUser } from './change-user.ts'
import { createUser } from './create-user.ts'
import { findUser, listUsers } from './list-users.ts'
import {
  createdUserSchema,
  newUserSchema,
  passwordLinkSchema,
  sessionListQuery,
  sessionViewSchema,
  userChangeSchema,
  userListQuery,
  userViewSchema,
  type CreatedUser,
} from './schema.ts'
import { showSessions } from './show-sessions.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
  /** Where this person can choose a password. */
  readonly makePasswordLink: (userId: string) => Promise<string>
}

const config = { auth: { platform: true } } as const
const tags = ['persons']
const params = Type.Object({ id: Type.String() })

const withoutPasswordLink = (created: CreatedUser): CreatedUser => ({
  ...created,
  passwordLink: null,
})

/** Registers `/users`, `/users/{id}` and what is below it. */
export const addUserRoutes = (server: HttpServer, options: Options): void => {
  addReadingRoutes(server, options)
  addMakingRoutes(server, options)
  addChangingRoutes(server, options)
  addEndingRoutes(server, options)
}

const addReadingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/users',
    {
      config,
      schema: {
        tags,
        summary: 'List persons, newest first',
        querystring: userListQuery,
        response: { 200: pageOf(userViewSchema) },
      },
    },
    async (request) => listUsers(pool, request.query),
  )
  server.get(
    '/api/v1/users/:id',
    { config, schema: { tags, summary: 'One person', params, response: { 200: userViewSchema } } },
    async (request) => findUser(pool, requireId('user', request.params.id)),
  )
  server.get(
    '/api/v1/users/:id/sessions',
    {
      config,
      schema: {
        tags,
        summary: "A person's sessions, newest first",
        params,
        querystring: sessionListQuery,
        response: { 200: pageOf(sessionViewSchema) },
      },
    },
    async (request) => {
      const id = requireId('user', request.params.id)
      await findUser(pool, id)
      return showSessions(pool, { userId: id, current: undefined, filter: request.query })
    },
  )
}

const addMakingRoutes = (server: HttpServer, { pool, newId, makePasswordLink }: Options): void => {
  server.post(
    '/api/v1/users',
    {
      config,
      schema: {
        tags,
        summary: 'Make a person',
        description: 'Whoever makes it answers for the e-mail address. It is in no tenant yet.',
        body: newUserSchema,
        response: { 201: createdUserSchema },
      },
    },
    async (request, reply) =>
      createAcrossTenants(
        request,
        reply,
        pool,
        async (client) => {
          const { platformAdmin = false, ...body } = request.body
          const person = { ...body, platformAdmin, emailVerified: true }
          const { id, view } = await createUser(client, person, newId)
          return { ...view, passwordLink: await makePasswordLink(id) }
        },
        { redact: withoutPasswordLink },
      ),
  )
}

const addChangingRoutes = (server: HttpServer, { pool }: Options): void => {
  server.patch(
    '/api/v1/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Rename, disable or enable a person, or make it a platform admin or not',
        params,
        body: userChangeSchema,
        response: { 200: userViewSchema },
      },
    },
    async (request) => {
      const id = requireId('user', request.params.id)
      const given = { id, by: principalOf(request), change: request.body }
      return inTransaction(pool, async (client) => changeUser(client, given))
    },
  )
  server.delete(
    '/api/v1/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Delete a person, with its sessions and memberships',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const id = requireId('user', request.params.id)
      const by = principalOf(request)
      await inTransaction(pool, async (client) => deleteUser(client, { id, by }))
      return reply.code(204).send(null)
    },
  )
}

const addEndingRoutes = (server: HttpServer, { pool, makePasswordLink }: Options): void => {
  server.post(
    '/api/v1/users/:id/password-link',
    {
      config,
      schema: {
        tags,
        summary: 'A link with which the person chooses a new password',
        description: 'For who has no mail, or no password yet. It works once, within an hour.',
        params,
        response: { 200: passwordLinkSchema },
      },
    },
    async (request) => {
      const id = requireId('user', request.params.id)
      await findUser(pool, id)
      return { passwordLink: await makePasswordLink(id) }
    },
  )
  server.delete(
    '/api/v1/users/:id/sessions',
    {
      config,
      schema: {
        tags,
        summary: 'Sign a person out everywhere',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const id = requireId('user', request.params.id)
      await findUser(pool, id)
      await endSessions(pool, { userId: id })
      return reply.code(204).send(null)
    },
  )
}
