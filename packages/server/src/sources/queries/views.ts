/** The SQL of the sources' API: states, runs, quarantine, and what people do with them. One tenant each, as carillon_app. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { SourceState } from '@carillon/domain/source-pace'
import { query, type Statement } from '../../platform/db/statement.ts'

export type SourceRow = {
  readonly id: string
  readonly connector: string
  readonly name: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
  readonly enabled: boolean
  readonly state: SourceState | null
  readonly reason: string | null
  readonly by_hand: boolean | null
  /** JSON text. */
  readonly cursor: string | null
  readonly failures: number | null
  readonly next_poll_at: Instant | null
  readonly wanted_run: string | null
  readonly running: string | null
  readonly last_run_at: Instant | null
  readonly last_event_at: Instant | null
  readonly last_ok_at: Instant | null
  readonly quarantined: number
}

const findStatement: Statement = {
  name: 'find_source',
  text: `
SELECT i.id, i.connector, i.name, i.settings, i.secrets, i.enabled, s.state, s.reason, s.by_hand, s.cursor, s.failures, s.next_poll_at,
       s.wanted_run, s.last_run_at, s.last_event_at, s.last_ok_at,
       (SELECT r.id FROM source_runs r WHERE r.tenant_id = i.tenant_id AND r.integration_id = i.id AND r.ended_at IS NULL
         ORDER BY r.id DESC LIMIT 1) AS running,
       (SELECT count(*)::int FROM (SELECT FROM source_quarantine q WHERE q.tenant_id = i.tenant_id AND q.integration_id = i.id LIMIT 1000) x) AS quarantined
  FROM integrations i LEFT JOIN source_states s ON s.tenant_id = i.tenant_id AND s.integration_id = i.id
 WHERE i.tenant_id = $1 AND i.id = $2 AND i.deleted_at IS NULL`,
}

/** The integration as a source; undefined when there is none of this id. The quarantine is counted up to 1,000. */
export const findSourceRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<SourceRow | undefined> =>
  (await query<SourceRow>(client, findStatement, [tenantId, id]))[0]

export type SourceItemRow = {
  readonly kind: 'integration' | 'schedule'
  readonly id: string
  readonly name: string
  readonly connector: string | null
  readonly enabled: boolean
  readonly state: SourceState | null
  readonly reason: string | null
  readonly next_at: Instant | null
  readonly last_event_at: Instant | null
}

const listStatement: Statement = {
  name: 'list_sources',
  text: `
SELECT * FROM (
  (SELECT 'integration' AS kind, i.id, i.name, i.connector, i.enabled, s.state, s.reason, s.next_poll_at AS next_at, s.last_event_at
     FROM integrations i LEFT JOIN source_states s ON s.tenant_id = i.tenant_id AND s.integration_id = i.id
    WHERE i.tenant_id = $1 AND i.deleted_at IS NULL AND i.connector = ANY ($2::text[]) AND ($3::uuid IS NULL OR i.id > $3)
    ORDER BY i.id LIMIT $4)
  UNION ALL
  (SELECT 'schedule', d.id, d.name, NULL, d.enabled, NULL, NULL, d.next_run_at,
          (SELECT max(r.ran_at) FROM schedule_runs r WHERE r.tenant_id = d.tenant_id AND r.schedule_id = d.id AND r.event_id IS NOT NULL)
     FROM schedules d WHERE d.tenant_id = $1 AND ($3::uuid IS NULL OR d.id > $3) ORDER BY d.id LIMIT $4)) x
 ORDER BY id LIMIT $4`,
}

/** Integrations of these connectors and schedules, oldest first, behind the id `after`. */
export const listSourceRows = async (
  client: PoolClient,
  tenantId: string,
  wanted: {
    readonly connectors: readonly string[]
    readonly after: string | undefined
    readonly limit: number
  },
): Promise<readonly SourceItemRow[]> =>
  await query<SourceItemRow>(client, listStatement, [
    tenantId,
    wanted.connectors,
    wanted.after ?? null,
    wanted.limit,
  ])

