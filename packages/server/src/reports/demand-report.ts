/** A report that somebody asks for: shown, or sent at once. The morning's own is neither replaced nor left out by it. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { isReportable, yesterday } from '@carillon/domain/daily-report'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { requireValid } from '../platform/http/require-valid.ts'
import * as sql from './queries.ts'
import { readRecipients } from './save-settings.ts'
import type { SendAnswer, SendBody } from './schema.ts'
import {
  composeReport,
  findReportIntegration,
  sendReport,
  type ReportServices,
  type SentReport,
} from './send-report.ts'

/** Counters of older days are forgotten. */
export const reportableDays = 40

/** The numbers and the mail of a day. Throws `validation_failed` for a day that has not ended, or is too long ago. */
export const showReport = async (
  client: PoolClient,
  tenantId: TenantId,
  wish: { readonly date: string | undefined; readonly now: Instant },
): Promise<Awaited<ReturnType<typeof composeReport>>> => {
  const { now } = wish
  const { time_zone: zone } = await sql.readTenant(client, tenantId)
  const { date = yesterday(now, zone) } = wish
  if (!isReportable(date, now, zone, reportableDays))
    requireValid([
      {
        pointer: '/date',
        detail: `Must be a day that has ended, of the last ${reportableDays} days.`,
      },
    ])
  return await composeReport(client, tenantId, { date })
}

/** Sends it, unless it is a dry run. Throws `validation_failed`. `sent`: what is to be told after the commit. */
export const demandReport = async (
  client: PoolClient,
  tenantId: TenantId,
  given: { readonly body: SendBody; readonly now: Instant },
  services: ReportServices,
): Promise<{ readonly answer: SendAnswer; readonly sent: SentReport | undefined }> => {
  const { body, now } = given
  const settings = await sql.findSettings(client, tenantId)
  const recipients = readRecipients(body.recipients ?? settings?.recipients ?? [])
  const composed = await showReport(client, tenantId, { date: body.date, now })
  const { date } = composed.report
  const shown = { date, event: null, deliveries: [], ...composed }
  if (body.dryRun === true) return { answer: shown, sent: undefined }
  if (recipients.length === 0)
    requireValid([
      {
        pointer: '/recipients',
        detail: 'Nobody gets reports: give addresses here or in the settings.',
      },
    ])
  const own = settings?.integration_id ?? null
  const integrationId = await findReportIntegration(client, tenantId, own)
  if (integrationId === undefined)
    requireValid([{ pointer: '', detail: 'There is no integration for e-mail: make one.' }])
  const key = `daily/${date}/${services.newId('event')}`
  const wish = { ...composed, recipients, integrationId, key, now }
  const sent = await sendReport(client, tenantId, wish, services)
  if (sent === undefined) throw new Error('a report with a key of its own was sent before')
  const event = printId('event', asId('event', sent.eventId))
  return { answer: { ...shown, event, deliveries: [...sent.deliveries] }, sent }
}
