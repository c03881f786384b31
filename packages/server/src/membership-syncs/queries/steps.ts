/** The SQL of what a run does: what it reads of both sides, what it decides, the deliveries it makes, and those it takes back. As carillon_engine; every statement names its tenant. */
import type { PoolClient } from 'pg'
import type { ListEntry, SourceRecord } from '@carillon/domain/membership-diff'
import { textArray, plainArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { ChangeRow, RunRow } from './runs.ts'

const keepMembersStatement: Statement = {
  name: 'keep_membership_members',
  text: `
INSERT INTO membership_run_members (tenant_id, run, key, email, name, wanted, skip)
SELECT $1, $2, x.* FROM unnest($3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[]) AS x(key, email, name, wanted, skip)
ON CONFLICT DO NOTHING`,
}

/** Keeps records of the source; one that is there already (a page that moved) is kept once. */
export const keepMembers = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: RunRow,
  records: readonly SourceRecord[],
): Promise<void> => {
  await query(client, keepMembersStatement, [
    tenantId,
    id,
    textArray(records.map(({ key }) => key)),
    textArray(records.map(({ email }) => email)),
    textArray(records.map(({ name }) => name)),
    plainArray(records.map(({ wanted }) => wanted)),
    textArray(records.map(({ skip }) => skip)),
  ])
}

const keepEntriesStatement: Statement = {
  name: 'keep_membership_entries',
  text: `
INSERT INTO membership_run_entries AS e (tenant_id, run, email, name, held)
SELECT DISTINCT ON (x.email) $1::uuid, $2::uuid, x.email, x.name, x.held
  FROM unnest($3::text[], $4::text[], $5::boolean[]) AS x(email, name, held) ORDER BY x.email
ON CONFLICT (tenant_id, run, email) DO UPDATE SET held = e.held OR excluded.held WHERE excluded.held AND NOT e.held`,
}

/** Keeps addresses of the list; held is who was told to be held once. */
export const keepEntries = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: RunRow,
  entries: readonly ListEntry[],
): Promise<void> => {
  await query(client, keepEntriesStatement, [
    tenantId,
    id,
    textArray(entries.map(({ email }) => email)),
    textArray(entries.map(({ name }) => name)),
    plainArray(entries.map(({ held }) => held)),
  ])
}

const emailsStatement: Statement = {
  name: 'list_membership_emails',
  text: `
SELECT DISTINCT m.email FROM membership_run_members m
 WHERE m.tenant_id = $1 AND m.run = $2 AND m.email > $3 ORDER BY m.email LIMIT $4`,
}

/** Addresses of the records read, behind `after`. */
export const listEmails = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: RunRow,
  wanted: { readonly after: string; readonly limit: number },
): Promise<readonly string[]> =>
  (
    await query<{ email: string }>(client, emailsStatement, [
      tenantId,
      id,
      wanted.after,
      wanted.limit,
    ])
  ).map(({ email }) => email)

const skipStatement: Statement = {
  name: 'skip_membership_members',
  text: `
WITH made AS (
  INSERT INTO membership_run_changes (tenant_id, run, seq, change, key, name, reason)
  SELECT m.tenant_id, m.run, row_number() OVER (ORDER BY m.key), 'skip', m.key, m.name, coalesce(m.skip, $3)
    FROM membership_run_members m WHERE m.tenant_id = $1 AND m.run = $2 AND m.email IS NULL
  RETURNING 1
)
SELECT count(*)::float8 AS n FROM made`,
}

/** Writes down who has no address; returns how many. The first of a run's changes. */
export const skipAddressless = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: RunRow,
  reason: string,
): Promise<number> =>
  (await query<{ n: number }>(client, skipStatement, [tenantId, id, reason]))[0]?.n ?? 0

export type AddressRow = {
  readonly email: string
  readonly records: readonly (readonly [
    key: string,
    name: string,
    wanted: boolean,
    skip: string | null,
  ])[]
  readonly name: string | null
  readonly held: boolean | null
}

