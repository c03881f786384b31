/** The integrations' API: connectors, integrations, trying them out, and the import of older ones. No SQL, no decisions. */
import type { ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { ImapPort } from '@carillon/connectors/imap-port'
import type { SmtpPort } from '@carillon/connectors/smtp-port'
import type { Clock } from '@carillon/domain/clock'
import { createWithKey } from '../access/create-with-key.ts'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { LaneKey } from '../delivery/store.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import type { CompileTime } from '../platform/http/request-schema.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { createIntegrationCheck } from './check-integration.ts'
import { closeCircuit } from './close-circuit.ts'
import { createIntegration, type IntegrationServices } from './create-integration.ts'
import { deleteIntegration } from './delete-integration.ts'
import { findIntegration } from './find-integration.ts'
import { createHookUrlOf, type HookUrlOf } from './hook-url.ts'
import { importOlderSecrets, withoutGeneratedInRows } from './import-older-secrets.ts'
import { withoutGenerated } from './integration-view.ts'
import { listConnectors } from './list-connectors.ts'
import { listIntegrations } from './list-integrations.ts'
import * as schema from './schema.ts'
import { sendTest } from './send-test.ts'
import { updateIntegration } from './update-integration.ts'
import { verifyIntegration } from './verify-integration.ts'

export type IntegrationRoutesOptions = {
  /** Pool of role carillon_app. */
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly smtp: SmtpPort
  /** Absent: no mailbox can be tried. */
  readonly imap?: ImapPort
  readonly renderer: TemplateRenderer
  readonly newId: IdGenerator
  readonly randomBytes: (n: number) => Uint8Array
  readonly clock: Clock
  /** Where others reach us. */
  readonly publicUrl?: string | undefined
  readonly shard: number
  /** CIDRs, as in the configuration. */
  readonly allowPrivateTargets: readonly string[]
  /** Of the connectors' schemas. Default: at once. */
  readonly compileTime?: CompileTime
  /** Work was made in this lane. */
  readonly wake: (lane: LaneKey) => void
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'integrations:read' } } as const
const write = { auth: { scope: 'integrations:write' } } as const
const tags = ['integrations']

/** Registers the routes. Throws when a connector's schema is not strict, if they are compiled at once. */
export const addIntegrationRoutes = (
  server: HttpServer,
  options: IntegrationRoutesOptions,
): void => {
  const { keyring, newId, randomBytes } = options
  const hookUrlOf = createHookUrlOf(options)
  const services = {
    check: createIntegrationCheck(options),
    keyring,
    newId,
    randomBytes,
    hookUrlOf,
  }
  addReadingRoutes(server, options, hookUrlOf)
  addCreatingRoute(server, options, services)
  addChangingRoutes(server, options, services)
  addDeletingRoute(server, options)
  addTestRoute(server, options)
  addSendTestRoute(server, options, services)
  addCircuitRoute(server, options)
  addImportRoute(server, options, services)
}

const addReadingRoutes = (
  server: HttpServer,
  { pool, connectors }: IntegrationRoutesOptions,
  hookUrlOf: HookUrlOf,
): void => {
  const shown = listConnectors(connectors)
  server.get(
    '/api/v1/connectors',
    {
      config: read,
      schema: {
        tags,
        summary: 'What can be integrated',
        response: { 200: pageOf(schema.connectorSchema) },
      },
    },
    () => ({ items: [...shown], nextCursor: null }),
  )
  server.get(
    '/api/v1/integrations',
    {
      config: read,
      schema: {
        tags,
        summary: 'List integrations, oldest first',
        querystring: schema.integrationListQuery,
        response: { 200: pageOf(schema.integrationSchema) },
      },
    },
    async (request) => await listIntegrations(pool, tenantOf(request), request.query, hookUrlOf),
  )
  server.get(
    '/api/v1/integrations/:id',
    {
      config: read,
      schema: {
        tags,
        summary: 'One integration, with its health',
        params,
        response: { 200: schema.integrationSchema },
      },
    },
    async (request) =>
      await findIntegration(
        pool,
        tenantOf(request),
        requireId('integration', request.params.id),
        hookUrlOf,
      ),
  )
}

const addCreatingRoute = (
  server: HttpServer,
  { pool }: IntegrationRoutesOptions,
  services: IntegrationServices,
): void => {
  server.post(
    '/api/v1/integrations',
    {
      config: write,
      schema: {
        tags,
        summary: 'Make an integration',
        body: schema.createBody,
        response: { 201: schema.changedIntegrationSchema },
      },
    },
    (request, reply) =>
      createWithKey(
        request,
        reply,
        pool,
        (client, tenantId) => createIntegration(client, tenantId, request.body, services),
        { redact: withoutGenerated },
      ),
  )
}

