/** The SQL of daily reports: a day's numbers from counters, who gets them, and their deliveries. Every statement but two names its tenant. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { toIso } from '@carillon/domain/clock'
import type { Language } from '@carillon/domain/content'
import type { TenantId } from '@carillon/domain/ids'
import { texts, uuids } from '../platform/db/binary-array.ts'
import { plainArray, textArray } from '../platform/db/pg-array.ts'
import type { WorkQuestion } from '../platform/db/ask-for-work.ts'
import { query, type Statement } from '../platform/db/statement.ts'
import type { Counts } from './schema.ts'

type On = Pool | PoolClient
type Day = { readonly from: Instant; readonly until: Instant }

const names = [
  'created',
  'attempts',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'expired',
  'suppressed',
  'canceled',
  'skipped',
] as const satisfies readonly (keyof Counts)[]
const sums = names.map((name) => `sum(c.${name})::float8 AS ${name}`).join(', ')
const zero = '00000000-0000-0000-0000-000000000000'

export type CountRow = Counts & { readonly campaign: string; readonly name: string | null }

/** $1 tenant, $2 from, $3 until: a range of the primary key, of 96 slots. */
const countStatement: Statement = {
  name: 'count_day',
  text: `
SELECT c.*, m.name FROM (
    SELECT c.campaign, ${sums} FROM slot_counters c
     WHERE c.tenant_id = $1 AND c.slot >= $2::timestamptz AND c.slot < $3::timestamptz GROUP BY c.campaign) c
  LEFT JOIN campaigns m ON m.tenant_id = $1 AND m.id = c.campaign
 ORDER BY c.created + c.attempts DESC, c.campaign`,
}

/** A day's sums by campaign, the busiest first; those of zeros are all of the tenant. */
export const countDay = async (
  on: On,
  tenantId: TenantId,
  { from, until }: Day,
): Promise<readonly CountRow[]> =>
  await query<CountRow>(on, countStatement, [tenantId, toIso(from), toIso(until)])

/** Is this the row of the whole tenant? */
export const isTotal = ({ campaign }: { readonly campaign: string }): boolean => campaign === zero

const countDaysStatement: Statement = {
  name: 'count_days',
  text: `
SELECT d.day, ${sums} FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS d(day, begins, ends)
  LEFT JOIN LATERAL (SELECT * FROM slot_counters c WHERE c.tenant_id = $1 AND c.slot >= d.begins AND c.slot < d.ends
                        AND c.campaign = '${zero}' OFFSET 0) c ON true
 GROUP BY d.day ORDER BY d.day`,
}

/** The sums of several days, of all of the tenant. */
export const countDays = async (
  on: On,
  tenantId: TenantId,
  days: readonly (Day & { readonly date: string })[],
): Promise<readonly (Counts & { readonly day: string })[]> =>
  await query(on, countDaysStatement, [
    tenantId,
    textArray(days.map(({ date }) => date)),
    textArray(days.map(({ from }) => toIso(from))),
    textArray(days.map(({ until }) => toIso(until))),
  ])

export type CauseRow = { readonly campaign: string; readonly cause: string; readonly n: number }

const causesStatement: Statement = {
  name: 'count_failure_causes',
  text: `
SELECT campaign, cause, sum(n)::float8 AS n FROM failure_causes
 WHERE tenant_id = $1 AND slot >= $2::timestamptz AND slot < $3::timestamptz GROUP BY campaign, cause ORDER BY 3 DESC, 2`,
}

/** Why deliveries failed, by campaign; zeros: of none. */
export const countCauses = async (
  on: On,
  tenantId: TenantId,
  { from, until }: Day,
): Promise<readonly CauseRow[]> =>
  await query<CauseRow>(on, causesStatement, [tenantId, toIso(from), toIso(until)])

/** $1 tenant, $2 from, $3 until, $4 type, $5 source: by the index of types. More than a thousand are a thousand. */
const openedStatement: Statement = {
  name: 'count_opened_breakers',
  text: `
SELECT integration, count(*)::float8 AS opened FROM (
    SELECT e.data->>'integration' AS integration, e.source FROM events e
     WHERE e.tenant_id = $1 AND e.type = $4 AND e.id >= carillon_uuid_floor($2::timestamptz) AND e.id < carillon_uuid_floor($3::timestamptz)
     ORDER BY e.id LIMIT 1000) x
 WHERE source = $5 AND integration IS NOT NULL GROUP BY integration ORDER BY 2 DESC, 1`,
}

