/** The API of campaigns that may be: whom they would reach, when, and with which words. No SQL, no decisions. */
import type { Clock } from '@carillon/domain/clock'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { tenantOf } from '../platform/http/principal.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import type { ContentServices } from '../subscriptions/check-content.ts'
import { checkCampaignContent } from './check-campaign.ts'
import { forecastCampaign, type ForecastServices } from './forecast-campaign.ts'
import * as schema from './planning-schema.ts'
import { previewCampaign } from './preview-campaign.ts'
import { sampleMessages } from './sample-messages.ts'

export type PlanningOptions = ForecastServices &
  ContentServices & {
    readonly clock: Clock
    readonly renderer: TemplateRenderer
  }

const read = { auth: { scope: 'campaigns:read' } } as const
const tags = ['campaigns']
const url = '/api/v1/campaigns'

/** Registers preview, sample and forecast. */
export const addPlanningRoutes = (server: HttpServer, options: PlanningOptions): void => {
  addPreviewRoute(server, options)
  addSampleRoute(server, options)
  addForecastRoute(server, options)
}

const addPreviewRoute = (server: HttpServer, options: PlanningOptions): void => {
  server.post(
    `${url}/preview`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Whom a campaign would reach, how long it would take, and what it would say',
        body: schema.previewBody,
        response: { 200: schema.previewSchema },
      },
    },
    async (request) => {
      const { content, ...body } = request.body
      const checked =
        content === undefined ? {} : { content: await checkCampaignContent(content, options) }
      const wish = { ...body, ...checked, now: options.clock.now() }
      return await previewCampaign(tenantOf(request), wish, options)
    },
  )
}

const addSampleRoute = (server: HttpServer, options: PlanningOptions): void => {
  server.post(
    `${url}/sample`,
    {
      config: read,
      schema: {
        tags,
        summary: 'What a campaign would say to chosen contacts',
        description: 'Counts nobody, and so answers at once, however large the audience is.',
        body: schema.sampleBody,
        response: { 200: schema.sampleSchema },
      },
    },
    async (request) => {
      const content = await checkCampaignContent(request.body.content, options)
      const wish = { ...request.body, content, now: options.clock.now() }
      return await sampleMessages(tenantOf(request), wish, options)
    },
  )
}

const addForecastRoute = (server: HttpServer, options: PlanningOptions): void => {
  server.post(
    `${url}/forecast`,
    {
      config: read,
      schema: {
        tags,
        summary: 'When the messages of a campaign would begin',
        description:
          "From its audience's time zones, its hours and the rates of campaign and integrations. What tries that fail cost is not in it.",
        body: schema.forecastBody,
        response: { 200: schema.forecastSchema },
      },
    },
    async (request) =>
      await forecastCampaign(
        tenantOf(request),
        { ...request.body, now: options.clock.now() },
        options,
      ),
  )
}
