/** The SQL of membership runs: made, read, taken up, moved on and ended. A lease is `due_at` moved forward with a new fence, as for campaigns; every change demands the fence. */
import type { Pool, PoolClient } from 'pg'
import type { JsonObject } from '@carillon/connectors/json-object'
import { toIso, type Instant } from '@carillon/domain/clock'
import type { Id, IntegrationId, TenantId } from '@carillon/domain/ids'
import type { ChangeTally, MembershipCounts } from '@carillon/domain/membership-counts'
import type { MembershipChange, MembershipPolicy } from '@carillon/domain/membership-diff'
import { textArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

/** The sync as it was when the run was made. */
export type RunPolicy = MembershipPolicy & {
  readonly name: string
  readonly source: IntegrationId
  readonly target: IntegrationId
  readonly list: string
  readonly filter: unknown
  readonly maxRemovalsPercent: number
}

export type RunPhase = 'source' | 'roster' | 'decide' | 'deliver' | 'wait' | 'ended'

export type RunRow = {
  readonly tenant_id: TenantId
  readonly id: Id<'run'>
  readonly sync: Id<'membershipSync'>
  readonly mode: 'full' | 'changed' | 'members'
  readonly origin: 'hand' | 'schedule' | 'hint'
  readonly dry_run: boolean
  readonly force: boolean
  readonly keys: readonly string[]
  readonly since: Instant | null
  readonly policy: RunPolicy
  readonly state: 'running' | 'finished' | 'failed' | 'canceled'
  readonly phase: RunPhase
  readonly cursor: JsonObject | null
  readonly source_total: number | null
  readonly seq: number
  readonly unchanged: number
  readonly made: number
  readonly blocked: string | null
  readonly event_id: string | null
  readonly cancel_wanted: boolean
  readonly counts: MembershipCounts | null
  readonly error: string | null
  readonly fence: number
  readonly tries: number
  readonly created_by: string
  readonly started_at: Instant
  readonly finished_at: Instant | null
}

const columns = `r.tenant_id, r.id, r.sync, r.mode, r.origin, r.dry_run, r.force, r.keys, r.since, r.policy, r.state, r.phase, r.cursor,
  r.source_total::float8 AS source_total, r.seq::float8 AS seq, r.unchanged::float8 AS unchanged, r.made::float8 AS made, r.blocked,
  r.event_id, r.cancel_wanted, r.counts, r.error, r.fence, r.tries, r.created_by, r.started_at, r.finished_at`

const insertStatement: Statement = {
  name: 'insert_membership_run',
  text: `
INSERT INTO membership_runs AS r (tenant_id, id, sync, mode, origin, dry_run, force, keys, since, policy, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9, $10, $11) RETURNING ${columns}`,
}

export type NewRun = {
  readonly id: Id<'run'>
  readonly sync: Id<'membershipSync'>
  readonly mode: RunRow['mode']
  readonly origin: RunRow['origin']
  readonly dryRun: boolean
  readonly force: boolean
  readonly keys: readonly string[]
  readonly since: Instant | null
  readonly policy: RunPolicy
  readonly by: string
}

/** Makes a run, due at once. Fails on `membership_runs_open` when one is under way. */
export const insertRun = async (
  client: PoolClient,
  tenantId: TenantId,
  made: NewRun,
): Promise<RunRow> => {
  const [row] = await query<RunRow>(client, insertStatement, [
    tenantId,
    made.id,
    made.sync,
    made.mode,
    made.origin,
    made.dryRun,
    made.force,
    textArray(made.keys),
    made.since === null ? null : toIso(made.since),
    JSON.stringify(made.policy),
    made.by,
  ])
  if (row === undefined) throw new Error('a membership run was made and is not there')
  return row
}

const findStatement: Statement = {
  name: 'find_membership_run',
  text: `SELECT ${columns} FROM membership_runs r WHERE r.tenant_id = $1 AND r.sync = $2 AND r.id = $3`,
}

/** The run of this sync; undefined: there is none. */
export const findRun = async (
  client: PoolClient,
  tenantId: TenantId,
  of: { readonly sync: Id<'membershipSync'>; readonly id: Id<'run'> },
): Promise<RunRow | undefined> =>
  (await query<RunRow>(client, findStatement, [tenantId, of.sync, of.id]))[0]

const openStatement: Statement = {
  name: 'find_open_membership_run',
  text: `SELECT ${columns} FROM membership_runs r
 WHERE r.tenant_id = $1 AND r.sync = $2 AND r.dry_run = $3 AND r.finished_at IS NULL`,
}

/** The run that is under way; undefined: none is. */
export const findOpenRun = async (
  client: PoolClient,
  tenantId: TenantId,
  of: { readonly sync: Id<'membershipSync'>; readonly dryRun: boolean },
): Promise<RunRow | undefined> =>
  (await query<RunRow>(client, openStatement, [tenantId, of.sync, of.dryRun]))[0]

const listStatement: Statement = {
  name: 'list_membership_runs',
  text: `SELECT ${columns} FROM membership_runs r
 WHERE r.tenant_id = $1 AND r.sync = $2 AND ($3::uuid IS NULL OR r.id < $3) ORDER BY r.id DESC LIMIT $4`,
}

/** At most `limit` runs, newest first, behind the id `before`. */
export const listRuns = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly sync: Id<'membershipSync'>
    readonly before: string | null
    readonly limit: number
  },
): Promise<readonly RunRow[]> =>
  await query<RunRow>(client, listStatement, [tenantId, wanted.sync, wanted.before, wanted.limit])

