/** The SQL of tracked items and their participants. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { LocalState } from '@carillon/domain/sync-status'
import { query, type Statement } from '../../platform/db/statement.ts'

type On = Pool | PoolClient

export type ParticipantRow = {
  readonly name: string | null
  readonly email: string | null
  readonly status: string
  readonly url: string | null
  /** RFC 3339, as JSON has it. */
  readonly viewed_at: string | null
  readonly signed_at: string | null
  readonly refused_at: string | null
}

export type DocumentRow = { readonly id: string; readonly name?: string; readonly url?: string }
/** `at`: RFC 3339. */
export type RefusalRow = {
  readonly reason: string
  readonly participant?: string
  readonly at: string
}

export type ItemRow = {
  readonly tenant_id: string
  readonly id: string
  readonly integration_id: string
  readonly remote_id: string
  readonly reference: string | null
  readonly metadata: Record<string, unknown>
  readonly name: string | null
  readonly remote_state: string | null
  readonly local_state: LocalState
  readonly is_stalled: boolean | null
  readonly refusal: RefusalRow | null
  readonly documents: readonly DocumentRow[]
  readonly participants: readonly ParticipantRow[]
  readonly sent_at: Instant | null
  readonly signed_at: Instant | null
  readonly refused_at: Instant | null
  readonly expired_at: Instant | null
  readonly canceled_at: Instant | null
  readonly needs_sync: boolean
  readonly last_synced_at: Instant | null
  readonly last_tried_at: Instant | null
  readonly sync_attempts: number
  readonly failures: number
  readonly last_error: string | null
  readonly transitions: number
  readonly version: number
  readonly hints: number
  readonly hints_done: number
  readonly last_hint: string | null
  readonly created_by: string
  readonly created_at: Instant
  readonly updated_at: Instant
}

const utc = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** Of the table `t`. */
const columns = `t.*, (
  SELECT coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'email', p.email, 'status', p.status, 'url', p.url,
           'viewed_at', ${utc('p.viewed_at')}, 'signed_at', ${utc('p.signed_at')}, 'refused_at', ${utc('p.refused_at')}) ORDER BY p.position), '[]')
    FROM tracked_participants p WHERE p.tenant_id = t.tenant_id AND p.item_id = t.id) AS participants`

const listStatement: Statement = {
  name: 'list_tracked_items',
  text: `
SELECT ${columns} FROM tracked_items t
 WHERE t.tenant_id = $1 AND ($2::text IS NULL OR t.local_state = $2) AND ($3::uuid IS NULL OR t.integration_id = $3)
   AND ($4::boolean IS NULL OR t.needs_sync = $4) AND ($5::text IS NULL OR t.reference = $5)
   AND ($6::text IS NULL OR t.remote_id = $6) AND ($7::uuid IS NULL OR t.id < $7)
 ORDER BY t.id DESC LIMIT $8`,
}

/** A tenant's items, newest first, below the id `before`. */
export const listItemRows = async (
  on: On,
  tenantId: string,
  filter: {
    readonly state: string | undefined
    readonly integrationId: string | undefined
    readonly needsSync: boolean | undefined
    readonly reference: string | undefined
    readonly remoteId: string | undefined
    readonly before: string | undefined
    readonly limit: number
  },
): Promise<readonly ItemRow[]> =>
  query<ItemRow>(on, listStatement, [
    tenantId,
    filter.state ?? null,
    filter.integrationId ?? null,
    filter.needsSync ?? null,
    filter.reference ?? null,
    filter.remoteId ?? null,
    filter.before ?? null,
    filter.limit,
  ])

const findStatement: Statement = {
  name: 'find_tracked_item',
  text: `SELECT ${columns} FROM tracked_items t WHERE t.tenant_id = $1 AND t.id = $2`,
}

/** One item. */
export const findItemRow = async (
  on: On,
  tenantId: string,
  id: string,
): Promise<ItemRow | undefined> => (await query<ItemRow>(on, findStatement, [tenantId, id]))[0]

