/** The SQL of what sources and hooks bring beside events: quarantine, calls, hints. One integration each: role engine. */
import type { Statement } from '../../platform/db/statement.ts'

/** Keeps what could not be read; what is there already stays as it is. $1 tenant, $2 integration, $3.. ids, item ids, reasons, raw, sizes. */
export const keepUnreadable: Statement = {
  name: 'keep_unreadable',
  text: `
INSERT INTO source_quarantine (tenant_id, integration_id, id, item_id, reason, raw, raw_bytes)
SELECT $1, $2, u.id, u.item_id, u.reason, u.raw, u.raw_bytes
  FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::int[]) AS u(id, item_id, reason, raw, raw_bytes)
ON CONFLICT (tenant_id, integration_id, item_id) DO NOTHING RETURNING id`,
}

/** Notes a call; no row comes back when it is a repetition within $4 ms. $1 tenant, $2 integration, $3 call. */
export const noteCall: Statement = {
  name: 'note_source_call',
  text: `
INSERT INTO source_calls AS c (tenant_id, integration_id, call_id) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, integration_id, call_id) DO UPDATE SET received_at = clock_timestamp()
 WHERE c.received_at < clock_timestamp() - $4 * interval '1 millisecond' RETURNING call_id`,
}

/** Keeps hints; a repetition is not kept again. $1 tenant, $2 integration, $3.. ids, keys, types, data. */
export const keepHints: Statement = {
  name: 'keep_source_hints',
  text: `
INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type, data)
SELECT $1, $2, h.hint_id, h.key, h.type, h.data::json
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS h(hint_id, key, type, data)
ON CONFLICT DO NOTHING RETURNING hint_id`,
}

/** Hints that are open, oldest first, locked until the transaction ends. $1 tenant, $2 integration, $3 how many. */
export const takeHints: Statement = {
  name: 'take_source_hints',
  text: `
SELECT hint_id, key, type, data, received_at FROM source_hints
 WHERE tenant_id = $1 AND integration_id = $2 AND applied_at IS NULL ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED`,
}

/** $1 tenant, $2 integration, $3 hints. */
export const markHintsApplied: Statement = {
  name: 'mark_source_hints',
  text: `
UPDATE source_hints SET applied_at = clock_timestamp() WHERE tenant_id = $1 AND integration_id = $2 AND hint_id = ANY ($3::text[])`,
}

/** Something came by the hook. $1 tenant, $2 integration. */
export const noteHookEvent: Statement = {
  name: 'note_source_hook',
  text: `
UPDATE source_states SET last_ok_at = clock_timestamp(), last_event_at = clock_timestamp() WHERE tenant_id = $1 AND integration_id = $2`,
}

/** Whether a hook may be taken. $1 tenant, $2 integration. */
export const findHookState: Statement = {
  name: 'find_source_hook_state',
  text: `
SELECT i.enabled, i.deleted_at IS NOT NULL AS deleted, coalesce(s.state = 'stopped', false) AS stopped, i.name,
       EXISTS (SELECT FROM tenants t WHERE t.tenant_id = i.tenant_id AND (t.suspended_at IS NOT NULL OR t.deleted_at IS NOT NULL)) AS suspended
  FROM integrations i LEFT JOIN source_states s ON s.tenant_id = i.tenant_id AND s.integration_id = i.id
 WHERE i.tenant_id = $1 AND i.id = $2`,
}
