/** Reading schedules and their runs. */
import type { PoolClient } from 'pg'
import { Type } from 'typebox'
import { toIso } from '@carillon/domain/clock'
import type { Id, TenantId } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries.ts'
import { viewRun, viewSchedule } from './schedule-view.ts'
import type { RunListQuery, RunView, ScheduleListQuery, ScheduleView } from './schema.ts'

const byId = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])
const byTime = Type.Tuple([Type.String({ format: 'date-time' })])

/** A page of the tenant's schedules, oldest first. Throws `bad_cursor`. */
export const listSchedules = async (
  client: PoolClient,
  tenantId: TenantId,
  filter: ScheduleListQuery,
): Promise<Page<ScheduleView>> => {
  const limit = limitOf(filter)
  const rows = await sql.listScheduleRows(client, tenantId, {
    enabled: filter.enabled,
    subscriptionId: filter.subscriptionId,
    after: decodeCursor(filter.cursor, byId)?.[0],
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewSchedule, keysetOf: (row) => [row.id] })
}

/** The schedule, or `not_found`. */
export const findSchedule = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'schedule'>,
): Promise<ScheduleView> => {
  const row = await sql.findScheduleRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  return viewSchedule(row)
}

/** A page of a schedule's runs, newest first. Throws `not_found`, `bad_cursor`. */
export const listRuns = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'schedule'>,
  filter: RunListQuery,
): Promise<Page<RunView>> => {
  await findSchedule(client, tenantId, id)
  const limit = limitOf(filter)
  const before = decodeCursor(filter.cursor, byTime)?.[0]
  const rows = await sql.listRunRows(client, tenantId, id, { before, limit: limit + 1 })
  return toPage(rows, { limit, toItem: viewRun, keysetOf: (row) => [toIso(row.due_at)] })
}
