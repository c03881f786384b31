/** The SQL of looking: which items are due, who looks at them, and the rounds of an integration. Role engine. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { WorkQuestion } from '../../platform/db/ask-for-work.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

type On = Pool | PoolClient

export type LookRow = {
  readonly tenant_id: string
  readonly id: string
  readonly integration_id: string
  /** Of the round that asked for it. */
  readonly round: string | null
  readonly hints: number
  readonly hints_done: number
  readonly last_hint: string | null
}

const wanted = `
    FROM tracked_items t
    JOIN integrations i ON i.tenant_id = t.tenant_id AND i.id = t.integration_id AND i.enabled AND i.deleted_at IS NULL
    JOIN tenants n ON n.tenant_id = t.tenant_id AND n.suspended_at IS NULL
    LEFT JOIN tracker_rounds r ON r.tenant_id = t.tenant_id AND r.integration_id = t.integration_id
   WHERE t.is_wanted AND (t.looking_until IS NULL OR t.looking_until < now()) AND (r.paused_until IS NULL OR r.paused_until < now())`

/** Does any item wait to be looked at? */
export const looksDueAcrossTenants: WorkQuestion = { text: `EXISTS (SELECT ${wanted})` }

const takeStatement: Statement = {
  name: 'take_looks',
  // In turns over tenants and integrations; hints before rounds. The last condition is judged again on the row as another
  // process has left it, so nobody takes what is taken.
  text: `
WITH waiting AS (
  SELECT t.tenant_id, t.id, t.last_tried_at, row_number() OVER (PARTITION BY t.tenant_id, t.integration_id
           ORDER BY t.hints > t.hints_done DESC, t.last_tried_at NULLS FIRST, t.id) AS turn ${wanted}
), turns AS (
  SELECT w.*, row_number() OVER (PARTITION BY w.tenant_id ORDER BY w.turn, w.last_tried_at NULLS FIRST, w.id) AS of_tenant
    FROM waiting w WHERE w.turn <= $2
), next AS (
  SELECT tenant_id, id FROM turns ORDER BY of_tenant, last_tried_at NULLS FIRST LIMIT $1
)
UPDATE tracked_items t SET looking_until = now() + $3 * interval '1 millisecond' FROM next
 WHERE t.tenant_id = next.tenant_id AND t.id = next.id AND t.is_wanted AND (t.looking_until IS NULL OR t.looking_until < now())
RETURNING t.tenant_id, t.id, t.integration_id, t.round, t.hints, t.hints_done, t.last_hint`,
}

/** Takes items to look at: at most so many, and so many of one integration, for so long. */
export const takeLooksAcrossTenants = async (
  on: On,
  {
    limit,
    perIntegration,
    forMs,
  }: { readonly limit: number; readonly perIntegration: number; readonly forMs: number },
): Promise<readonly LookRow[]> => query<LookRow>(on, takeStatement, [limit, perIntegration, forMs])

const orphanedStatement: Statement = {
  name: 'end_orphaned_looks',
  text: 'UPDATE tracked_items SET looking_until = NULL WHERE is_wanted AND looking_until > now()',
}

/** Nobody looks at anything: all that waits may be taken at once. */
export const endLooksAcrossTenants = async (on: On): Promise<void> => {
  await query(on, orphanedStatement, [])
}

export type TrackerRow = {
  readonly id: string
  readonly connector: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
  readonly enabled: boolean
  readonly version: number
  readonly name: string
}