export type RunRow = {
  readonly id: string
  readonly started_at: Instant
  readonly ended_at: Instant | null
  readonly outcome: 'ok' | 'retry' | 'stop' | 'stopped' | 'lost' | null
  readonly reason: string | null
  readonly events: number
  readonly duplicates: number
  readonly unreadable: number
  readonly by_hand: string | null
}

const runsStatement: Statement = {
  name: 'list_source_runs',
  text: `
SELECT id, started_at, ended_at, outcome, reason, events, duplicates, unreadable, by_hand FROM source_runs
 WHERE tenant_id = $1 AND integration_id = $2 AND ($3::timestamptz IS NULL OR (started_at, id) < ($3, $4::uuid))
 ORDER BY started_at DESC, id DESC LIMIT $5`,
}

/** A source's runs, newest first, behind (time, id). */
export const listRunRows = async (
  client: PoolClient,
  tenantId: string,
  wanted: {
    readonly id: string
    readonly before: readonly [string, string] | undefined
    readonly limit: number
  },
): Promise<readonly RunRow[]> =>
  await query<RunRow>(client, runsStatement, [
    tenantId,
    wanted.id,
    wanted.before?.[0] ?? null,
    wanted.before?.[1] ?? null,
    wanted.limit,
  ])

const registerStatement: Statement = {
  name: 'register_source',
  text: `
INSERT INTO source_states AS s (tenant_id, integration_id, next_poll_at)
VALUES ($1, $2, CASE WHEN $3::boolean THEN clock_timestamp() END)
ON CONFLICT (tenant_id, integration_id) DO UPDATE SET fence = s.fence + 1, failures = 0,
  state = CASE WHEN s.by_hand THEN 'stopped' ELSE 'idle' END, reason = CASE WHEN s.by_hand THEN s.reason END,
  next_poll_at = CASE WHEN $3::boolean AND NOT s.by_hand THEN clock_timestamp() END`,
}

/**
 * The source begins, or begins anew with other settings: what runs is fenced off, what had stopped by itself is due.
 * `isRunning`: it runs by itself, and is switched on.
 */
export const registerSource = async (
  client: PoolClient,
  tenantId: string,
  { id, isRunning }: { readonly id: string; readonly isRunning: boolean },
): Promise<void> => {
  await query(client, registerStatement, [tenantId, id, isRunning])
}

const unregisterStatement: Statement = {
  name: 'unregister_source',
  text: `
UPDATE source_states SET fence = fence + 1, state = 'stopped', reason = 'the integration was deleted', next_poll_at = NULL
 WHERE tenant_id = $1 AND integration_id = $2`,
}

/** The source ends with its integration. */
export const unregisterSource = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<void> => {
  await query(client, unregisterStatement, [tenantId, id])
}

const askStatement: Statement = {
  name: 'ask_source_run',
  text: `
UPDATE source_states SET wanted_run = coalesce(wanted_run, $3::uuid), wanted_by = coalesce(wanted_by, $4::text),
       next_poll_at = CASE WHEN lease_owner IS NULL THEN clock_timestamp() ELSE next_poll_at END
 WHERE tenant_id = $1 AND integration_id = $2 AND state <> 'stopped' RETURNING wanted_run`,
}

/** A run is wanted now, or after the one of now; returns its id, undefined when the source is stopped. */
export const askForRun = async (
  client: PoolClient,
  tenantId: string,
  given: { readonly id: string; readonly runId: string; readonly by: string },
): Promise<string | undefined> => {
  const values = [tenantId, given.id, given.runId, given.by]
  return (await query<{ wanted_run: string }>(client, askStatement, values))[0]?.wanted_run
}

const stopStatement: Statement = {
  name: 'stop_source',
  text: `
WITH ended AS (
  UPDATE source_states SET state = 'stopped', by_hand = true, reason = $3, fence = fence + 1, next_poll_at = NULL,
         wanted_run = NULL, wanted_by = NULL
   WHERE tenant_id = $1 AND integration_id = $2 RETURNING integration_id
)
SELECT carillon_audit($1::uuid, 'integration.source_stopped', 'integration', $2::uuid, '{}'::jsonb) FROM ended`,
}