const lastReadStatement: Statement = {
  name: 'find_last_membership_read',
  text: `SELECT r.started_at FROM membership_runs r
 WHERE r.tenant_id = $1 AND r.sync = $2 AND r.state = 'finished' AND r.mode <> 'members' AND NOT r.dry_run AND r.blocked IS NULL
 ORDER BY r.id DESC LIMIT 1`,
}

/** When the last run that has carried out what it read began; undefined: there was none. */
export const findLastRead = async (
  client: PoolClient,
  tenantId: TenantId,
  sync: Id<'membershipSync'>,
): Promise<Instant | undefined> =>
  (await query<{ started_at: Instant }>(client, lastReadStatement, [tenantId, sync]))[0]?.started_at

const cancelStatement: Statement = {
  name: 'cancel_membership_run',
  text: `
UPDATE membership_runs r SET cancel_wanted = true, due_at = clock_timestamp()
 WHERE r.tenant_id = $1 AND r.sync = $2 AND r.id = $3 AND r.finished_at IS NULL RETURNING ${columns}`,
}

/** Wants it to end; whoever has it loses it. Undefined: it is not under way. */
export const cancelRun = async (
  client: PoolClient,
  tenantId: TenantId,
  of: { readonly sync: Id<'membershipSync'>; readonly id: Id<'run'> },
): Promise<RunRow | undefined> =>
  (await query<RunRow>(client, cancelStatement, [tenantId, of.sync, of.id]))[0]

const tallyStatement: Statement = {
  name: 'tally_membership_run',
  text: `
SELECT c.change, CASE WHEN c.delivery IS NULL THEN 'none' ELSE coalesce(q.state, s.state, 'none') END AS state, count(*)::float8 AS n
  FROM membership_run_changes c
  LEFT JOIN LATERAL (SELECT q.state FROM delivery_queue q
                      WHERE q.tenant_id = c.tenant_id AND q.delivery_id = c.delivery OFFSET 0) q ON true
  LEFT JOIN LATERAL (SELECT s.state FROM settlements s
                      WHERE q.state IS NULL AND s.tenant_id = c.tenant_id AND s.delivery_id = c.delivery AND s.state <> 'pending'
                      ORDER BY s.turn DESC LIMIT 1) s ON true
 WHERE c.tenant_id = $1 AND c.run = $2 GROUP BY 1, 2`,
}

/** How the changes of a run stand. */
export const tallyRun = async (
  on: Pool | PoolClient,
  tenantId: TenantId,
  run: Id<'run'>,
): Promise<readonly ChangeTally[]> => await query<ChangeTally>(on, tallyStatement, [tenantId, run])

const readsStatement: Statement = {
  name: 'count_membership_reads',
  text: `
SELECT (SELECT count(*) FROM membership_run_members m WHERE m.tenant_id = $1 AND m.run = $2)::float8 AS read,
       (SELECT count(*) FROM membership_run_entries e WHERE e.tenant_id = $1 AND e.run = $2)::float8 AS on_list,
       (SELECT count(*) FROM membership_run_entries e WHERE e.tenant_id = $1 AND e.run = $2 AND e.held)::float8 AS held`,
}

export type Reads = { readonly read: number; readonly on_list: number; readonly held: number }

