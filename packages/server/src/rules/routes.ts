/** The rules' API. No SQL, no decisions. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { Clock } from '@carillon/domain/clock'
import { isRecord } from '@carillon/domain/filter-path'
import { createWithKey } from '../access/create-with-key.ts'
import { systemClock } from '../platform/clock.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import { requireKnownAction } from './check-rule.ts'
import { deleteRule } from './delete-rule.ts'
import { explainRules } from './explain-rules.ts'
import { findRule } from './find-rule.ts'
import { listRules } from './list-rules.ts'
import { createRule, updateRule, type RuleServices } from './save-rule.ts'
import * as schema from './schema.ts'

export type RuleRoutesOptions = RuleServices & {
  /** Pool of role carillon_app. */
  readonly pool: Pool
  /** Default: the machine's. */
  readonly clock?: Clock
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'rules:read' } } as const
const write = { auth: { scope: 'rules:write' } } as const
const tags = ['rules']

/** Runs before the body's schema: see `requireKnownAction`. */
const preValidation = async (request: { readonly body: unknown }): Promise<void> => {
  requireKnownAction(request.body, '')
}

/** Registers the routes. */
export const addRuleRoutes = (server: HttpServer, options: RuleRoutesOptions): void => {
  addReadingRoutes(server, options)
  addTestRoute(server, options)
  addCreatingRoute(server, options)
  addChangingRoutes(server, options)
}

const addReadingRoutes = (server: HttpServer, options: RuleRoutesOptions): void => {
  const { pool } = options
  server.get(
    '/api/v1/rules',
    {
      config: read,
      schema: {
        tags,
        summary: 'List rules, oldest first',
        querystring: schema.ruleListQuery,
        response: { 200: pageOf(schema.ruleSchema) },
      },
    },
    async (request) => await listRules(pool, tenantOf(request), request.query),
  )
  server.get(
    '/api/v1/rules/:id',
    {
      config: read,
      schema: { tags, summary: 'One rule', params, response: { 200: schema.ruleSchema } },
    },
    async (request) =>
      await findRule(pool, tenantOf(request), requireId('rule', request.params.id)),
  )
}

const addTestRoute = (server: HttpServer, options: RuleRoutesOptions): void => {
  const { clock = systemClock } = options
  server.post(
    '/api/v1/rules/test',
    {
      config: read,
      preValidation: async (request) => {
        requireKnownAction(isRecord(request.body) ? request.body['rule'] : undefined, '/rule')
      },
      schema: {
        tags,
        summary: 'Why an event sets rules off or not, and what would be sent',
        body: schema.testBody,
        response: { 200: schema.testAnswer },
      },
    },
    async (request) => await explainRules(tenantOf(request), request.body, { ...options, clock }),
  )
}

const addCreatingRoute = (server: HttpServer, options: RuleRoutesOptions): void => {
  const { pool } = options
  server.post(
    '/api/v1/rules',
    {
      config: write,
      preValidation,
      schema: {
        tags,
        summary: 'Make a rule',
        body: schema.ruleBody,
        response: { 201: schema.ruleSchema },
      },
    },
    (request, reply) =>
      createWithKey(request, reply, pool, (client, tenantId) =>
        createRule(client, tenantId, request.body, options),
      ),
  )
}

const addChangingRoutes = (server: HttpServer, options: RuleRoutesOptions): void => {
  const { pool } = options
  const response = { 200: schema.ruleSchema }
  server.put(
    '/api/v1/rules/:id',
    {
      config: write,
      preValidation,
      schema: { tags, summary: 'Replace a rule', params, body: schema.ruleBody, response },
    },
    async (request) => {
      const id = requireId('rule', request.params.id)
      const tenantId = tenantOf(request)
      const change = { tenantId, id, kind: 'replace', body: request.body } as const
      return await inTenant(pool, tenantId, (client) => updateRule(client, change, options))
    },
  )
  server.patch(
    '/api/v1/rules/:id',
    {
      config: write,
      preValidation,
      schema: {
        tags,
        summary: 'Change parts of a rule',
        params,
        body: schema.rulePatchBody,
        response,
      },
    },
    async (request) => {
      const id = requireId('rule', request.params.id)
      const tenantId = tenantOf(request)
      const change = { tenantId, id, kind: 'patch', body: request.body } as const
      return await inTenant(pool, tenantId, (client) => updateRule(client, change, options))
    },
  )
  server.delete(
    '/api/v1/rules/:id',
    {
      config: write,
      schema: { tags, summary: 'Delete a rule', params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await deleteRule(pool, tenantOf(request), requireId('rule', request.params.id))
      return await reply.code(204).send(null)
    },
  )
}