const addressesStatement: Statement = {
  name: 'list_membership_addresses',
  text: `
WITH chunk AS MATERIALIZED (
  SELECT x.email FROM (
    (SELECT DISTINCT m.email FROM membership_run_members m
      WHERE m.tenant_id = $1 AND m.run = $2 AND m.email > $3 ORDER BY m.email LIMIT $4)
    UNION
    (SELECT e.email FROM membership_run_entries e
      WHERE $5::boolean AND e.tenant_id = $1 AND e.run = $2 AND e.email > $3 ORDER BY e.email LIMIT $4)) x
   ORDER BY x.email LIMIT $4
)
SELECT c.email, e.name, e.held,
       coalesce((SELECT jsonb_agg(jsonb_build_array(m.key, m.name, m.wanted, m.skip) ORDER BY m.key) FROM membership_run_members m
                  WHERE m.tenant_id = $1 AND m.run = $2 AND m.email = c.email), '[]'::jsonb) AS records
  FROM chunk c LEFT JOIN membership_run_entries e ON e.tenant_id = $1 AND e.run = $2 AND e.email = c.email
 ORDER BY c.email`,
}

/** Addresses of the source, and of the list when `strangers`, with what both know of them, behind `after`. */
export const listAddresses = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: RunRow,
  wanted: { readonly after: string; readonly limit: number; readonly strangers: boolean },
): Promise<readonly AddressRow[]> =>
  await query<AddressRow>(client, addressesStatement, [
    tenantId,
    id,
    wanted.after,
    wanted.limit,
    wanted.strangers,
  ])

const changesStatement: Statement = {
  name: 'keep_membership_changes',
  text: `
INSERT INTO membership_run_changes (tenant_id, run, seq, change, email, name, key, reason)
SELECT $1, $2, x.seq, x.change, x.email, x.name, x.key, x.reason
  FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) AS x(seq, change, email, name, key, reason)`,
}

/** Writes down what was decided. */
export const keepChanges = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: RunRow,
  changes: readonly Omit<ChangeRow, 'delivery'>[],
): Promise<void> => {
  await query(client, changesStatement, [
    tenantId,
    id,
    plainArray(changes.map(({ seq }) => seq)),
    textArray(changes.map(({ change }) => change)),
    textArray(changes.map(({ email }) => email)),
    textArray(changes.map(({ name }) => name)),
    textArray(changes.map(({ key }) => key)),
    textArray(changes.map(({ reason }) => reason)),
  ])
}

/**
 * The next chunk of changes becomes deliveries, with their queue rows and counters and the run's place, in one statement: a
 * crash neither skips nor repeats anybody. $1 tenant, $2 run, $3 fence, $4 how many, $5 priority, $6 send for ms, $7 shard,
 * $8 lease in ms.
 */