/** The integration that a path names, in the caller's tenant. */
const idOf = (request: FastifyRequest, id: string) => ({
  tenantId: tenantOf(request),
  id: requireId('integration', id),
})

const addChangingRoutes = (
  server: HttpServer,
  { pool }: IntegrationRoutesOptions,
  services: IntegrationServices,
): void => {
  const response = { 200: schema.changedIntegrationSchema }
  server.put(
    '/api/v1/integrations/:id',
    {
      config: write,
      schema: {
        tags,
        summary: 'Replace an integration',
        params,
        body: schema.replaceBody,
        response,
      },
    },
    async (request) => {
      const change = {
        ...idOf(request, request.params.id),
        kind: 'replace',
        body: request.body,
      } as const
      return await inTenant(pool, change.tenantId, (client) =>
        updateIntegration(client, change, services),
      )
    },
  )
  server.patch(
    '/api/v1/integrations/:id',
    {
      config: write,
      schema: {
        tags,
        summary: 'Change parts of an integration',
        params,
        body: schema.patchBody,
        response,
      },
    },
    async (request) => {
      const change = {
        ...idOf(request, request.params.id),
        kind: 'patch',
        body: request.body,
      } as const
      return await inTenant(pool, change.tenantId, (client) =>
        updateIntegration(client, change, services),
      )
    },
  )
}

const addDeletingRoute = (server: HttpServer, { pool }: IntegrationRoutesOptions): void => {
  server.delete(
    '/api/v1/integrations/:id',
    {
      config: write,
      schema: {
        tags,
        summary: 'Delete an integration that no rule uses',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { tenantId, id } = idOf(request, request.params.id)
      await inTenant(pool, tenantId, (client) => deleteIntegration(client, tenantId, id))
      return await reply.code(204).send(null)
    },
  )
}

const addTestRoute = (server: HttpServer, options: IntegrationRoutesOptions): void => {
  server.post(
    '/api/v1/integrations/:id/test',
    {
      config: write,
      schema: {
        tags,
        summary: 'Try the credentials without sending anything',
        params,
        response: { 200: schema.verificationSchema },
      },
    },
    async (request, reply) => {
      const id = requireId('integration', request.params.id)
      const { signal } = endOf(reply)
      return await verifyIntegration({ tenantId: tenantOf(request), id, signal }, options)
    },
  )
}

const addSendTestRoute = (
  server: HttpServer,
  { pool, wake, shard }: IntegrationRoutesOptions,
  services: IntegrationServices,
): void => {
  server.post(
    '/api/v1/integrations/:id/send-test',
    {
      config: write,
      schema: {
        tags,
        summary: 'Send a test message, as a delivery like any other',
        params,
        body: schema.sendTestBody,
        response: { 202: schema.sendTestAnswer },
      },
    },
    async (request, reply) => {
      const { body } = request
      const id = requireId('integration', request.params.id)
      const lanes: LaneKey[] = []
      const answer = await createWithKey(
        request,
        reply,
        pool,
        async (client, tenantId) => {
          const { lane, ...sent } = await sendTest(client, { tenantId, id, body, shard }, services)
          lanes.push(lane)
          return sent
        },
        { status: 202 },
      )
      for (const lane of lanes) wake(lane)
      return answer
    },
  )
}

const addCircuitRoute = (server: HttpServer, { pool, wake }: IntegrationRoutesOptions): void => {
  server.post(
    '/api/v1/integrations/:id/circuit/close',
    {
      config: write,
      schema: {
        tags,
        summary: 'Close the circuit breaker and send what waits for it',
        params,
        response: { 200: schema.circuitClosedSchema },
      },
    },
    async (request) => {
      const id = requireId('integration', request.params.id)
      const { lanes, ...closed } = await closeCircuit(pool, tenantOf(request), id)
      for (const lane of lanes) wake(lane)
      return closed
    },
  )
}

/** Fires when the caller goes away: an exchange that nobody waits for is not worth its connection. */
const endOf = (reply: { readonly raw: ServerResponse }): AbortController => {
  const end = new AbortController()
  reply.raw.once('close', () => end.abort())
  return end
}

const addImportRoute = (
  server: HttpServer,
  { pool }: IntegrationRoutesOptions,
  services: IntegrationServices,
): void => {
  server.post(
    '/api/v1/integrations/import',
    {
      config: write,
      schema: {
        tags,
        summary: 'Take over channels of the PEC notifier with their older secrets',
        body: schema.importBody,
        response: { 201: schema.importAnswer },
      },
    },
    (request, reply) =>
      createWithKey(
        request,
        reply,
        pool,
        (client, tenantId) => importOlderSecrets(client, tenantId, request.body, services),
        { redact: withoutGeneratedInRows },
      ),
  )
}
