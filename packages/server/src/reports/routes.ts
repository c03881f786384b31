/** The API of daily reports. No SQL, no decisions. */
import type { Pool } from 'pg'
import type { Clock } from '@carillon/domain/clock'
import { createWithKey } from '../access/create-with-key.ts'
import type { LaneKey } from '../delivery/store.ts'
import type { Accepted } from '../ingest/accept-events.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { tenantOf } from '../platform/http/principal.ts'
import { demandReport, showReport } from './demand-report.ts'
import { saveSettings, showSettings } from './save-settings.ts'
import * as schema from './schema.ts'
import type { ReportServices, SentReport } from './send-report.ts'

type Options = ReportServices & {
  /** Of role app. */
  readonly pool: Pool
  /** Of role engine: events are accepted by it. */
  readonly enginePool: Pool
  readonly clock: Clock
  readonly onAccepted: (accepted: Accepted) => void
  readonly wakeLanes: (lanes: readonly LaneKey[]) => void
}

const url = '/api/v1/reports/daily'
const read = { auth: { scope: 'reports:read' } } as const
const write = { auth: { scope: 'reports:write' } } as const
const tags = ['reports']

/** Registers preview, send and settings. */
export const addReportRoutes = (server: HttpServer, options: Options): void => {
  const { pool, clock } = options
  server.get(
    url,
    {
      config: read,
      schema: {
        tags,
        summary: "A day's numbers, and the mail that tells them",
        querystring: schema.reportQuery,
        response: { 200: schema.previewAnswer },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const wish = { date: request.query.date, now: clock.now() }
      return await inTenant(pool, tenantId, (client) => showReport(client, tenantId, wish))
    },
  )
  server.get(
    `${url}/settings`,
    {
      config: read,
      schema: {
        tags,
        summary: 'Who gets the daily report, and when',
        response: { 200: schema.settingsSchema },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      return await inTenant(pool, tenantId, (client) => showSettings(client, tenantId))
    },
  )
  server.put(
    `${url}/settings`,
    {
      config: write,
      schema: {
        tags,
        summary: 'Say who gets the daily report, and when',
        body: schema.settingsBody,
        response: { 200: schema.settingsSchema },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const change = { body: request.body, now: clock.now() }
      return await inTenant(pool, tenantId, (client) => saveSettings(client, tenantId, change))
    },
  )
  addSendRoute(server, options)
}

const addSendRoute = (server: HttpServer, options: Options): void => {
  const { enginePool, clock, onAccepted, wakeLanes } = options
  server.post(
    url,
    {
      config: write,
      schema: {
        tags,
        summary: 'Send a report now, or show what would be sent (dryRun)',
        body: schema.sendBody,
        response: { 200: schema.sendAnswer },
      },
    },
    async (request, reply) => {
      const done: { sent?: SentReport | undefined } = {}
      const answer = await createWithKey(
        request,
        reply,
        enginePool,
        async (client, tenantId) => {
          const given = { body: request.body, now: clock.now() }
          const demanded = await demandReport(client, tenantId, given, options)
          done.sent = demanded.sent
          return demanded.answer
        },
        { status: 200 },
      )
      if (done.sent !== undefined) {
        onAccepted(done.sent.accepted)
        wakeLanes(done.sent.lanes)
      }
      return answer
    },
  )
}
