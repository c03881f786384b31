/** Sends a tenant's daily report: an event, and one delivery a recipient, in the caller's transaction. Not for when. */
import type { PoolClient } from 'pg'
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { ruleRetry } from '@carillon/domain/retry'
import type { LaneKey } from '../delivery/store.ts'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import { findRouteIntegrations } from '../integrations/find-route-integrations.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { savePlan } from '../rules/save-plan.ts'
import * as sql from './queries.ts'
import { readReport } from './read-report.ts'
import { renderReport, type ReportMail } from './render-report.ts'
import type { ReportView } from './schema.ts'

/** What rules can match. */
const reportType = 'carillon.report.daily'
const reportSource = 'carillon/reports'
/** A report of the day before yesterday is none that anybody waits for. */
const sendForMs = 24 * 3_600_000

export type ReportServices = {
  readonly acceptEvents: AcceptEvents
  readonly newId: IdGenerator
  readonly shard: number
}

/** A day's numbers, and the mail that tells them. */
export const composeReport = async (
  client: PoolClient,
  tenantId: TenantId,
  { date, missed = [] }: { readonly date: string; readonly missed?: readonly string[] },
): Promise<{ readonly report: ReportView; readonly mail: ReportMail }> => {
  const { name: tenant, time_zone: zone, language } = await sql.readTenant(client, tenantId)
  const report = await readReport(client, tenantId, { date, zone, missed })
  return { report, mail: renderReport(report, { language, tenant }) }
}

/** The integration that reports of this tenant go through; undefined: there is none. `wanted`: the settings' own. */
export const findReportIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: string | null,
): Promise<string | undefined> => {
  const found = await findRouteIntegrations(client, tenantId, {
    ids: wanted === null ? [] : [asId('integration', wanted)],
    channels: ['email'],
    purpose: 'look',
  })
  const own = wanted === null ? found : found.filter(({ id }) => id === wanted)
  return own.find(({ channel }) => channel === 'email')?.id
}

export type SentReport = {
  /** UUID. */
  readonly eventId: string
  readonly deliveries: readonly { readonly id: string; readonly to: string }[]
  readonly accepted: Accepted
  readonly lanes: readonly LaneKey[]
}

export type ReportToSend = {
  readonly report: ReportView
  readonly mail: ReportMail
  readonly recipients: readonly string[]
  /** UUID; undefined: rules may send it, we can't. */
  readonly integrationId: string | undefined
  /** By this it is sent once: the same again is a duplicate. */
  readonly key: string
  readonly now: Instant
}

/** Sends it; undefined when one with this key was sent before. `client`: of role engine. */
export const sendReport = async (
  client: PoolClient,
  tenantId: TenantId,
  { report, mail, recipients, integrationId, key, now }: ReportToSend,
  { acceptEvents, newId, shard }: ReportServices,
): Promise<SentReport | undefined> => {
  const view = { id: key, source: reportSource, type: reportType, subject: report.date }
  const accepted = await acceptEvents(client, [
    {
      tenantId,
      view: { ...view, time: toIso(now), data: report },
      time: now,
      dataJson: JSON.stringify(report),
    },
  ])
  const [event] = accepted.events
  if (event === undefined || event.duplicate) return undefined
  const { eventId } = event
  if (integrationId === undefined) return { eventId, deliveries: [], accepted, lanes: [] }
  const deliveries = recipients.map((to) => ({ id: newId('delivery'), to }))
  const planId = await savePlan(client, tenantId, {
    plan: {
      steps: [{ integrationId, to: '' }],
      content: { literal: true, ...mail },
      retry: ruleRetry,
      fallback: 'at_once',
      whenOpen: 'hold',
      sendForMs,
      priority: 0,
    },
    newId,
  })
  const queued = { eventId, planId, integrationId, deliveries, sendForMs, shard }
  await sql.queueReport(client, tenantId, queued)
  return {
    eventId,
    deliveries: deliveries.map(({ id, to }) => ({
      id: printId('delivery', asId('delivery', id)),
      to,
    })),
    accepted,
    lanes: [{ tenantId, integrationId, priority: 0 }],
  }
}
