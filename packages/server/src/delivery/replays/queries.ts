/** The SQL of bulk replays. One tenant each, as carillon_app; claiming goes across tenants, as carillon_engine. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { Id, TenantId } from '@carillon/domain/ids'
import type { DeliveryFilter } from '../schema.ts'
import type { WorkQuestion } from '../../platform/db/ask-for-work.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

export type ReplayId = Id<'replay'>

export type ReplayRow = {
  readonly tenant_id: TenantId
  readonly id: ReplayId
  readonly filter: DeliveryFilter
  readonly rate: number
  readonly state: 'running' | 'done' | 'canceled' | 'failed'
  readonly error: string | null
  readonly matched: number
  readonly before_id: string
  readonly cursor: string | null
  readonly made: number
  readonly skipped: number
  readonly skips: Readonly<Record<string, number>>
  readonly fence: number
  readonly tries: number
  readonly created_by: string
  readonly created_at: Instant
  readonly finished_at: Instant | null
}

const insertStatement: Statement = {
  name: 'insert_replay',
  text: `
INSERT INTO replays (tenant_id, id, filter, rate, matched, before_id, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, id) DO NOTHING RETURNING *`,
}

/** Begins one; undefined when there is one of this id. */
export const insertReplay = async (
  client: PoolClient,
  tenantId: TenantId,
  values: {
    readonly id: ReplayId
    readonly filter: DeliveryFilter
    readonly rate: number
    readonly matched: number
    readonly beforeId: string
    readonly by: string
  },
): Promise<ReplayRow | undefined> => {
  const { id, filter, rate, matched, beforeId, by } = values
  const parameters = [tenantId, id, filter, rate, matched, beforeId, by]
  return (await query<ReplayRow>(client, insertStatement, parameters))[0]
}

const findStatement: Statement = {
  name: 'find_replay',
  text: 'SELECT * FROM replays WHERE tenant_id = $1 AND id = $2',
}

/** The replay; undefined when the tenant has none of this id. */
export const findReplay = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ReplayId,
): Promise<ReplayRow | undefined> =>
  (await query<ReplayRow>(client, findStatement, [tenantId, id]))[0]

const listStatement: Statement = {
  name: 'list_replays',
  text: `SELECT * FROM replays WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
}

/** Newest first, behind the id `before`. */
export const listReplays = async (
  client: PoolClient,
  tenantId: TenantId,
  page: { readonly before: string | null; readonly limit: number },
): Promise<readonly ReplayRow[]> =>
  await query<ReplayRow>(client, listStatement, [tenantId, page.before, page.limit])

const cancelStatement: Statement = {
  name: 'cancel_replay',
  text: `
UPDATE replays SET state = 'canceled', finished_at = now(), fence = fence + 1
 WHERE tenant_id = $1 AND id = $2 AND state = 'running' RETURNING *`,
}

/** Ends one that runs; undefined when none does. */
export const cancelReplay = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ReplayId,
): Promise<ReplayRow | undefined> =>
  (await query<ReplayRow>(client, cancelStatement, [tenantId, id]))[0]

const dueReplay = `o.state = 'running' AND o.due_at <= now()
           AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = o.tenant_id AND (t.suspended_at IS NOT NULL OR t.deleted_at IS NOT NULL))`

/** Would a claim find one? */
export const replaysDueAcrossTenants: WorkQuestion = {
  text: `EXISTS (SELECT FROM replays o WHERE ${dueReplay})`,
}

const claimStatement: Statement = {
  name: 'claim_replay',
  text: `
UPDATE replays r SET fence = r.fence + 1, due_at = now() + $1 * interval '1 millisecond'
  FROM (SELECT o.tenant_id, o.id FROM replays o
         WHERE ${dueReplay}
         ORDER BY o.due_at LIMIT 1 FOR UPDATE SKIP LOCKED) x
 WHERE r.tenant_id = x.tenant_id AND r.id = x.id RETURNING r.*`,
}

/** The replay that has been due longest, for `leaseMs` ours. Role: carillon_engine. */
export const claimReplayAcrossTenants = async (
  pool: Pool,
  leaseMs: number,
): Promise<ReplayRow | undefined> => (await query<ReplayRow>(pool, claimStatement, [leaseMs]))[0]

const advanceStatement: Statement = {
  name: 'advance_replay',
  text: `
