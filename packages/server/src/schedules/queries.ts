/** The SQL of schedules: of a tenant for the API, across tenants for the job that runs them. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { MissedPolicy } from '@carillon/domain/schedule'
import type { WorkQuestion } from '../platform/db/ask-for-work.ts'
import { query, type Statement } from '../platform/db/statement.ts'

type On = Pool | PoolClient

/** Would the job find one that is due? */
export const schedulesDueAcrossTenants: WorkQuestion = {
  text: `
EXISTS (SELECT FROM schedules s WHERE s.next_run_at <= statement_timestamp() AND (s.retry_at IS NULL OR s.retry_at <= statement_timestamp())
   AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = s.tenant_id AND t.suspended_at IS NOT NULL))`,
}

export type ScheduleRow = {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly pattern: string
  readonly time_zone: string
  readonly event_type: string
  readonly data: Record<string, unknown>
  readonly subscription: string | null
  /** The subscription's public id. */
  readonly subscription_id: string | null
  readonly collect: 'error_lines' | 'all_error_lines' | null
  readonly missed: MissedPolicy
  readonly enabled: boolean
  readonly next_run_at: Instant | null
  readonly created_by: string
  readonly modified_by: string
  readonly created_at: Instant
  readonly updated_at: Instant
}

const columns = `s.*, (SELECT b.subscription_id FROM subscriptions b WHERE b.tenant_id = s.tenant_id AND b.id = s.subscription) AS subscription_id`

const listStatement: Statement = {
  name: 'list_schedules',
  text: `
SELECT ${columns} FROM schedules s
 WHERE s.tenant_id = $1 AND ($2::boolean IS NULL OR s.enabled = $2) AND ($4::uuid IS NULL OR s.id > $4)
   AND ($3::text IS NULL OR s.subscription = (SELECT b.id FROM subscriptions b WHERE b.tenant_id = s.tenant_id AND b.subscription_id = $3))
 ORDER BY s.id LIMIT $5`,
}

/** A tenant's schedules, oldest first, above the id `after`. */
export const listScheduleRows = async (
  on: On,
  tenantId: string,
  filter: {
    readonly enabled: boolean | undefined
    readonly subscriptionId: string | undefined
    readonly after: string | undefined
    readonly limit: number
  },
): Promise<readonly ScheduleRow[]> => {
  const { enabled = null, subscriptionId = null, after = null, limit } = filter
  return query<ScheduleRow>(on, listStatement, [tenantId, enabled, subscriptionId, after, limit])
}

const findStatement: Statement = {
  name: 'find_schedule',
  text: `SELECT ${columns} FROM schedules s WHERE s.tenant_id = $1 AND s.id = $2`,
}

/** One schedule. */
export const findScheduleRow = async (
  on: On,
  tenantId: string,
  id: string,
): Promise<ScheduleRow | undefined> =>
  (await query<ScheduleRow>(on, findStatement, [tenantId, id]))[0]

const lockStatement: Statement = {
  name: 'lock_schedule',
  text: `SELECT ${columns} FROM schedules s WHERE s.tenant_id = $1 AND s.id = $2 FOR UPDATE OF s`,
}

/** One schedule, which nobody else changes or runs until the transaction ends. */
export const lockScheduleRow = async (
  on: On,
  tenantId: string,
  id: string,
): Promise<ScheduleRow | undefined> =>
  (await query<ScheduleRow>(on, lockStatement, [tenantId, id]))[0]

const countStatement: Statement = {
  name: 'count_schedules',
  text: 'SELECT count(*)::int AS n FROM schedules WHERE tenant_id = $1',
}

/** How many a tenant has. */
export const countSchedules = async (on: On, tenantId: string): Promise<number> =>
  (await query<{ n: number }>(on, countStatement, [tenantId]))[0]?.n ?? 0

const lockNamesStatement: Statement = {
  name: 'lock_schedule_names',
  text: `SELECT pg_advisory_xact_lock(hashtextextended('carillon schedule names ' || $1, 0))`,
}

const takenStatement: Statement = {
  name: 'find_schedule_of_name',
  text: 'SELECT id FROM schedules WHERE tenant_id = $1 AND name = $2 AND id <> $3 LIMIT 1',
}

/** Another schedule of this name, if there is one; until the transaction ends nobody else gives a schedule a name. */
export const findScheduleOfName = async (
  on: PoolClient,
  tenantId: string,
  { name, id }: { readonly name: string; readonly id: string },
): Promise<string | undefined> => {
  await query(on, lockNamesStatement, [tenantId])
  return (await query<{ id: string }>(on, takenStatement, [tenantId, name, id]))[0]?.id
}

export type ScheduleValues = Pick<
  ScheduleRow,
  | 'name'
  | 'pattern'
  | 'time_zone'
  | 'event_type'
  | 'data'
  | 'subscription'
  | 'collect'
  | 'missed'
  | 'enabled'
> & { readonly nextRunAt: string | null; readonly by: string }

const saveStatement: Statement = {
  name: 'save_schedule',
  text: `
INSERT INTO schedules (tenant_id, id, name, pattern, time_zone, event_type, data, subscription, collect, missed, enabled, next_run_at, created_by, modified_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, pattern = excluded.pattern, time_zone = excluded.time_zone,
  event_type = excluded.event_type, data = excluded.data, subscription = excluded.subscription, collect = excluded.collect,
  missed = excluded.missed, enabled = excluded.enabled, next_run_at = excluded.next_run_at, modified_by = excluded.modified_by, updated_at = now()`,
}