/** What a run has read of both sides. Zeros when it was long ago: the readings are forgotten soon after a run's end. */
export const countReads = async (
  on: Pool | PoolClient,
  tenantId: TenantId,
  run: Id<'run'>,
): Promise<Reads> =>
  (await query<Reads>(on, readsStatement, [tenantId, run]))[0] ?? { read: 0, on_list: 0, held: 0 }

export type ChangeRow = {
  readonly seq: number
  readonly change: MembershipChange | 'skip'
  readonly email: string | null
  readonly key: string | null
  readonly name: string
  readonly reason: string | null
  readonly delivery: Id<'delivery'> | null
}

const changesStatement: Statement = {
  name: 'list_membership_changes',
  text: `
SELECT c.seq::float8 AS seq, c.change, c.email, c.key, c.name, c.reason, c.delivery FROM membership_run_changes c
 WHERE c.tenant_id = $1 AND c.run = $2 AND c.seq > $3 AND ($5::text IS NULL OR c.change = $5) ORDER BY c.seq LIMIT $4`,
}

/** At most `limit` changes and skipped records in their order, behind `after`. */
export const listChanges = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly run: Id<'run'>
    readonly after: number
    readonly limit: number
    readonly change: string | null
  },
): Promise<readonly ChangeRow[]> =>
  await query<ChangeRow>(client, changesStatement, [
    tenantId,
    wanted.run,
    wanted.after,
    wanted.limit,
    wanted.change,
  ])

/** A run that is ours until its lease ends. */
export type ClaimedRun = RunRow & { readonly suspended: boolean; readonly now: Instant }

const claimStatement: Statement = {
  name: 'claim_membership_runs',
  text: `
UPDATE membership_runs r SET fence = r.fence + 1, due_at = clock_timestamp() + $1::double precision * interval '1 millisecond'
  FROM (SELECT p.tenant_id, p.id FROM membership_runs p
          JOIN (SELECT d.tenant_id, d.id, row_number() OVER (PARTITION BY d.tenant_id ORDER BY d.due_at) AS turn FROM membership_runs d
                 WHERE d.finished_at IS NULL AND d.due_at <= statement_timestamp()) q ON q.tenant_id = p.tenant_id AND q.id = p.id
         WHERE p.finished_at IS NULL AND p.due_at <= statement_timestamp()
           AND ($3::uuid IS NULL OR p.id = $3) ORDER BY q.turn, p.due_at LIMIT $2 FOR UPDATE OF p SKIP LOCKED) p,
       tenants t
 WHERE r.tenant_id = p.tenant_id AND r.id = p.id AND t.tenant_id = r.tenant_id
RETURNING ${columns}, t.suspended_at IS NOT NULL AS suspended, clock_timestamp() AS now`,
}

/**
 * Leases due runs, the longest waiting first and tenants in turns: one with many slow lists holds up nobody else's. `only`
 * this one, or any (null). Role engine.
 */
export const claimAcrossTenants = async (
  pool: Pool,
  wanted: { readonly leaseMs: number; readonly most: number; readonly only: string | null },
): Promise<readonly ClaimedRun[]> =>
  await query<ClaimedRun>(pool, claimStatement, [wanted.leaseMs, wanted.most, wanted.only])

const endLeasesStatement: Statement = {
  name: 'end_membership_run_leases',
  text: `UPDATE membership_runs SET due_at = clock_timestamp() WHERE finished_at IS NULL AND tries = 0 AND due_at > statement_timestamp()`,
}

/** All leases run out now: only for a database that nobody else can use (the embedded one, at its start). */
export const endLeasesAcrossTenants = async (pool: Pool): Promise<void> => {
  await query(pool, endLeasesStatement, [])
}

const putBackStatement: Statement = {
  name: 'put_back_membership_run',
  text: `
UPDATE membership_runs SET due_at = clock_timestamp() + $4::double precision * interval '1 millisecond', tries = $5
 WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND finished_at IS NULL`,
}

/** Gives it back, due after a wait, with so many failures in a row. */
export const putBackRun = async (
  pool: Pool,
  { tenant_id: tenantId, id, fence }: RunRow,
  given: { readonly waitMs: number; readonly tries: number },
): Promise<void> => {
  await query(pool, putBackStatement, [tenantId, id, fence, given.waitMs, given.tries])
}

const advanceStatement: Statement = {
  name: 'advance_membership_run',
  text: `
UPDATE membership_runs r SET phase = $4, cursor = $5, source_total = $6, seq = $7, unchanged = $8, blocked = $9, event_id = $10,
       plans = coalesce($11, plans), tries = 0, due_at = clock_timestamp() + $12::double precision * interval '1 millisecond'
 WHERE r.tenant_id = $1 AND r.id = $2 AND r.fence = $3 AND r.finished_at IS NULL AND NOT r.cancel_wanted RETURNING r.id`,
}