UPDATE replays SET cursor = $4, made = made + $5, skipped = skipped + $6, skips = $7, tries = 0,
       state = CASE WHEN $8 THEN 'done' ELSE state END, finished_at = CASE WHEN $8 THEN now() END,
       due_at = now() + $9 * interval '1 millisecond'
 WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND state = 'running' RETURNING id`,
}

export type Advance = {
  readonly cursor: string | null
  readonly made: number
  readonly skipped: number
  /** All of them so far. */
  readonly skips: Readonly<Record<string, number>>
  readonly isDone: boolean
  readonly waitMs: number
}

/** Writes how far it has come; false when it is not ours any more: the caller undoes its work. */
export const advanceReplay = async (
  client: PoolClient,
  { tenant_id: tenantId, id, fence }: ReplayRow,
  to: Advance,
): Promise<boolean> => {
  const { cursor, made, skipped, skips, isDone, waitMs } = to
  const values = [tenantId, id, fence, cursor, made, skipped, skips, isDone, waitMs]
  return (await query(client, advanceStatement, values)).length > 0
}

const putBackStatement: Statement = {
  name: 'put_replay_back',
  text: `
UPDATE replays SET tries = tries + 1, due_at = now() + $4 * interval '1 millisecond',
       state = CASE WHEN tries + 1 >= $5 THEN 'failed' ELSE state END, error = $6,
       finished_at = CASE WHEN tries + 1 >= $5 THEN now() END
 WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND state = 'running'`,
}

/** A chunk broke: later again, or at the end of its tries not at all. Role: carillon_engine. */
export const putReplayBackAcrossTenants = async (
  pool: Pool,
  { tenant_id: tenantId, id, fence }: ReplayRow,
  how: { readonly waitMs: number; readonly maxTries: number; readonly error: string },
): Promise<void> => {
  await query(pool, putBackStatement, [tenantId, id, fence, how.waitMs, how.maxTries, how.error])
}

/**
 * New deliveries that repeat old ones, behind everybody's single messages. $1 tenant, $2 old ids, $3 new ids, $4 shard. Returns
 * for each old one its lane, or why it was not sent again.
 */
const resendManyStatement: Statement = {
  name: 'resend_many',
  text: `
WITH old AS MATERIALIZED (
  SELECT d.*, x.new_id, p.body,
         least(clock_timestamp() + (p.body->>'sendForMs')::double precision * interval '1 millisecond', c.ends_at) AS new_until,
         CASE WHEN EXISTS (SELECT FROM deliveries r WHERE r.tenant_id = d.tenant_id AND r.resend_of = d.id AND r.id > d.id) THEN 'already_resent'
              WHEN p.id IS NULL OR NOT EXISTS (SELECT FROM events e WHERE e.tenant_id = d.tenant_id AND e.id = d.event_id) THEN 'event_gone'
              WHEN c.ends_at <= clock_timestamp() THEN 'campaign_over' END AS skip
    FROM unnest($2::uuid[], $3::uuid[]) AS x(old_id, new_id)
    JOIN deliveries d ON d.tenant_id = $1 AND d.id = x.old_id
    LEFT JOIN plans p ON p.tenant_id = d.tenant_id AND p.id = d.plan_id
    LEFT JOIN campaigns c ON c.tenant_id = d.tenant_id AND c.id = d.campaign
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, ordering_key, resend_of, created_at,
                          subscription, registration, user_id, contact, context, time_zone)
  SELECT tenant_id, new_id, event_id, rule_id, plan_id, addresses, recipient, new_until, ordering_key, id, clock_timestamp(),
         subscription, registration, user_id, contact, context, time_zone FROM old WHERE skip IS NULL
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, due_at, send_until, ordering_key, when_open)
  SELECT tenant_id, new_id, (body->'steps'->0->>'integrationId')::uuid, 1, clock_timestamp(), new_until, ordering_key, body->>'whenOpen'
    FROM old WHERE skip IS NULL
  RETURNING tenant_id, delivery_id, integration_id
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, $4::smallint, count(*) FROM queued
   GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + excluded.created
)
SELECT o.skip, q.integration_id FROM old o LEFT JOIN queued q ON q.delivery_id = o.new_id`,
}

/** See `resendManyStatement`. */
export const resendMany = async (
  client: PoolClient,
  tenantId: TenantId,
  given: {
    readonly olds: readonly string[]
    readonly news: readonly string[]
    readonly shard: number
  },
): Promise<readonly { readonly skip: string | null; readonly integration_id: string | null }[]> =>
  await query(client, resendManyStatement, [tenantId, given.olds, given.news, given.shard])