/** Stops it: nothing that is read from now on is stored. */
export const stopSource = async (
  client: PoolClient,
  tenantId: string,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<void> => {
  await query(client, stopStatement, [tenantId, id, reason])
}

const startStatement: Statement = {
  name: 'start_source',
  text: `
WITH begun AS (
  UPDATE source_states s SET state = 'idle', by_hand = false, reason = NULL, failures = 0, fence = fence + 1,
         cursor = CASE WHEN $4::boolean THEN NULL ELSE s.cursor END,
         next_poll_at = CASE WHEN $3::boolean THEN clock_timestamp() END
   WHERE tenant_id = $1 AND integration_id = $2 RETURNING integration_id
)
SELECT carillon_audit($1::uuid, 'integration.source_started', 'integration', $2::uuid,
                      jsonb_build_object('fromStart', $4::boolean)) FROM begun`,
}

/** Starts it, where it was or from the start. `isRunning`: it runs by itself, and is switched on. */
export const startSource = async (
  client: PoolClient,
  tenantId: string,
  given: { readonly id: string; readonly isRunning: boolean; readonly fromStart: boolean },
): Promise<void> => {
  await query(client, startStatement, [tenantId, given.id, given.isRunning, given.fromStart])
}

export type QuarantineRow = {
  readonly id: string
  readonly item_id: string
  readonly reason: string
  readonly raw_bytes: number
  readonly received_at: Instant
  readonly tried_at: Instant | null
}

const quarantineStatement: Statement = {
  name: 'list_source_quarantine',
  text: `
SELECT id, item_id, reason, raw_bytes, received_at, tried_at FROM source_quarantine
 WHERE tenant_id = $1 AND integration_id = $2 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
}

/** What could not be read, newest first, before the id. */
export const listQuarantineRows = async (
  client: PoolClient,
  tenantId: string,
  wanted: {
    readonly id: string
    readonly before: string | undefined
    readonly limit: number
  },
): Promise<readonly QuarantineRow[]> => {
  const values = [tenantId, wanted.id, wanted.before ?? null, wanted.limit]
  return await query<QuarantineRow>(client, quarantineStatement, values)
}

const rawStatement: Statement = {
  name: 'find_quarantined',
  text: `
SELECT id, item_id, reason, raw_bytes, received_at, tried_at, raw FROM source_quarantine
 WHERE tenant_id = $1 AND integration_id = $2 AND id = $3 FOR UPDATE`,
}

/** One of them with its bytes, locked until the transaction ends. */
export const findQuarantined = async (
  client: PoolClient,
  tenantId: string,
  { id, item }: { readonly id: string; readonly item: string },
): Promise<(QuarantineRow & { readonly raw: Buffer | null }) | undefined> =>
  (
    await query<QuarantineRow & { readonly raw: Buffer | null }>(client, rawStatement, [
      tenantId,
      id,
      item,
    ])
  )[0]

const triedStatement: Statement = {
  name: 'note_quarantine_tried',
  text: `
UPDATE source_quarantine SET tried_at = clock_timestamp(), reason = $4 WHERE tenant_id = $1 AND integration_id = $2 AND id = $3`,
}

/** It was tried again, and can't be read for this reason. */
export const noteTried = async (
  client: PoolClient,
  tenantId: string,
  given: { readonly id: string; readonly item: string; readonly reason: string },
): Promise<void> => {
  await query(client, triedStatement, [tenantId, given.id, given.item, given.reason])
}

const dropStatement: Statement = {
  name: 'drop_quarantined',
  text: `DELETE FROM source_quarantine WHERE tenant_id = $1 AND integration_id = $2 AND id = $3 RETURNING id`,
}

/** It is not kept any more; false when it was not there. */
export const dropQuarantined = async (
  client: PoolClient,
  tenantId: string,
  { id, item }: { readonly id: string; readonly item: string },
): Promise<boolean> => (await query(client, dropStatement, [tenantId, id, item])).length === 1