/** Breakers that opened, by the printed id of their integration, from the events that say so. */
export const countOpened = async (
  on: On,
  tenantId: TenantId,
  { from, until, type, source }: Day & { readonly type: string; readonly source: string },
): Promise<readonly { readonly integration: string; readonly opened: number }[]> =>
  await query(on, openedStatement, [tenantId, toIso(from), toIso(until), type, source])

const timesStatement: Statement = {
  name: 'read_exchange_times',
  text: `
SELECT integration_id, bucket, sum(n)::float8 AS n FROM exchange_times
 WHERE tenant_id = $1 AND slot >= $2::timestamptz AND slot < $3::timestamptz GROUP BY integration_id, bucket`,
}

/** How long exchanges took: histograms by integration. */
export const readTimes = async (
  on: On,
  tenantId: TenantId,
  { from, until }: Day,
): Promise<
  readonly { readonly integration_id: string; readonly bucket: number; readonly n: number }[]
> => await query(on, timesStatement, [tenantId, toIso(from), toIso(until)])

const integrationNamesStatement: Statement = {
  name: 'names_of_integrations',
  text: `SELECT id, name FROM integrations WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
}

/** Names of integrations, deleted ones too. */
export const readIntegrationNames = async (
  on: On,
  tenantId: TenantId,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly name: string }[]> =>
  await query(on, integrationNamesStatement, [tenantId, plainArray(ids)])

export type TenantWords = {
  readonly name: string
  readonly time_zone: string
  readonly language: Language
}

const tenantStatement: Statement = {
  name: 'tenant_of_report',
  text: `SELECT name, time_zone, language FROM tenants WHERE tenant_id = $1`,
}

/** Name, zone and language. */
export const readTenant = async (on: On, tenantId: TenantId): Promise<TenantWords> => {
  const [row] = await query<TenantWords>(on, tenantStatement, [tenantId])
  if (row === undefined) throw new Error('a tenant is gone while its report is made')
  return row
}

export type SettingsRow = {
  readonly tenant_id: TenantId
  readonly recipients: readonly string[]
  readonly at: string
  readonly integration_id: string | null
  readonly enabled: boolean
  readonly next_run_at: Instant | null
  /** "2026-11-21" */
  readonly last_day: string
}

const settingsColumns =
  's.tenant_id, s.recipients, s.at, s.integration_id, s.enabled, s.next_run_at, s.last_day::text AS last_day'

const findSettingsStatement: Statement = {
  name: 'find_report_settings',
  text: `SELECT ${settingsColumns} FROM report_settings s WHERE s.tenant_id = $1`,
}

/** Who gets the report; undefined: nobody ever said. */
export const findSettings = async (on: On, tenantId: TenantId): Promise<SettingsRow | undefined> =>
  (await query<SettingsRow>(on, findSettingsStatement, [tenantId]))[0]

const saveSettingsStatement: Statement = {
  name: 'save_report_settings',
  text: `
INSERT INTO report_settings AS s (tenant_id, recipients, at, integration_id, enabled, next_run_at, time_zone, last_day)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id) DO UPDATE SET recipients = excluded.recipients, at = excluded.at, integration_id = excluded.integration_id,
  enabled = excluded.enabled, next_run_at = excluded.next_run_at, time_zone = excluded.time_zone, last_day = excluded.last_day,
  retry_at = NULL, updated_at = now()
RETURNING ${settingsColumns}`,
}

/** Writes them. */
export const saveSettings = async (
  on: On,
  row: SettingsRow & { readonly time_zone: string },
): Promise<SettingsRow> => {
  const [saved] = await query<SettingsRow>(on, saveSettingsStatement, [
    row.tenant_id,
    textArray(row.recipients),
    row.at,
    row.integration_id,
    row.enabled,
    row.next_run_at === null ? null : toIso(row.next_run_at),
    row.time_zone,
    row.last_day,
  ])
  if (saved === undefined) throw new Error('report settings were saved and are not there')
  return saved
}

export type DueRow = SettingsRow & {
  /** The tenant's, now. */
  readonly time_zone: string
  /** By the database's clock, which said that it is due. */
  readonly taken_at: Instant
}

const dueReport = `
  FROM report_settings s JOIN tenants t ON t.tenant_id = s.tenant_id
 WHERE s.next_run_at IS NOT NULL AND (s.next_run_at <= clock_timestamp() OR s.time_zone <> t.time_zone)
   AND (s.retry_at IS NULL OR s.retry_at <= clock_timestamp()) AND t.suspended_at IS NULL`

/** Would the job find one that is due? */
export const reportsDueAcrossTenants: WorkQuestion = { text: `EXISTS (SELECT ${dueReport})` }

/** Also one whose tenant has moved to another zone: its morning is another one now. */
const takeDueStatement: Statement = {
  name: 'take_due_report',
  text: `
