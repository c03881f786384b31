/** The API of campaigns. No SQL, no decisions. */
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { Clock } from '@carillon/domain/clock'
import { parseId, type CampaignId, type TenantId } from '@carillon/domain/ids'
import { createWithKey } from '../access/create-with-key.ts'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { CompileMjml } from '../platform/mjml/compile-mjml.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { checkCampaignContent } from './check-campaign.ts'
import { findCampaign, listCampaigns } from './list-campaigns.ts'
import { exportRecipients, listRecipients } from './list-recipients.ts'
import { moveCampaign } from './move-campaign.ts'
import { addPlanningRoutes } from './planning-routes.ts'
import { readCauses } from './read-causes.ts'
import { readAllStatistics, readStatistics } from './read-statistics.ts'
import { resendFailed } from './resend-failed.ts'
import type { CampaignRunner } from './run-campaigns.ts'
import {
  createCampaign,
  deleteCampaign,
  updateCampaign,
  type SaveContext,
} from './save-campaign.ts'
import * as schema from './schema.ts'

export type CampaignRoutesOptions = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly clock: Clock
  readonly connectors: ConnectorRegistry
  readonly renderer: TemplateRenderer
  readonly compileMjml: CompileMjml
  /** Starts one whose time has come. */
  readonly begin: CampaignRunner['begin']
  /** The background has something to do. */
  readonly wake: () => void
}

const params = Type.Object({ id: Type.String() })
const read = { auth: { scope: 'campaigns:read' } } as const
const write = { auth: { scope: 'campaigns:write' } } as const
const tags = ['campaigns']
const url = '/api/v1/campaigns'
const one = { 200: schema.campaignSchema }

/** Registers the routes. */
export const addCampaignRoutes = (server: HttpServer, options: CampaignRoutesOptions): void => {
  addReadingRoutes(server, options)
  addStatisticsRoutes(server, options)
  addCausesRoute(server, options)
  addRecipientRoutes(server, options)
  addPlanningRoutes(server, options)
  addCreatingRoute(server, options)
  addChangingRoutes(server, options)
  addDeletingRoute(server, options)
  addMovingRoutes(server, options)
  addResendRoute(server, options)
}

const idOf = (request: FastifyRequest<{ Params: { id: string } }>): CampaignId =>
  requireId('campaign', request.params.id)

const addReadingRoutes = (server: HttpServer, { pool }: CampaignRoutesOptions): void => {
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: 'List campaigns, newest first',
        querystring: schema.campaignListQuery,
        response: { 200: pageOf(schema.campaignItemSchema) },
      },
    },
    async (request) => await listCampaigns(pool, tenantOf(request), request.query),
  )
  server.get(
    `${url}/:id`,
    { config: read, schema: { tags, summary: 'One campaign', params, response: one } },
    async (request) =>
      await findCampaign(pool, tenantOf(request), requireId('campaign', request.params.id)),
  )
}

const addStatisticsRoutes = (server: HttpServer, { pool }: CampaignRoutesOptions): void => {
  server.get(
    `${url}/statistics`,
    {
      config: read,
      schema: {
        tags,
        summary: 'What all campaigns together came to',
        response: { 200: schema.allStatisticsSchema },
      },
    },
    async (request) => await readAllStatistics(pool, tenantOf(request)),
  )
  server.get(
    `${url}/:id/statistics`,
    {
      config: read,
      schema: {
        tags,
        summary: 'What a campaign came to until now',
        description: 'The sum of byState is the audience, at every moment.',
        params,
        response: { 200: schema.statisticsSchema },
      },
    },
    async (request) =>
      await readStatistics(pool, tenantOf(request), requireId('campaign', request.params.id)),
  )
}

const addCausesRoute = (server: HttpServer, { pool }: CampaignRoutesOptions): void => {
  server.get(
    `${url}/:id/causes`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Why deliveries of a campaign did not arrive, with how many by each cause',
        params,
        response: { 200: schema.causesSchema },
      },
    },
    async (request) =>
      await readCauses(pool, tenantOf(request), requireId('campaign', request.params.id)),
  )
}

const addRecipientRoutes = (server: HttpServer, { pool }: CampaignRoutesOptions): void => {
  server.get(
    `${url}/:id/recipients`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Who a campaign wrote to, and what became of it',
        params,
        querystring: schema.recipientListQuery,
        response: { 200: pageOf(schema.recipientSchema) },
      },
    },
    async (request) => {
      const id = requireId('campaign', request.params.id)
      return await listRecipients(pool, tenantOf(request), id, request.query)
    },
  )
  server.get(
    `${url}/:id/recipients/export`,
    {
      config: read,
      schema: {
        tags,
        summary: 'The recipients as a CSV file',
        description: 'Cells that a spreadsheet would take for a formula begin with an apostrophe.',
        params,
        querystring: schema.recipientExportQuery,
        produces: ['text/csv'],
        response: { 200: Type.Unknown({ description: 'UTF-8, commas, a header row.' }) },
      },
    },
    async (request, reply) => {
      const id = requireId('campaign', request.params.id)
      const lines = await exportRecipients(pool, tenantOf(request), id, request.query.state)
      reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="recipients.csv"')
      return reply.send(Readable.from(lines))
    },
  )
}

