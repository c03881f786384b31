/**
 * The API of API keys: those of a tenant under /api-keys, and the platform-admin keys, which belong to no tenant, under
 * /platform-api-keys. No SQL, and no decisions beyond who may.
 */
import type { FastifyRequest } from 'fastify'
import type { Pool, PoolClient } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import type { ApiKeyId } from '@carillon/domain/ids'
import { systemClock } from '../platform/clock.ts'
import { inTenant, inTransaction } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf, type RouteAuth } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { createApiKey, withoutKey } from './create-api-key.ts'
import { createAcrossTenants, createWithKey } from './create-with-key.ts'
import { findApiKey, listApiKeys } from './list-api-keys.ts'
import type { KeyOwner } from './queries/keys.ts'
import { revokeApiKey } from './revoke-api-key.ts'
import {
  createdKeySchema,
  keyListQuery,
  keyViewSchema,
  newKeySchema,
  newPlatformKeySchema,
} from './schema.ts'
import { assertMayGrant } from './assert-grant.ts'
import { readScopes } from './scopes.ts'

type Options = { readonly pool: Pool; readonly newId: IdGenerator }

const tags = ['API keys']
const params = Type.Object({ id: Type.String() })
const creating =
  'The key is in this answer only. A repetition with the same Idempotency-Key answers with `key: null`.'

/** Registers the routes of a tenant's keys; `pool` has the role app. */
export const addApiKeyRoutes = (server: HttpServer, { pool, newId }: Options): void => {
  server.post(
    '/api/v1/api-keys',
    {
      config: { auth: { scope: 'keys:write' } },
      schema: {
        tags,
        summary: 'Make an API key',
        description: creating,
        body: newKeySchema,
        response: { 201: createdKeySchema },
      },
    },
    async (request, reply) => {
      const { role: _role, ...body } = request.body
      const scopes = readScopes(request.body)
      assertMayGrant(principalOf(request), scopes)
      return createWithKey(
        request,
        reply,
        pool,
        async (client, owner) =>
          createApiKey(client, { ...body, owner, scopes }, { newId, clock: systemClock }),
        { redact: withoutKey },
      )
    },
  )
  addCommonRoutes(server, {
    url: '/api/v1/api-keys',
    keysAre: 'API keys',
    mayRead: { scope: 'keys:read' },
    mayWrite: { scope: 'keys:write' },
    run: async (request, work) => {
      const tenantId = tenantOf(request)
      return inTenant(pool, tenantId, async (client) => work(client, tenantId))
    },
    assertMayRevoke: () => {},
  })
}

/** Registers the routes of platform-admin keys; `pool` has the role engine. */
export const addPlatformKeyRoutes = (server: HttpServer, { pool, newId }: Options): void => {
  server.post(
    '/api/v1/platform-api-keys',
    {
      config: { auth: { platform: true } },
      schema: {
        tags,
        summary: 'Make a platform-admin key',
        description: `It may do everything in every tenant. ${creating}`,
        body: newPlatformKeySchema,
        response: { 201: createdKeySchema },
      },
    },
    async (request, reply) =>
      createAcrossTenants(
        request,
        reply,
        pool,
        async (client) => {
          const values = { ...request.body, owner: null, scopes: ['*'] }
          return createApiKey(client, values, { newId, clock: systemClock })
        },
        { redact: withoutKey },
      ),
  )
  addCommonRoutes(server, {
    url: '/api/v1/platform-api-keys',
    keysAre: 'platform-admin keys',
    mayRead: { platform: true },
    mayWrite: { platform: true },
    run: async (_request, work) => inTransaction(pool, async (client) => work(client, null)),
    assertMayRevoke: (request, id) => {
      // Whoever revokes the last one locks everybody out; the key in use is always one that is left.
      const principal = principalOf(request)
      if (principal.kind !== 'api_key' || id !== principal.keyId) return
      throw appError('conflict', {
        detail: 'A platform-admin key can not revoke itself: use another one.',
      })
    },
  })
}

type Work<Result> = (on: Pool | PoolClient, owner: KeyOwner) => Promise<Result>

type Common = {
  readonly url: string
  readonly keysAre: string
  readonly mayRead: RouteAuth
  readonly mayWrite: RouteAuth
  /** Runs the work with what sees the keys, and their owner. */
  readonly run: <Result>(request: FastifyRequest, work: Work<Result>) => Promise<Result>
  readonly assertMayRevoke: (request: FastifyRequest, id: ApiKeyId) => void
}

const addCommonRoutes = (server: HttpServer, common: Common): void => {
  const { url, keysAre, mayRead, mayWrite, run, assertMayRevoke } = common
  server.get(
    url,
    {
      config: { auth: mayRead },
      schema: {
        tags,
        summary: `List ${keysAre}, newest first`,
        querystring: keyListQuery,
        response: { 200: pageOf(keyViewSchema) },
      },
    },
    async (request) => run(request, (on, owner) => listApiKeys(on, owner, request.query)),
  )
  server.get(
    `${url}/:id`,
    {
      config: { auth: mayRead },
      schema: { tags, summary: `One of the ${keysAre}`, params, response: { 200: keyViewSchema } },
    },
    async (request) => {
      const id = requireId('apiKey', request.params.id)
      return run(request, (on, owner) => findApiKey(on, owner, id))
    },
  )
  server.delete(
    `${url}/:id`,
    {
      config: { auth: mayWrite },
      schema: {
        tags,
        summary: `Revoke one of the ${keysAre}`,
        description: 'Takes effect within a second. The key stays in the list, as revoked.',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const id = requireId('apiKey', request.params.id)
      assertMayRevoke(request, id)
      await run(request, (on, owner) => revokeApiKey(on, owner, id))
      return reply.code(204).send(null)
    },
  )
}
