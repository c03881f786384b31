/**
 * Sends daily reports whose morning has come. A report and the day that it was of become durable in one transaction, so that
 * a crash neither skips a day nor tells it twice; any process may do it. Which day is due is decided in `domain/daily-report.ts`.
 */
import type { Pool, PoolClient } from 'pg'
import { dueReport } from '@carillon/domain/daily-report'
import type { LaneKey } from '../delivery/store.ts'
import type { Accepted } from '../ingest/accept-events.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { Log } from '../platform/log.ts'
import * as sql from './queries.ts'
import {
  composeReport,
  findReportIntegration,
  sendReport,
  type ReportServices,
  type SentReport,
} from './send-report.ts'

export type RunReportServices = ReportServices & {
  /** Of role engine. */
  readonly pool: Pool
  readonly log: Log
  readonly onAccepted: (accepted: Accepted) => void
  readonly wakeLanes: (lanes: readonly LaneKey[]) => void
}

/** One that could not be made (a broken row, a database that says no) is tried again after this time. */
const putOffSeconds = 60

/** Sends the report that is due longest, if one is. Returns 1 or 0, so that the job goes on until none is. */
export const runDueReport = async (services: RunReportServices): Promise<number> => {
  const { pool, log, onAccepted, wakeLanes } = services
  const taken: { row?: sql.DueRow } = {}
  try {
    const done = await inTransaction(pool, async (client) => {
      const row = await sql.takeDueAcrossTenants(client)
      if (row === undefined) return undefined
      taken.row = row
      return { sent: await runDue(client, row, services) }
    })
    if (done?.sent !== undefined) {
      onAccepted(done.sent.accepted)
      wakeLanes(done.sent.lanes)
    }
    return done === undefined ? 0 : 1
  } catch (error) {
    const { row } = taken
    // Not one report's fault: the database is away.
    if (row === undefined) throw error
    log.error({ err: error, tenant: row.tenant_id }, 'a daily report could not be made')
    await sql.putOffReport(pool, row.tenant_id, putOffSeconds)
    return 1
  }
}

const runDue = async (
  client: PoolClient,
  row: sql.DueRow,
  services: RunReportServices,
): Promise<SentReport | undefined> => {
  const { tenant_id: tenantId, time_zone: timeZone, at, last_day: lastDay, taken_at: now } = row
  const { day, missed, next } = dueReport({ at, lastDay }, now, timeZone)
  await sql.moveReport(client, tenantId, { next, timeZone, day: day ?? null })
  if (day === undefined) return undefined
  const integrationId = await findReportIntegration(client, tenantId, row.integration_id)
  if (integrationId === undefined)
    services.log.warn(
      { tenant: tenantId, day },
      'a daily report has no integration for e-mail: only rules can send it',
    )
  const composed = await composeReport(client, tenantId, { date: day, missed })
  const { recipients } = row
  const wish = { ...composed, recipients, integrationId, key: `daily/${day}`, now }
  return await sendReport(client, tenantId, wish, services)
}