/** Writes a schedule, new or changed. */
export const saveScheduleRow = async (
  on: On,
  tenantId: string,
  id: string,
  values: ScheduleValues,
): Promise<void> => {
  await query(on, saveStatement, [
    tenantId,
    id,
    values.name,
    values.pattern,
    values.time_zone,
    values.event_type,
    JSON.stringify(values.data),
    values.subscription,
    values.collect,
    values.missed,
    values.enabled,
    values.nextRunAt,
    values.by,
  ])
}

const deleteStatement: Statement = {
  name: 'delete_schedule',
  text: 'DELETE FROM schedules WHERE tenant_id = $1 AND id = $2 RETURNING 1 AS gone',
}

/** Deletes one with its runs; false when there is none. */
export const deleteScheduleRow = async (on: On, tenantId: string, id: string): Promise<boolean> =>
  (await query(on, deleteStatement, [tenantId, id])).length === 1

const takeDueStatement: Statement = {
  name: 'take_due_schedule',
  text: `
SELECT ${columns}, clock_timestamp() AS taken_at FROM schedules s WHERE s.next_run_at <= clock_timestamp()
   AND (s.retry_at IS NULL OR s.retry_at <= clock_timestamp())
   AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = s.tenant_id AND t.suspended_at IS NOT NULL)
 ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
}

export type DueScheduleRow = ScheduleRow & {
  /** By the database's clock, which said that it is due. */
  readonly taken_at: Instant
}

/** The schedule that is due longest, locked until the transaction ends; undefined: none is. */
export const takeDueAcrossTenants = async (on: PoolClient): Promise<DueScheduleRow | undefined> =>
  (await query<DueScheduleRow>(on, takeDueStatement, []))[0]

const moveStatement: Statement = {
  name: 'move_schedule',
  text: 'UPDATE schedules SET next_run_at = $3, retry_at = NULL WHERE tenant_id = $1 AND id = $2',
}

/** When it is due next; null: never again. */
export const moveSchedule = async (
  on: On,
  tenantId: string,
  id: string,
  nextRunAt: string | null,
): Promise<void> => {
  await query(on, moveStatement, [tenantId, id, nextRunAt])
}

const putOffStatement: Statement = {
  name: 'put_off_schedule',
  text: `UPDATE schedules SET retry_at = clock_timestamp() + $3 * interval '1 second' WHERE tenant_id = $1 AND id = $2`,
}

/** Leaves a schedule that could not be run alone for so many seconds. */
export const putOffSchedule = async (
  on: On,
  tenantId: string,
  id: string,
  seconds: number,
): Promise<void> => {
  await query(on, putOffStatement, [tenantId, id, seconds])
}

const addRunStatement: Statement = {
  name: 'add_schedule_run',
  text: `
INSERT INTO schedule_runs (tenant_id, schedule_id, due_at, by_hand, event_id, missed, error) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING`,
}

/** Notes a run; one that is on record for this time stays as it is. */
export const addRunRow = async (
  on: On,
  run: {
    readonly tenantId: string
    readonly scheduleId: string
    readonly dueAt: string
    readonly byHand: boolean
    readonly eventId: string | null
    readonly missed: number
    readonly error: string | null
  },
): Promise<void> => {
  const { tenantId, scheduleId, dueAt, byHand, eventId, missed, error } = run
  await query(on, addRunStatement, [tenantId, scheduleId, dueAt, byHand, eventId, missed, error])
}

export type RunRow = {
  readonly due_at: Instant
  readonly ran_at: Instant
  readonly by_hand: boolean
  readonly event_id: string | null
  readonly missed: number
  readonly error: string | null
}

const listRunsStatement: Statement = {
  name: 'list_schedule_runs',
  text: `
SELECT due_at, ran_at, by_hand, event_id, missed, error FROM schedule_runs
 WHERE tenant_id = $1 AND schedule_id = $2 AND ($3::timestamptz IS NULL OR due_at < $3) ORDER BY due_at DESC LIMIT $4`,
}

/** A schedule's runs, newest first, before a due time. */
export const listRunRows = async (
  on: On,
  tenantId: string,
  id: string,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
): Promise<readonly RunRow[]> =>
  query<RunRow>(on, listRunsStatement, [tenantId, id, before ?? null, limit])

const tenantZoneStatement: Statement = {
  name: 'find_tenant_zone',
  text: 'SELECT time_zone FROM tenants WHERE tenant_id = $1',
}

/** The tenant's time zone. */
export const findTenantZone = async (on: On, tenantId: string): Promise<string> =>
  (await query<{ time_zone: string }>(on, tenantZoneStatement, [tenantId]))[0]?.time_zone ?? 'UTC'

const forgetRunsStatement: Statement = {
  name: 'forget_schedule_runs',
  text: `
DELETE FROM schedule_runs r USING (SELECT tenant_id, schedule_id, due_at FROM schedule_runs
   WHERE ran_at < clock_timestamp() - $1 * interval '1 day' ORDER BY ran_at LIMIT 1000) old
 WHERE r.tenant_id = old.tenant_id AND r.schedule_id = old.schedule_id AND r.due_at = old.due_at RETURNING 1 AS gone`,
}

/** Forgets runs of more than so many days ago, a thousand at a time; returns how many. */
export const forgetRunsAcrossTenants = async (on: On, days: number): Promise<number> =>
  (await query(on, forgetRunsStatement, [days])).length
