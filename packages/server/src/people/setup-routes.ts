/**
 * The API of the first run: whether there is anybody, and the making of the first person, with a platform-admin key or with
 * the token of the link that the server printed. No SQL.
 */
import type { Pool } from 'pg'
import { appError } from '@carillon/domain/errors'
import { createAcrossTenants } from '../access/create-with-key.ts'
import { hashPassword } from '../access/sign-in/hash-password.ts'
import type { LimitAttempts } from '../access/sign-in/limit-attempts.ts'
import { networkOf } from '../access/sign-in/name-network.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { createFirstUser } from './create-user.ts'
import { hasUsersAcrossTenants } from './queries/users.ts'
import { setupByTokenSchema, setupSchema, setupStateSchema, userViewSchema } from './schema.ts'
import { isSetupToken } from './setup-token.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly keyring: Keyring
  readonly limit: LimitAttempts
}

const tags = ['persons']

/** Registers `/setup` and `/setup/by-token`. */
export const addSetupRoutes = (server: HttpServer, options: Options): void => {
  const { pool, newId } = options
  server.get(
    '/api/v1/setup',
    {
      config: { auth: { public: true } },
      schema: { tags, summary: 'Is there anybody yet?', response: { 200: setupStateSchema } },
    },
    async () => ({ needed: !(await hasUsersAcrossTenants(pool)) }),
  )
  server.post(
    '/api/v1/setup',
    {
      config: { auth: { platform: true } },
      schema: {
        tags,
        summary: 'Make the first person, a platform admin with a password',
        description: 'Works while there is nobody.',
        body: setupSchema,
        response: { 201: userViewSchema },
      },
    },
    async (request, reply) => {
      const { email, name, password } = request.body
      const passwordHash = await hashPassword(password)
      return createAcrossTenants(request, reply, pool, async (client) =>
        createFirstUser(client, { email, name, passwordHash }, newId),
      )
    },
  )
  addByTokenRoute(server, options)
}

const addByTokenRoute = (server: HttpServer, { pool, newId, keyring, limit }: Options): void => {
  server.post(
    '/api/v1/setup/by-token',
    {
      config: { auth: { public: true } },
      schema: {
        tags,
        summary: 'Make the first person, with the token of the link that the server printed',
        description: 'Works while there is nobody.',
        body: setupByTokenSchema,
        response: { 201: userViewSchema },
      },
    },
    async (request, reply) => {
      await limit.take([{ limit: 'token by address', of: networkOf(request.ip) }])
      const { token, email, name, password } = request.body
      if (!isSetupToken(keyring, token)) throw wrongToken()
      const passwordHash = await hashPassword(password)
      const view = await inTransaction(pool, async (client) =>
        createFirstUser(client, { email, name, passwordHash }, newId),
      )
      return reply.code(201).send(view)
    },
  )
}

const wrongToken = () => {
  const detail = 'This is not the token of the link that the server printed: copy all of it.'
  return appError('validation_failed', { detail, errors: [{ pointer: '/token', detail }] })
}