const trackerStatement: Statement = {
  name: 'find_tracker',
  text: `
SELECT id, connector, settings, secrets, enabled, version, name FROM integrations
 WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
}

/** The integration of an item; undefined: it was deleted. */
export const findTracker = async (
  on: On,
  tenantId: string,
  integrationId: string,
): Promise<TrackerRow | undefined> =>
  (await query<TrackerRow>(on, trackerStatement, [tenantId, integrationId]))[0]

export type DueRound = {
  readonly tenant_id: string
  readonly integration_id: string
  readonly connector: string
  readonly settings: Record<string, unknown>
  readonly version: number
}

const dueRound = `
  FROM tracker_rounds r
  JOIN integrations i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id AND i.enabled AND i.deleted_at IS NULL
  JOIN tenants n ON n.tenant_id = r.tenant_id AND n.suspended_at IS NULL
 WHERE r.round IS NULL AND (r.next_at <= now() OR (r.version <> i.version AND r.version <> 0))
   AND (r.paused_until IS NULL OR r.paused_until < now())`

const isLifted = 'r.paused_until > now() AND r.version <> i.version AND r.version <> 0'

const isDone = `r.round IS NOT NULL AND NOT EXISTS (
     SELECT FROM tracked_items t WHERE t.tenant_id = r.tenant_id AND t.integration_id = r.integration_id AND t.round IS NOT NULL)`

/** Is a round due, or done, or was what is paused changed? */
export const roundsDueAcrossTenants: WorkQuestion = {
  text: `
EXISTS (SELECT ${dueRound})
OR EXISTS (SELECT FROM tracker_rounds r WHERE ${isDone})
OR EXISTS (SELECT FROM tracker_rounds r JOIN integrations i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id WHERE ${isLifted})`,
}

const takeRoundStatement: Statement = {
  name: 'take_due_round',
  text: `
SELECT r.tenant_id, r.integration_id, i.connector, i.settings, i.version ${dueRound}
 ORDER BY r.next_at LIMIT 1 FOR UPDATE OF r SKIP LOCKED`,
}

/** The round that is due longest; nobody else begins it in the meantime. */
export const takeDueRoundAcrossTenants = async (
  client: PoolClient,
): Promise<DueRound | undefined> => (await query<DueRound>(client, takeRoundStatement, []))[0]

const makeDueStatement: Statement = {
  name: 'make_round_due',
  text: `
INSERT INTO tracker_rounds (tenant_id, integration_id) VALUES ($1, $2)
ON CONFLICT (tenant_id, integration_id) DO UPDATE SET next_at = now(), paused_until = NULL, failures = 0
RETURNING round`,
}

/** Makes a round due now; returns the one under way, if there is one. */
export const makeRoundDue = async (
  client: PoolClient,
  tenantId: string,
  integrationId: string,
): Promise<string | null> =>
  (await query<{ round: string | null }>(client, makeDueStatement, [tenantId, integrationId]))[0]
    ?.round ?? null

const markStatement: Statement = {
  name: 'mark_round',
  text: `
WITH oldest AS (
  SELECT t.id FROM tracked_items t
   WHERE t.tenant_id = $1 AND t.integration_id = $2 AND t.needs_sync AND t.round IS NULL
     AND (t.not_before IS NULL OR t.not_before <= now())
   ORDER BY t.last_tried_at NULLS FIRST, t.id LIMIT $4
)
UPDATE tracked_items t SET round = $3 FROM oldest WHERE t.tenant_id = $1 AND t.id = oldest.id RETURNING 1 AS marked`,
}

/** Marks the oldest items that need it, at most so many, for a round; returns how many. */
export const markRound = async (
  client: PoolClient,
  tenantId: string,
  {
    integrationId,
    round,
    most,
  }: { readonly integrationId: string; readonly round: string; readonly most: number },
): Promise<number> =>
  (await query(client, markStatement, [tenantId, integrationId, round, most])).length

const beginStatement: Statement = {
  name: 'begin_round',
  text: `
WITH paced AS (
  UPDATE tracker_rounds SET round = CASE WHEN $6 > 0 THEN $3::uuid END, version = $4, next_at = now() + $5 * interval '1 millisecond'
   WHERE tenant_id = $1 AND integration_id = $2
)
INSERT INTO sync_runs (tenant_id, id, integration_id, total_found, by_hand, ended_at)
SELECT $1, $3, $2, $6, $7, CASE WHEN $6 = 0 THEN clock_timestamp() END WHERE $6 > 0 OR $7::text IS NOT NULL`,
}

export type BegunRound = {
  readonly integrationId: string
  readonly round: string
  readonly version: number
  readonly nextInMs: number
  readonly found: number
  readonly by: string | null
}

/** Notes that a round has begun, and when the next one is due. One that found nothing is on record only when asked for. */
export const beginRound = async (
  client: PoolClient,
  tenantId: string,
  { integrationId, round, version, nextInMs, found, by }: BegunRound,
): Promise<void> => {
  await query(client, beginStatement, [
    tenantId,
    integrationId,
    round,
    version,
    nextInMs,
    found,
    by,
  ])
}

const countStatement: Statement = {
  name: 'count_look',
  text: `
UPDATE sync_runs SET success = success + $3, failed = failed + $4, skipped = skipped + $5, status_changes = status_changes + $6
 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL`,
}

export type LookCounts = {
  readonly success: number
  readonly failed: number
  readonly skipped: number
  readonly changes: number
}

/** Counts a look of a round. */
export const countLook = async (
  client: PoolClient,
  tenantId: string,
  round: string,
  { success, failed, skipped, changes }: LookCounts,
): Promise<void> => {
  await query(client, countStatement, [tenantId, round, success, failed, skipped, changes])
}

const pauseStatement: Statement = {
  name: 'pause_tracker',
  text: `
WITH rest AS (
  UPDATE tracked_items SET round = NULL WHERE tenant_id = $1 AND integration_id = $2 AND round IS NOT NULL RETURNING round
), counted AS (
  UPDATE sync_runs s SET skipped = s.skipped + (SELECT count(*) FROM rest WHERE rest.round = s.id), error = $4
   WHERE s.tenant_id = $1 AND s.integration_id = $2 AND s.ended_at IS NULL
)
UPDATE tracker_rounds SET paused_until = greatest(coalesce(paused_until, now()), now() + $3 * interval '1 millisecond'),
  failures = failures + 1, reason = $4 WHERE tenant_id = $1 AND integration_id = $2 RETURNING failures`,
}

/** The other side wants a rest, or refuses us: nothing is looked at for so long, and the round under way goes no further. */
export const pauseTracker = async (
  client: PoolClient,
  tenantId: string,
  {
    integrationId,
    forMs,
    reason,
  }: { readonly integrationId: string; readonly forMs: number; readonly reason: string },
): Promise<void> => {
  await query(client, pauseStatement, [tenantId, integrationId, forMs, reason])
}

const pausesStatement: Statement = {
  name: 'lock_tracker_pauses',
  text: 'SELECT failures FROM tracker_rounds WHERE tenant_id = $1 AND integration_id = $2 FOR UPDATE',
}

/** How often in a row it was paused; nobody else pauses it until the transaction ends. */
export const lockPauses = async (
  client: PoolClient,
  tenantId: string,
  integrationId: string,
): Promise<number> =>
  (await query<{ failures: number }>(client, pausesStatement, [tenantId, integrationId]))[0]
    ?.failures ?? 0

const calmStatement: Statement = {
  name: 'calm_tracker',
  text: `
UPDATE tracker_rounds SET failures = 0, reason = NULL, paused_until = NULL
 WHERE tenant_id = $1 AND integration_id = $2 AND failures > 0`,
}

/** It answers again. */
export const calmTracker = async (
  on: On,
  tenantId: string,
  integrationId: string,
): Promise<void> => {
  await query(on, calmStatement, [tenantId, integrationId])
}

const liftStatement: Statement = {
  name: 'lift_tracker_pauses',
  text: `
UPDATE tracker_rounds r SET paused_until = NULL, failures = 0, reason = NULL, version = i.version FROM integrations i
 WHERE i.tenant_id = r.tenant_id AND i.id = r.integration_id AND ${isLifted}`,
}

/** Somebody changed the settings or secrets of what was paused: it is tried at once. */
export const liftPausesAcrossTenants = async (on: On): Promise<void> => {
  await query(on, liftStatement, [])
}

const endStatement: Statement = {
  name: 'end_rounds',
  text: `
WITH done AS (
  UPDATE tracker_rounds r SET round = NULL
   WHERE ${isDone}
  RETURNING r.tenant_id, r.integration_id
)
UPDATE sync_runs s SET ended_at = clock_timestamp() FROM done
 WHERE s.tenant_id = done.tenant_id AND s.integration_id = done.integration_id AND s.ended_at IS NULL RETURNING 1 AS ended`,
}

/** Ends the rounds whose items have all been looked at; returns how many. */
export const endRoundsAcrossTenants = async (on: On): Promise<number> =>
  (await query(on, endStatement, [])).length

const hintedStatement: Statement = {
  name: 'find_hinted_trackers',
  text: `
SELECT i.tenant_id, i.id AS integration_id, i.connector, i.settings FROM integrations i
 CROSS JOIN LATERAL (
   SELECT h.received_at FROM source_hints h WHERE h.tenant_id = i.tenant_id AND h.integration_id = i.id AND h.applied_at IS NULL
    ORDER BY h.received_at LIMIT 1) oldest
 WHERE i.connector = ANY ($1)
 ORDER BY row_number() OVER (PARTITION BY i.tenant_id ORDER BY oldest.received_at), oldest.received_at LIMIT 20`,
}

export type HintedRow = {
  readonly tenant_id: string
  readonly integration_id: string
  readonly connector: string
  readonly settings: Record<string, unknown>
}

/**
 * Integrations of these connectors that have hints which nobody has followed, one of each tenant in turn, in each turn the
 * one that has waited longest: nobody's many keep another's one waiting.
 */
export const findHintedAcrossTenants = async (
  on: On,
  connectors: readonly string[],
): Promise<readonly HintedRow[]> => query<HintedRow>(on, hintedStatement, [connectors])

export type RunRow = {
  readonly id: string
  readonly integration_id: string
  readonly started_at: Instant
  readonly ended_at: Instant | null
  readonly by_hand: string | null
  readonly total_found: number
  readonly success: number
  readonly failed: number
  readonly skipped: number
  readonly status_changes: number
  readonly error: string | null
}

const listRunsStatement: Statement = {
  name: 'list_sync_runs',
  text: `
SELECT * FROM sync_runs s
 WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.integration_id = $2) AND ($3::uuid IS NULL OR s.id < $3)
 ORDER BY s.id DESC LIMIT $4`,
}

/** A tenant's rounds, newest first, below the id `before`. */
export const listRunRows = async (
  on: On,
  tenantId: string,
  filter: {
    readonly integrationId: string | undefined
    readonly before: string | undefined
    readonly limit: number
  },
): Promise<readonly RunRow[]> =>
  query<RunRow>(on, listRunsStatement, [
    tenantId,
    filter.integrationId ?? null,
    filter.before ?? null,
    filter.limit,
  ])

const findRunStatement: Statement = {
  name: 'find_sync_run',
  text: 'SELECT * FROM sync_runs WHERE tenant_id = $1 AND id = $2',
}

/** One round. */
export const findRunRow = async (
  on: On,
  tenantId: string,
  id: string,
): Promise<RunRow | undefined> => (await query<RunRow>(on, findRunStatement, [tenantId, id]))[0]