const lockStatement: Statement = {
  name: 'lock_tracked_item',
  text: `SELECT ${columns} FROM tracked_items t WHERE t.tenant_id = $1 AND t.id = $2 FOR UPDATE OF t`,
}

/** One item, which nobody else changes until the transaction ends. */
export const lockItemRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<ItemRow | undefined> => (await query<ItemRow>(client, lockStatement, [tenantId, id]))[0]

const insertStatement: Statement = {
  name: 'insert_tracked_item',
  text: `
WITH made AS (
  INSERT INTO tracked_items (tenant_id, id, integration_id, remote_id, reference, metadata, created_by, hints, last_hint)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)
  ON CONFLICT (tenant_id, integration_id, remote_id) DO NOTHING RETURNING tenant_id, integration_id
), paced AS (
  INSERT INTO tracker_rounds (tenant_id, integration_id) SELECT tenant_id, integration_id FROM made
  ON CONFLICT DO NOTHING
)
SELECT 1 AS made FROM made`,
}

export type ItemValues = {
  readonly id: string
  readonly integrationId: string
  readonly remoteId: string
  readonly reference: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly by: string
  /** What the first look is called in the log. */
  readonly hint: string
}

/** Makes an item that is to be looked at soon; false: the integration has this remote id already. */
export const insertItemRow = async (
  on: On,
  tenantId: string,
  values: ItemValues,
): Promise<boolean> => {
  const rows = await query(on, insertStatement, [
    tenantId,
    values.id,
    values.integrationId,
    values.remoteId,
    values.reference,
    JSON.stringify(values.metadata),
    values.by,
    values.hint,
  ])
  return rows.length > 0
}

const findByRemoteStatement: Statement = {
  name: 'find_tracked_item_by_remote',
  text: `SELECT ${columns} FROM tracked_items t WHERE t.tenant_id = $1 AND t.integration_id = $2 AND t.remote_id = $3`,
}

/** The integration's item with this remote id. */
export const findItemByRemote = async (
  on: On,
  tenantId: string,
  { integrationId, remoteId }: { readonly integrationId: string; readonly remoteId: string },
): Promise<ItemRow | undefined> =>
  (await query<ItemRow>(on, findByRemoteStatement, [tenantId, integrationId, remoteId]))[0]

const deleteStatement: Statement = {
  name: 'delete_tracked_item',
  text: 'DELETE FROM tracked_items WHERE tenant_id = $1 AND id = $2 RETURNING 1 AS gone',
}

/** Forgets an item with all that belongs to it; false: there is none. */
export const deleteItemRow = async (on: On, tenantId: string, id: string): Promise<boolean> =>
  (await query(on, deleteStatement, [tenantId, id])).length > 0

const countStatement: Statement = {
  name: 'count_tracked_items',
  text: 'SELECT count(*)::int AS n FROM tracked_items WHERE tenant_id = $1 AND needs_sync',
}

/** How many a tenant has that are not done. */
export const countOpenItems = async (on: On, tenantId: string): Promise<number> =>
  (await query<{ n: number }>(on, countStatement, [tenantId]))[0]?.n ?? 0

const seenStatement: Statement = {
  name: 'write_seen_item',
  text: `
UPDATE tracked_items SET name = $3, remote_state = $4, local_state = $5, is_stalled = $6, documents = $7,
  sent_at = $8, signed_at = $9, refused_at = $10, expired_at = $11, canceled_at = $12, needs_sync = $13,
  transitions = $14, last_synced_at = clock_timestamp(), last_tried_at = clock_timestamp(), sync_attempts = sync_attempts + 1,
  failures = 0, not_before = NULL, last_error = NULL, version = version + 1, round = NULL, looking_until = NULL,
  hints_done = greatest(hints_done, $15), updated_at = now()
 WHERE tenant_id = $1 AND id = $2`,
}