SELECT ${settingsColumns}, t.time_zone, clock_timestamp() AS taken_at ${dueReport}
 ORDER BY s.next_run_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
}

/** The settings that are due longest, locked until the transaction ends. */
export const takeDueAcrossTenants = async (on: PoolClient): Promise<DueRow | undefined> =>
  (await query<DueRow>(on, takeDueStatement, []))[0]

const moveStatement: Statement = {
  name: 'move_report',
  text: `
UPDATE report_settings SET next_run_at = $2, time_zone = $3, last_day = coalesce($4::date, last_day), retry_at = NULL
 WHERE tenant_id = $1`,
}

/** When it is due next, and the day that was reported (null: none was). */
export const moveReport = async (
  on: On,
  tenantId: TenantId,
  to: { readonly next: Instant; readonly timeZone: string; readonly day: string | null },
): Promise<void> => {
  await query(on, moveStatement, [tenantId, toIso(to.next), to.timeZone, to.day])
}

const putOffStatement: Statement = {
  name: 'put_off_report',
  text: `UPDATE report_settings SET retry_at = clock_timestamp() + $2 * interval '1 second' WHERE tenant_id = $1`,
}

/** Leaves one that could not be made alone for so many seconds. */
export const putOffReport = async (on: On, tenantId: TenantId, seconds: number): Promise<void> => {
  await query(on, putOffStatement, [tenantId, seconds])
}

/** $1 tenant, $2 event, $3 plan, $4 integration, $5 deliveries, $6 addresses, $7 ms, $8 shard. */
const queueStatement: Statement = {
  name: 'queue_report',
  text: `
WITH wanted AS (
  SELECT * FROM unnest($5::uuid[], $6::text[]) AS w(id, address)
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, created_at)
  SELECT $1, id, $2, $3, ARRAY[address], address, clock_timestamp() + $7::double precision * interval '1 millisecond', clock_timestamp() FROM wanted
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until, when_open)
  SELECT $1, id, $4, clock_timestamp(), clock_timestamp() + $7::double precision * interval '1 millisecond', 'hold' FROM wanted
)
INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created)
SELECT $1, (clock_timestamp() AT TIME ZONE 'UTC')::date, $4, $8::smallint, count(*) FROM wanted
ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + excluded.created`,
}

/** A report's deliveries, one a recipient, of an event that was accepted in this transaction. */
export const queueReport = async (
  client: PoolClient,
  tenantId: TenantId,
  given: {
    readonly eventId: string
    readonly planId: string
    readonly integrationId: string
    readonly deliveries: readonly { readonly id: string; readonly to: string }[]
    readonly sendForMs: number
    readonly shard: number
  },
): Promise<void> => {
  await query(client, queueStatement, [
    tenantId,
    given.eventId,
    given.planId,
    given.integrationId,
    uuids(given.deliveries, ({ id }) => id),
    texts(given.deliveries, ({ to }) => to),
    given.sendForMs,
    given.shard,
  ])
}

const forgetStatement = (table: string): Statement => ({
  name: `forget_${table}`,
  text: `
DELETE FROM ${table} c USING (
    SELECT x.ctid AS place FROM tenants t CROSS JOIN LATERAL (
      SELECT x.ctid FROM ${table} x WHERE x.tenant_id = t.tenant_id AND x.slot < now() - $1 * interval '1 day' LIMIT 1000) x LIMIT 20000) old
 WHERE c.ctid = old.place RETURNING 1 AS gone`,
})
const forgetStatements = ['slot_counters', 'failure_causes', 'exchange_times'].map(forgetStatement)

/** Slots of so many days ago go, some thousands at a time; returns how many rows. */
export const forgetSlotsAcrossTenants = async (pool: Pool, days: number): Promise<number> => {
  let gone = 0
  for (const statement of forgetStatements)
    // oxlint-disable-next-line no-await-in-loop -- one table after the other: this is background work
    gone += (await query(pool, statement, [days])).length
  return gone
}