const contextOf = (
  request: FastifyRequest,
  { newId, clock }: CampaignRoutesOptions,
): Omit<SaveContext, 'client' | 'tenantId'> => ({
  newId,
  now: clock.now(),
  by: principalOf(request).actor,
})

const addCreatingRoute = (server: HttpServer, options: CampaignRoutesOptions): void => {
  const { pool, newId } = options
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Make a campaign',
        description: 'Made within its interval it starts at once, else by itself at startsAt.',
        body: schema.campaignBody,
        response: { 201: schema.campaignSchema },
      },
    },
    async (request, reply) => {
      const content = await checkCampaignContent(request.body.content, options)
      const body = { ...request.body, content }
      const made = await createWithKey(request, reply, pool, (client, tenantId) =>
        createCampaign(
          { client, tenantId, ...contextOf(request, options) },
          newId('campaign'),
          body,
        ),
      )
      return await begun(tenantOf(request), made, options)
    },
  )
}

/** One whose time has come is answered as running. */
const begun = async (
  tenantId: TenantId,
  made: schema.CampaignView,
  { pool, begin, wake, clock }: CampaignRoutesOptions,
): Promise<schema.CampaignView> => {
  const id = parseId('campaign', made.id)
  if (id === undefined || Date.parse(made.startsAt) > clock.now()) return made
  await begin(id)
  wake()
  return await findCampaign(pool, tenantId, id).catch(() => made)
}

const addChangingRoutes = (server: HttpServer, options: CampaignRoutesOptions): void => {
  const { pool, wake } = options
  const change = async (
    request: FastifyRequest,
    id: CampaignId,
    kind: 'replace' | 'patch',
    given: schema.CampaignPatchBody,
  ): Promise<schema.CampaignView> => {
    const tenantId = tenantOf(request)
    // Who may not see it hears nothing of what is wrong with the body.
    await findCampaign(pool, tenantId, id)
    const { content, ...others } = given
    const body =
      content === undefined
        ? others
        : { ...others, content: await checkCampaignContent(content, options) }
    const changed = await inTenant(pool, tenantId, (client) =>
      updateCampaign({ client, tenantId, ...contextOf(request, options) }, { id, kind, body }),
    )
    wake()
    return changed
  }
  server.put(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Replace a campaign',
        description:
          'What is left out gets its default. While it runs only name, content, endsAt, dailyWindow and retry may differ; they count for all that is not sent yet.',
        params,
        body: schema.campaignReplaceBody,
        response: one,
      },
    },
    async (request) => await change(request, idOf(request), 'replace', request.body),
  )
  server.patch(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Change parts of a campaign',
        description:
          'While it runs: name, content, endsAt, dailyWindow, weekdays and retry; they count for all that is not sent yet.',
        params,
        body: schema.campaignPatchBody,
        response: one,
      },
    },
    async (request) => await change(request, idOf(request), 'patch', request.body),
  )
}

const addDeletingRoute = (server: HttpServer, { pool }: CampaignRoutesOptions): void => {
  server.delete(
    `${url}/:id`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Delete a campaign that has not begun',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request)
      const id = requireId('campaign', request.params.id)
      await inTenant(pool, tenantId, (client) => deleteCampaign(client, tenantId, id))
      return await reply.code(204).send(null)
    },
  )
}

const summaries = {
  pause: 'Hold a campaign: within a second nothing of it begins any more',
  resume: 'Let a paused campaign go on',
  cancel: 'End a campaign: what waits is canceled',
} as const

const addMovingRoutes = (server: HttpServer, { pool, wake }: CampaignRoutesOptions): void => {
  for (const move of ['pause', 'resume', 'cancel'] as const)
    server.post(
      `${url}/:id/${move}`,
      { config: write, schema: { tags, summary: summaries[move], params, response: one } },
      async (request) => {
        const tenantId = tenantOf(request)
        const id = requireId('campaign', request.params.id)
        const moved = await inTenant(pool, tenantId, (client) =>
          moveCampaign(client, tenantId, { id, move }),
        )
        wake()
        return moved
      },
    )
}

const addResendRoute = (server: HttpServer, options: CampaignRoutesOptions): void => {
  const { pool, newId } = options
  server.post(
    `${url}/:id/resend-failed`,
    {
      config: write,
      preValidation: async (request) => {
        // Nothing has to be said.
        request.body ??= {}
      },
      schema: {
        tags,
        summary: 'Make a campaign of exactly those whose delivery failed',
        description: 'With their addresses and fields of then. It is linked by resendOf.',
        params,
        body: schema.resendFailedBody,
        response: { 201: schema.campaignSchema },
      },
    },
    async (request, reply) => {
      const old = requireId('campaign', request.params.id)
      const made = await createWithKey(request, reply, pool, (client, tenantId) =>
        resendFailed(
          { client, tenantId, ...contextOf(request, options) },
          { id: newId('campaign'), old, body: request.body },
        ),
      )
      return await begun(tenantOf(request), made, options)
    },
  )
}