export type SeenItem = {
  readonly name: string | null
  readonly remoteState: string | null
  readonly localState: LocalState
  readonly isStalled: boolean | null
  readonly documents: readonly DocumentRow[]
  /** RFC 3339: sent, signed, refused, expired, canceled. */
  readonly stamps: readonly (string | null)[]
  readonly needsSync: boolean
  readonly transitions: number
  /** Hints that this look has followed. */
  readonly hintsDone: number
}

/** Writes what a look has seen. */
export const writeSeenItem = async (
  client: PoolClient,
  tenantId: string,
  id: string,
  seen: SeenItem,
): Promise<void> => {
  await query(client, seenStatement, [
    tenantId,
    id,
    seen.name,
    seen.remoteState,
    seen.localState,
    seen.isStalled,
    JSON.stringify(seen.documents),
    ...seen.stamps,
    seen.needsSync,
    seen.transitions,
    seen.hintsDone,
  ])
}

const failedStatement: Statement = {
  name: 'write_failed_look',
  text: `
UPDATE tracked_items SET last_tried_at = clock_timestamp(), sync_attempts = sync_attempts + 1, failures = failures + 1,
  not_before = now() + $3 * interval '1 millisecond', last_error = $4, version = version + 1, round = NULL,
  looking_until = now() + $3 * interval '1 millisecond', updated_at = now()
 WHERE tenant_id = $1 AND id = $2`,
}

/** Writes that a look has seen nothing, and how long the next one waits. Hints stay to be followed. */
export const writeFailedLook = async (
  client: PoolClient,
  tenantId: string,
  id: string,
  { waitMs, error }: { readonly waitMs: number; readonly error: string },
): Promise<void> => {
  await query(client, failedStatement, [tenantId, id, waitMs, error])
}

const participantsStatement: Statement = {
  name: 'write_participants',
  text: `
WITH gone AS (
  DELETE FROM tracked_participants WHERE tenant_id = $1 AND item_id = $2 AND position > json_array_length($3::json)
)
INSERT INTO tracked_participants (tenant_id, item_id, position, name, email, status, url, viewed_at, signed_at, refused_at)
SELECT $1, $2, p.ordinality, p.value->>'name', p.value->>'email', p.value->>'status', p.value->>'url',
       (p.value->>'viewed_at')::timestamptz, (p.value->>'signed_at')::timestamptz, (p.value->>'refused_at')::timestamptz
  FROM json_array_elements($3::json) WITH ORDINALITY p
ON CONFLICT (tenant_id, item_id, position) DO UPDATE SET name = excluded.name, email = excluded.email, status = excluded.status,
  url = excluded.url, viewed_at = excluded.viewed_at, signed_at = excluded.signed_at, refused_at = excluded.refused_at`,
}

/** Writes an item's people, in their order. */
export const writeParticipants = async (
  client: PoolClient,
  tenantId: string,
  id: string,
  participants: readonly ParticipantRow[],
): Promise<void> => {
  await query(client, participantsStatement, [tenantId, id, JSON.stringify(participants)])
}

const hintStatement: Statement = {
  name: 'hint_tracked_item',
  text: `
UPDATE tracked_items SET hints = hints + 1, last_hint = $4, refusal = coalesce(refusal, $5), version = version + 1
 WHERE tenant_id = $1 AND integration_id = $2 AND remote_id = $3 RETURNING id`,
}

/** Notes that an item is to be looked at again, and a refusal, the first one; undefined: nobody follows it. */
export const hintItem = async (
  client: PoolClient,
  tenantId: string,
  hint: {
    readonly integrationId: string
    readonly remoteId: string
    readonly type: string
    readonly refusal: RefusalRow | undefined
  },
): Promise<string | undefined> => {
  const { integrationId, remoteId, type, refusal } = hint
  const values = [tenantId, integrationId, remoteId, type, refusal ?? null]
  return (await query<{ id: string }>(client, hintStatement, values))[0]?.id
}
