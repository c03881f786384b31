/**
 * The API of tenants: all of them for platform admins, and each one's own settings. No SQL, no decisions.
 */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createAcrossTenants } from '../access/create-with-key.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { changeTenant } from './change-tenant.ts'
import { createTenant } from './create-tenant.ts'
import { deleteTenant, restoreTenant } from './delete-tenant.ts'
import { findTenant, listTenants } from './list-tenants.ts'
import {
  newTenantSchema,
  ownTenantChangeSchema,
  tenantChangeSchema,
  tenantListQuery,
  tenantViewSchema,
} from './schema.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
}

const config = { auth: { platform: true } } as const
const tags = ['tenants']
const params = Type.Object({ id: Type.String() })

/** Registers CRUD and `restore` below `/tenants`, and `/tenant`. */
export const addTenantRoutes = (server: HttpServer, options: Options): void => {
  addAllTenantsRoutes(server, options)
  addOwnTenantRoutes(server, options)
}

const addOwnTenantRoutes = (server: HttpServer, { pool }: Options): void => {
  server.get(
    '/api/v1/tenant',
    {
      config: { auth: { scope: 'settings:read' } },
      schema: { tags, summary: 'The tenant acted in', response: { 200: tenantViewSchema } },
    },
    async (request) => findTenant(pool, tenantOf(request)),
  )
  server.patch(
    '/api/v1/tenant',
    {
      config: { auth: { scope: 'settings:write' } },
      schema: {
        tags,
        summary: 'Change the name, language or time zone of the tenant acted in',
        description: "Limits and retention are the platform admin's: see /tenants/{id}.",
        body: ownTenantChangeSchema,
        response: { 200: tenantViewSchema },
      },
    },
    async (request) => changeTenant(pool, tenantOf(request), request.body),
  )
}

const addAllTenantsRoutes = (server: HttpServer, { pool, newId }: Options): void => {
  server.post(
    '/api/v1/tenants',
    {
      config,
      schema: {
        tags,
        summary: 'Make a tenant',
        body: newTenantSchema,
        response: { 201: tenantViewSchema },
      },
    },
    async (request, reply) =>
      createAcrossTenants(request, reply, pool, async (client) =>
        createTenant(client, request.body, newId),
      ),
  )

  server.get(
    '/api/v1/tenants',
    {
      config,
      schema: {
        tags,
        summary: 'List tenants, newest first',
        querystring: tenantListQuery,
        response: { 200: pageOf(tenantViewSchema) },
      },
    },
    async (request) => listTenants(pool, request.query),
  )

  server.get(
    '/api/v1/tenants/:id',
    {
      config,
      schema: { tags, summary: 'One tenant', params, response: { 200: tenantViewSchema } },
    },
    async (request) => findTenant(pool, requireId('tenant', request.params.id)),
  )

  server.patch(
    '/api/v1/tenants/:id',
    {
      config,
      schema: {
        tags,
        summary: "Change a tenant's name, language, time zone, limits or retention; suspend it",
        params,
        body: tenantChangeSchema,
        response: { 200: tenantViewSchema },
      },
    },
    async (request) => changeTenant(pool, requireId('tenant', request.params.id), request.body),
  )
  addDeletingRoutes(server, pool)
}

const addDeletingRoutes = (server: HttpServer, pool: Pool): void => {
  server.delete(
    '/api/v1/tenants/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Delete a suspended tenant',
        description:
          'It is marked, and can be restored until `purgeAt`; then everything of it but its audit log goes, for good.',
        params,
        querystring: Type.Object({
          confirm: Type.String({ maxLength: 64, description: "The tenant's slug, once more." }),
        }),
        response: { 200: tenantViewSchema },
      },
    },
    async (request) =>
      deleteTenant(pool, requireId('tenant', request.params.id), request.query.confirm),
  )
  server.post(
    '/api/v1/tenants/:id/restore',
    {
      config,
      schema: {
        tags,
        summary: 'Restore a deleted tenant',
        description: 'It stays suspended.',
        params,
        response: { 200: tenantViewSchema },
      },
    },
    async (request) => restoreTenant(pool, requireId('tenant', request.params.id)),
  )
}
