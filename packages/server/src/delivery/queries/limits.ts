/**
 * The SQL of what bounds sending: the states of integrations (breaker, pause, rate), recipients' limits.
 * Statements only, across tenants and with one way to their rows each, as `engine.ts` explains.
 */

import type { Statement } from '../../platform/db/statement.ts'

/** The states of some integrations, locked in key order. $1 tenants, $2 integrations. */
export const lockStatesAcrossTenants: Statement = {
  name: 'lock_states',
  text: `
SELECT s.tenant_id, s.integration_id, s.breaker_state, s.failures, s.open_until, s.open_reason, s.paused_until
  FROM (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS x(tenant_id, integration_id) ORDER BY 1, 2) x
 CROSS JOIN LATERAL (SELECT * FROM integration_states s
                      WHERE s.tenant_id = x.tenant_id AND s.integration_id = x.integration_id FOR UPDATE) s`,
}

/** Writes breakers, pauses and the last error back. $1 json records. */
export const saveStatesAcrossTenants: Statement = {
  name: 'save_states',
  text: `
UPDATE integration_states s
   SET breaker_state = t.breaker_state, failures = t.failures, open_until = t.open_until, open_reason = t.open_reason,
       opened_count = s.opened_count + CASE WHEN t.opened THEN 1 ELSE 0 END,
       paused_until = greatest(s.paused_until, t.paused_until),
       last_error = coalesce(t.last_error, s.last_error),
       last_error_at = CASE WHEN t.last_error IS NULL THEN s.last_error_at ELSE clock_timestamp() END
  FROM json_to_recordset($1::json) AS t(tenant_id uuid, integration_id uuid, breaker_state text, failures int,
       open_until timestamptz, open_reason text, opened boolean, paused_until timestamptz, last_error text)
 WHERE s.tenant_id = ANY (ARRAY[t.tenant_id]) AND s.integration_id = ANY (ARRAY[t.integration_id])`,
}

/** A recipient asked for a wait. $1 json records {tenant_id, integration_id, address, until}. */
export const pauseRecipientsAcrossTenants: Statement = {
  name: 'pause_recipients',
  text: `
INSERT INTO recipient_limits AS r (tenant_id, integration_id, address, tat)
SELECT DISTINCT ON (tenant_id, integration_id, address) tenant_id, integration_id, address, until
  FROM json_to_recordset($1::json) AS t(tenant_id uuid, integration_id uuid, address text, until timestamptz)
 ORDER BY tenant_id, integration_id, address, until DESC
ON CONFLICT (tenant_id, integration_id, address) DO UPDATE SET tat = greatest(r.tat, excluded.tat)`,
}

/**
 * The one probe of an open breaker: a lease on the row itself. A probe that got lost is given again after its time.
 * $1 tenant, $2 integration, $3 how long the probe may take, in ms.
 */
export const takeProbeAcrossTenants: Statement = {
  name: 'take_probe',
  text: `
UPDATE integration_states
   SET breaker_state = 'half_open', open_until = clock_timestamp() + $3::double precision * interval '1 millisecond'
 WHERE tenant_id = $1 AND integration_id = $2 AND breaker_state IN ('open', 'half_open') AND open_until <= clock_timestamp()
RETURNING 1`,
}

/**
 * GCRA slots of an integration (mirror of domain/rate-limit.ts takeSlots). $3 interval in ms, $4 burst, $5 wanted, $6 horizon in ms.
 */
export const takeSlotsAcrossTenants: Statement = {
  name: 'take_slots',
  text: `
WITH b AS (
  SELECT s.tenant_id, s.integration_id,
         greatest(coalesce(s.tat, clock_timestamp() - ($4::double precision - 1) * $3::double precision * interval '1 millisecond'),
                  clock_timestamp() - ($4::double precision - 1) * $3::double precision * interval '1 millisecond') AS first_at
    FROM integration_states s WHERE s.tenant_id = $1 AND s.integration_id = $2 FOR UPDATE
), g AS (
  SELECT b.*, greatest(0, least($5::int, floor((extract(epoch FROM clock_timestamp() - first_at) * 1000 + $6::double precision) / $3::double precision)::int + 1)) AS n FROM b
)
UPDATE integration_states s SET tat = CASE WHEN g.n > 0 THEN g.first_at + g.n * $3::double precision * interval '1 millisecond' ELSE s.tat END
  FROM g WHERE s.tenant_id = ANY (ARRAY[g.tenant_id]) AND s.integration_id = ANY (ARRAY[g.integration_id])
RETURNING g.first_at, g.n`,
}

/** Rows for recipients that have none yet. $1 tenants, $2 integrations, $3 addresses. */
export const ensureRecipientsAcrossTenants: Statement = {
  name: 'ensure_recipients',
  text: `
INSERT INTO recipient_limits (tenant_id, integration_id, address, tat)
SELECT t.*, '-infinity' FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS t(tenant_id, integration_id, address)
 ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING`,
}

/**
 * GCRA slots of recipients, several of one recipient in one call. $1 tenants, $2 integrations, $3 addresses, $4 count,
 * $5 interval ms, $6 burst. Returns the first slot of each and how many were granted: only those whose time has come, since
 * a slot taken for later would be lost, and taken again, by whoever asks then. The next ones are an interval apart.
 */
export const takeRecipientSlotsAcrossTenants: Statement = {
  name: 'take_recipient_slots',
  text: `
WITH b AS (
  SELECT r.tenant_id, r.integration_id, r.address, t.n, t.step, c.at,
         greatest(r.tat, c.at - (t.burst - 1) * t.step * interval '1 millisecond') AS first_at
    FROM (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::double precision[], $6::int[])
            AS t(tenant_id, integration_id, address, n, step, burst) ORDER BY 1, 2, 3) t
    CROSS JOIN LATERAL (SELECT * FROM recipient_limits r WHERE r.tenant_id = t.tenant_id
                           AND r.integration_id = t.integration_id AND r.address = t.address FOR UPDATE) r
    CROSS JOIN (SELECT clock_timestamp() AS at) c
), g AS (
  SELECT b.*, greatest(0, least(n, floor(extract(epoch FROM at - first_at) * 1000 / step)::int + 1)) AS granted FROM b
)
UPDATE recipient_limits r SET tat = g.first_at + g.granted * g.step * interval '1 millisecond'
  FROM g
 WHERE r.tenant_id = ANY (ARRAY[g.tenant_id]) AND r.integration_id = ANY (ARRAY[g.integration_id])
   AND r.address = ANY (ARRAY[g.address])
RETURNING r.tenant_id, r.integration_id, r.address, g.first_at, g.granted`,
}

/** Limits of recipients that were not written to for an hour say nothing any more. $1 how many at most. */
export const forgetRecipientsAcrossTenants: Statement = {
  name: 'forget_recipients',
  text: `DELETE FROM recipient_limits WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM recipient_limits WHERE tat < statement_timestamp() - interval '1 hour'
     ORDER BY tat LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
}
