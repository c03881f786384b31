/**
 * Runs schedules that are due: each run is an event, accepted in the transaction that moves the schedule on, so that a
 * crash neither skips a run nor makes one twice. Any process may do it. What is due, and what becomes of missed runs, is
 * decided in `domain/schedule.ts`.
 */
import type { Pool, PoolClient } from 'pg'
import { instant, toIso, type Clock, type Instant } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import { asId, printId, type Id, type TenantId } from '@carillon/domain/ids'
import { dueRuns } from '@carillon/domain/schedule'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { storedPattern } from './cron-pattern.ts'
import * as sql from './queries.ts'
import type { RunView } from './schema.ts'

export type ScheduleServices = {
  /** Of role engine. */
  readonly pool: Pool
  readonly acceptEvents: AcceptEvents
  readonly onAccepted: (accepted: Accepted) => void
  readonly newId: IdGenerator
  readonly clock: Clock
  readonly log: Log
  /** What `collect` stands for: the error lines of the last day, of a tenant or (undefined) of the installation. */
  readonly collectErrors: (
    tenantId: TenantId | undefined,
    now: Instant,
  ) => Promise<Readonly<Record<string, unknown>>>
}

/** Source of the events that schedules make. */
export const scheduleSource = 'carillon/schedules'

/** A run that fails (a broken row, a database that says no) is tried again after this time. */
const putOffSeconds = 60

/** Runs the schedule that is due longest, if one is. Returns 1 or 0, so that the job goes on until none is. */
export const runDueSchedule = async (services: ScheduleServices): Promise<number> => {
  const { pool, log, onAccepted } = services
  const taken: { row?: sql.ScheduleRow } = {}
  try {
    const accepted = await inTransaction(pool, async (client) => {
      const row = await sql.takeDueAcrossTenants(client)
      if (row === undefined) return undefined
      taken.row = row
      return await runDue(client, row, services)
    })
    for (const each of accepted ?? []) onAccepted(each)
    return accepted === undefined ? 0 : 1
  } catch (error) {
    const { row } = taken
    // Not one schedule's fault: the database is away.
    if (row === undefined) throw error
    log.error(
      { err: error, schedule: nameOf(row) },
      'a schedule could not be run: tried again soon',
    )
    await sql.putOffSchedule(pool, row.tenant_id, row.id, putOffSeconds)
    return 1
  }
}

const nameOf = ({ id }: sql.ScheduleRow): string => printId('schedule', asId('schedule', id))

const runDue = async (
  client: PoolClient,
  row: sql.DueScheduleRow,
  services: ScheduleServices,
): Promise<readonly Accepted[]> => {
  if (row.next_run_at === null) throw new Error('a schedule without a next run was due')
  // The database has said that it is due. Our own clock may be behind; and were it ahead and believed, the runs of that
  // time would count as missed in every round.
  const now = Math.min(services.clock.now(), row.taken_at)
  const { run, missed, next } = dueRuns(storedPattern(row.pattern), {
    dueAt: row.next_run_at,
    now: instant(Math.max(now, row.next_run_at)),
    zone: row.time_zone,
    missed: row.missed,
  })
  const accepted: Accepted[] = []
  for (const [index, dueAt] of run.entries()) {
    const told = { dueAt, byHand: false, missed: index === 0 ? missed : 0 }
    // oxlint-disable-next-line no-await-in-loop -- in the order of their times, in one transaction
    accepted.push(await runOne(client, row, told, services))
  }
  if (run.length === 0) await noteMissed(client, row, missed)
  if (missed > 0)
    services.log.warn({ schedule: nameOf(row), missed }, 'runs of a schedule were missed')
  await sql.moveSchedule(client, row.tenant_id, row.id, next === undefined ? null : toIso(next))
  return accepted
}

/** Runs a schedule now, whenever it is due. Throws `not_found`; `conflict` when it was run by hand in this millisecond. */
export const runScheduleNow = async (
  tenantId: TenantId,
  id: Id<'schedule'>,
  services: ScheduleServices,
): Promise<RunView> => {
  const now = services.clock.now()
  const accepted = await inTransaction(services.pool, async (client) => {
    const row = await sql.lockScheduleRow(client, tenantId, id)
    if (row === undefined) throw notFound()
    return await runOne(client, row, { dueAt: now, byHand: true, missed: 0 }, services)
  })
  services.onAccepted(accepted)
  const [event] = accepted.events
  if (event === undefined || event.duplicate)
    throw appError('conflict', { detail: 'It was run at this very moment: look at its runs.' })
  const [dueAt, ranAt] = [toIso(now), toIso(now)]
  const printed = printId('event', asId('event', event.eventId))
  return { dueAt, ranAt, byHand: true, event: printed, missed: 0, error: null }
}

type Told = { readonly dueAt: Instant; readonly byHand: boolean; readonly missed: number }

const runOne = async (
  client: PoolClient,
  row: sql.ScheduleRow,
  { dueAt, byHand, missed }: Told,
  services: ScheduleServices,
): Promise<Accepted> => {
  const data = await dataOf(row, dueAt, services)
  const accepted = await services.acceptEvents(client, [eventOf(row, dueAt, data, services)])
  await sql.addRunRow(client, {
    tenantId: row.tenant_id,
    scheduleId: row.id,
    dueAt: toIso(dueAt),
    byHand,
    eventId: accepted.events[0]?.eventId ?? null,
    missed,
    error: null,
  })
  return accepted
}

const noteMissed = async (
  client: PoolClient,
  row: sql.ScheduleRow,
  missed: number,
): Promise<void> => {
  if (row.next_run_at === null) return
  await sql.addRunRow(client, {
    tenantId: row.tenant_id,
    scheduleId: row.id,
    dueAt: toIso(row.next_run_at),
    byHand: false,
    eventId: null,
    missed,
    error: 'missed: nothing ran at that time, and the schedule skips what it missed',
  })
}

const dataOf = async (
  row: sql.ScheduleRow,
  dueAt: Instant,
  { collectErrors }: ScheduleServices,
): Promise<Record<string, unknown>> => {
  if (row.collect === null) return row.data
  const tenantId = row.collect === 'error_lines' ? asId('tenant', row.tenant_id) : undefined
  return { ...row.data, ...(await collectErrors(tenantId, dueAt)) }
}

const eventOf = (
  row: sql.ScheduleRow,
  dueAt: Instant,
  data: Record<string, unknown>,
  { newId }: ScheduleServices,
): IncomingEvent => {
  const schedule = nameOf(row)
  const time = toIso(dueAt)
  const publish =
    row.subscription === null
      ? {}
      : {
          publish: {
            fanOutId: newId('fanOut'),
            subscription: row.subscription,
            origin: 'schedule',
            holdMs: 0,
          } as const,
        }
  return {
    tenantId: row.tenant_id,
    view: {
      // The same run is the same event, whoever makes it.
      id: `${schedule}/${time}`,
      source: scheduleSource,
      type: row.event_type,
      subject: row.name,
      time,
      data,
    },
    time: dueAt,
    dataJson: JSON.stringify(data),
    ...publish,
  }
}