const deliverStatement: Statement = {
  name: 'deliver_membership_changes',
  text: `
WITH mine AS MATERIALIZED (
  SELECT r.*, clock_timestamp() AS at FROM membership_runs r
   WHERE r.tenant_id = $1 AND r.id = $2 AND r.fence = $3 AND r.phase = 'deliver' AND r.finished_at IS NULL AND NOT r.cancel_wanted
     FOR UPDATE
), placed AS MATERIALIZED (
  SELECT k.*, carillon_uuid_at((extract(epoch FROM m.at) * 1000)::bigint, k.n) AS id, (m.plans->>k.change)::uuid AS plan_id,
         k.email || ' ' || (m.policy->>'list') AS address
    FROM mine m CROSS JOIN LATERAL (
      SELECT c.seq, c.change, c.email, c.name, row_number() OVER (ORDER BY c.seq) - 1 AS n FROM (
        SELECT * FROM membership_run_changes c
         WHERE c.tenant_id = m.tenant_id AND c.run = m.id AND c.seq > coalesce((m.cursor->>'seq')::bigint, 0) AND c.change <> 'skip'
           AND (m.blocked IS NULL OR c.change NOT IN ('unsubscribe', 'hold'))
         ORDER BY c.seq LIMIT $4) c) k
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, ordering_key, created_at, context)
  SELECT m.tenant_id, p.id, m.event_id, p.plan_id, ARRAY[p.address], p.address, m.at + $6::double precision * interval '1 millisecond',
         'membership ' || p.address, m.at, json_build_object('name', p.name)
    FROM placed p CROSS JOIN mine m ORDER BY p.n
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, due_at, send_until, ordering_key, when_open)
  SELECT m.tenant_id, p.id, (m.policy->>'target')::uuid, $5, m.at, m.at + $6::double precision * interval '1 millisecond',
         'membership ' || p.address, 'hold'
    FROM placed p CROSS JOIN mine m ORDER BY p.n
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created)
  SELECT m.tenant_id, (m.at AT TIME ZONE 'UTC')::date, (m.policy->>'target')::uuid, $7::smallint, (SELECT count(*) FROM placed)
    FROM mine m WHERE EXISTS (SELECT FROM placed)
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + excluded.created
), linked AS (
  UPDATE membership_run_changes c SET delivery = p.id FROM placed p
   WHERE c.tenant_id = $1 AND c.run = $2 AND c.seq = p.seq
), moved AS (
  UPDATE membership_runs r SET made = r.made + x.n, cursor = jsonb_build_object('seq', coalesce(x.last, 0)), tries = 0,
         phase = CASE WHEN x.n < $4 THEN 'wait' ELSE 'deliver' END,
         due_at = clock_timestamp() + $8::double precision * interval '1 millisecond'
    FROM (SELECT m.tenant_id, m.id, (SELECT count(*) FROM placed) AS n, (SELECT max(seq) FROM placed) AS last FROM mine m) x
   WHERE r.tenant_id = x.tenant_id AND r.id = x.id
  RETURNING r.phase, r.cursor, r.made::float8 AS made
)
SELECT phase, cursor, made FROM moved`,
}

/** Makes the deliveries of the next chunk; undefined: the run is not ours any more. */
export const deliverChanges = async (
  client: PoolClient,
  { tenant_id: tenantId, id, fence }: RunRow,
  given: {
    readonly limit: number
    readonly priority: number
    readonly sendForMs: number
    readonly shard: number
    readonly leaseMs: number
  },
): Promise<Pick<RunRow, 'phase' | 'cursor' | 'made'> | undefined> =>
  (
    await query<Pick<RunRow, 'phase' | 'cursor' | 'made'>>(client, deliverStatement, [
      tenantId,
      id,
      fence,
      given.limit,
      given.priority,
      given.sendForMs,
      given.shard,
      given.leaseMs,
    ])
  )[0]

const withdrawStatement: Statement = {
  name: 'withdraw_membership_deliveries',
  text: `
WITH picked AS MATERIALIZED (
  SELECT q.tenant_id, q.delivery_id FROM membership_run_changes c CROSS JOIN LATERAL (
    SELECT q.tenant_id, q.delivery_id FROM delivery_queue q
     WHERE q.tenant_id = c.tenant_id AND q.delivery_id = c.delivery AND q.lease_owner IS NULL FOR UPDATE SKIP LOCKED) q
   WHERE c.tenant_id = $1 AND c.run = $2 AND c.delivery IS NOT NULL LIMIT $3
), gone AS (
  DELETE FROM delivery_queue q USING picked p
   WHERE q.tenant_id = ANY (ARRAY[p.tenant_id]) AND q.delivery_id = ANY (ARRAY[p.delivery_id]) AND q.lease_owner IS NULL
  RETURNING q.*
), kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, possible_duplicate, settled_at)
  SELECT tenant_id, delivery_id, fence + 1, 'canceled', 'canceled with its membership run', step, integration_id, clock_timestamp(),
         possible_duplicate, clock_timestamp() FROM gone
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, canceled)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, $4::smallint, count(*)
    FROM gone GROUP BY tenant_id, integration_id ORDER BY integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET canceled = c.canceled + excluded.canceled
)
SELECT count(*)::int AS n FROM gone`,
}

/** Ends deliveries of the run that wait, at most `limit`; those being sent end by themselves. Returns how many. */
export const withdrawDeliveries = async (
  client: PoolClient,
  { tenant_id: tenantId, id }: RunRow,
  given: { readonly limit: number; readonly shard: number },
): Promise<number> =>
  (
    await query<{ n: number }>(client, withdrawStatement, [tenantId, id, given.limit, given.shard])
  )[0]?.n ?? 0