/** Writes where it stands and renews the lease; false: it is not ours any more, and nothing may be written for it. */
export const advanceRun = async (
  client: PoolClient,
  run: RunRow,
  given: { readonly leaseMs: number; readonly plans?: Readonly<Record<string, string>> },
): Promise<boolean> => {
  const { plans } = given
  const rows = await query(client, advanceStatement, [
    run.tenant_id,
    run.id,
    run.fence,
    run.phase,
    run.cursor === null ? null : JSON.stringify(run.cursor),
    run.source_total,
    run.seq,
    run.unchanged,
    run.blocked,
    run.event_id,
    plans === undefined ? null : JSON.stringify(plans),
    given.leaseMs,
  ])
  return rows.length > 0
}

const finishStatement: Statement = {
  name: 'finish_membership_run',
  text: `
UPDATE membership_runs r SET state = $4, phase = 'ended', counts = $5, error = $6, cursor = NULL, finished_at = clock_timestamp()
 WHERE r.tenant_id = $1 AND r.id = $2 AND r.fence = $3 AND r.finished_at IS NULL RETURNING ${columns}`,
}

/** Ends it; undefined: it is not ours any more. */
export const finishRun = async (
  client: PoolClient,
  { tenant_id: tenantId, id, fence }: RunRow,
  end: {
    readonly state: 'finished' | 'failed' | 'canceled'
    readonly counts: MembershipCounts
    readonly error: string | null
  },
): Promise<RunRow | undefined> => {
  const values = [tenantId, id, fence, end.state, JSON.stringify(end.counts), end.error]
  return (await query<RunRow>(client, finishStatement, values))[0]
}

const forgetReadingsStatement: Statement = {
  name: 'forget_membership_readings',
  text: `
WITH over AS MATERIALIZED (
  SELECT r.tenant_id, r.id FROM membership_runs r WHERE r.finished_at < now() - $1 * interval '1 millisecond'
     AND (EXISTS (SELECT FROM membership_run_members m WHERE m.tenant_id = r.tenant_id AND m.run = r.id)
       OR EXISTS (SELECT FROM membership_run_entries e WHERE e.tenant_id = r.tenant_id AND e.run = r.id))
   ORDER BY r.finished_at LIMIT 1
), people AS (
  DELETE FROM membership_run_members m USING (
    SELECT m.tenant_id, m.run, m.key FROM over o CROSS JOIN LATERAL (
      SELECT * FROM membership_run_members m WHERE m.tenant_id = o.tenant_id AND m.run = o.id LIMIT $2) m) x
   WHERE m.tenant_id = x.tenant_id AND m.run = x.run AND m.key = x.key RETURNING 1
), entries AS (
  DELETE FROM membership_run_entries e USING (
    SELECT e.tenant_id, e.run, e.email FROM over o CROSS JOIN LATERAL (
      SELECT * FROM membership_run_entries e WHERE e.tenant_id = o.tenant_id AND e.run = o.id LIMIT $2) e) x
   WHERE e.tenant_id = x.tenant_id AND e.run = x.run AND e.email = x.email RETURNING 1
)
SELECT ((SELECT count(*) FROM people) + (SELECT count(*) FROM entries))::int AS gone`,
}

/** Copies of people's data that an ended run has no use for any more; at most `limit` a table. Role engine. */
export const forgetReadingsAcrossTenants = async (
  pool: Pool,
  given: { readonly afterMs: number; readonly limit: number },
): Promise<number> =>
  (await query<{ gone: number }>(pool, forgetReadingsStatement, [given.afterMs, given.limit]))[0]
    ?.gone ?? 0

const forgetRunsStatement: Statement = {
  name: 'forget_membership_runs',
  text: `
DELETE FROM membership_runs r USING (
  SELECT p.tenant_id, p.id FROM membership_runs p WHERE p.finished_at < now() - $1 * interval '1 day'
   ORDER BY p.finished_at LIMIT $2) p
 WHERE r.tenant_id = p.tenant_id AND r.id = p.id RETURNING r.id`,
}

/** Runs that ended so many days ago, with their changes. Role engine. */
export const forgetRunsAcrossTenants = async (
  pool: Pool,
  given: { readonly days: number; readonly limit: number },
): Promise<number> => (await query(pool, forgetRunsStatement, [given.days, given.limit])).length
