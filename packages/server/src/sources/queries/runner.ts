/** The SQL of running sources, across tenants: role engine. What a lease may write is guarded by its fence. */
import type { WorkQuestion } from '../../platform/db/ask-for-work.ts'
import type { Statement } from '../../platform/db/statement.ts'

/** Sources that have no state yet (made by an older version) get one. $1 connectors that are sources, $2 those that run by themselves. */
export const adoptAcrossTenants: Statement = {
  name: 'adopt_sources',
  text: `
INSERT INTO source_states (tenant_id, integration_id, next_poll_at)
SELECT i.tenant_id, i.id, CASE WHEN i.enabled AND i.connector = ANY ($2::text[]) THEN clock_timestamp() END FROM integrations i
 WHERE i.connector = ANY ($1::text[]) AND i.deleted_at IS NULL
   AND NOT EXISTS (SELECT FROM source_states s WHERE s.tenant_id = i.tenant_id AND s.integration_id = i.id)
ON CONFLICT DO NOTHING RETURNING integration_id`,
}

/** Is any due that a worker runs, and nobody has it? $1 connectors. */
export const sourcesDueAcrossTenants = (connectors: readonly string[]): WorkQuestion => ({
  text: `
EXISTS (SELECT FROM source_states s
  JOIN integrations i ON i.tenant_id = s.tenant_id AND i.id = s.integration_id AND i.enabled AND i.deleted_at IS NULL
  JOIN tenants t ON t.tenant_id = s.tenant_id AND t.suspended_at IS NULL AND t.deleted_at IS NULL
 WHERE s.next_poll_at <= statement_timestamp() AND (s.lease_owner IS NULL OR s.lease_until < statement_timestamp())
   AND s.state <> 'stopped' AND i.connector = ANY ($1::text[]))`,
  values: [connectors],
})

/**
 * Takes due sources: nobody else runs them until the lease ends or is given back. A run whose worker was lost is told so.
 * Tenants take turns, so that one with many slow sources holds up nobody else's; none gets more than a share of the process's
 * places. $1 owner, $2 lease in ms, $3 connectors, $4 ids for the runs; as many as there are. $5 the tenants of what the
 * process has already, one entry a source, $6 how many one tenant may have.
 */
export const claimAcrossTenants: Statement = {
  name: 'claim_sources',
  text: `
WITH due AS MATERIALIZED (
  SELECT s.tenant_id, s.integration_id, s.wanted_run, s.wanted_by, s.next_poll_at AS due_at, row_number() OVER () AS n
    FROM (SELECT s.* FROM source_states s
            JOIN integrations i ON i.tenant_id = s.tenant_id AND i.id = s.integration_id
            JOIN tenants t ON t.tenant_id = s.tenant_id
            JOIN (SELECT d.tenant_id, d.integration_id,
                         row_number() OVER (PARTITION BY d.tenant_id ORDER BY d.next_poll_at) + coalesce(h.n, 0) AS turn
                    FROM source_states d JOIN integrations di ON di.tenant_id = d.tenant_id AND di.id = d.integration_id
                    LEFT JOIN (SELECT tenant_id, count(*) AS n FROM unnest($5::uuid[]) AS had(tenant_id) GROUP BY tenant_id) h
                      ON h.tenant_id = d.tenant_id
                   WHERE d.next_poll_at <= clock_timestamp() AND (d.lease_owner IS NULL OR d.lease_until < clock_timestamp())
                     AND d.state <> 'stopped' AND di.connector = ANY ($3::text[]) AND di.enabled AND di.deleted_at IS NULL) turns
              ON turns.tenant_id = s.tenant_id AND turns.integration_id = s.integration_id
           WHERE s.next_poll_at <= clock_timestamp() AND (s.lease_owner IS NULL OR s.lease_until < clock_timestamp())
             AND s.state <> 'stopped' AND i.connector = ANY ($3::text[]) AND i.enabled AND i.deleted_at IS NULL
             AND t.suspended_at IS NULL AND t.deleted_at IS NULL AND turns.turn <= $6
           ORDER BY turns.turn, s.next_poll_at LIMIT cardinality($4::uuid[]) FOR UPDATE OF s SKIP LOCKED) s
), lost AS (
  UPDATE source_runs r SET ended_at = clock_timestamp(), outcome = 'lost', reason = 'the worker was lost'
    FROM due d WHERE r.tenant_id = d.tenant_id AND r.integration_id = d.integration_id AND r.ended_at IS NULL
), taken AS (
  UPDATE source_states s SET state = 'running', lease_owner = $1, fence = s.fence + 1, last_run_at = clock_timestamp(),
         lease_until = clock_timestamp() + $2 * interval '1 millisecond', wanted_run = NULL, wanted_by = NULL
    FROM due d WHERE s.tenant_id = d.tenant_id AND s.integration_id = d.integration_id
  RETURNING s.tenant_id, s.integration_id, s.fence, s.cursor, s.failures, coalesce(d.wanted_run, ($4::uuid[])[d.n]) AS run_id,
            d.wanted_by, extract(epoch FROM clock_timestamp() - d.due_at) * 1000 AS late_ms
), begun AS (
  INSERT INTO source_runs (tenant_id, id, integration_id, by_hand)
  SELECT tenant_id, run_id, integration_id, wanted_by FROM taken
)
SELECT t.*, i.connector, i.name, i.settings, i.secrets FROM taken t
  JOIN integrations i ON i.tenant_id = t.tenant_id AND i.id = t.integration_id`,
}

/** Which of these are still ours to run; their leases begin anew. $1 owner, $2 lease in ms, $3.. tenants, integrations, fences. */
export const renewAcrossTenants: Statement = {
  name: 'renew_sources',
  text: `
UPDATE source_states s SET lease_until = clock_timestamp() + $2 * interval '1 millisecond'
  FROM unnest($3::uuid[], $4::uuid[], $5::bigint[]) AS h(tenant_id, integration_id, fence)
 WHERE s.tenant_id = h.tenant_id AND s.integration_id = h.integration_id AND s.fence = h.fence AND s.lease_owner = $1
   AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = s.tenant_id AND (t.suspended_at IS NOT NULL OR t.deleted_at IS NOT NULL))
RETURNING s.integration_id`,
}

/** Which of these are still ours to run. $1 owner, $2.. tenants, integrations, fences. */
export const stillOursAcrossTenants: Statement = {
  name: 'sources_still_ours',
  text: `
SELECT s.integration_id FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS h(tenant_id, integration_id, fence)
  JOIN source_states s ON s.tenant_id = h.tenant_id AND s.integration_id = h.integration_id
 WHERE s.fence = h.fence AND s.lease_owner = $1
   AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = s.tenant_id AND (t.suspended_at IS NOT NULL OR t.deleted_at IS NOT NULL))`,
}

/**
 * Moves the cursor, if the source is still ours; the row stays locked until the events are stored, too. $1 tenant,
 * $2 integration, $3 owner, $4 fence, $5 cursor as JSON text, $6 whether events came. Returns whether the tenant was told that it stopped.
 */
export const moveCursor: Statement = {
  name: 'move_source_cursor',
  text: `
UPDATE source_states s SET cursor = $5::text::json, failures = 0, last_ok_at = clock_timestamp(),
       last_event_at = CASE WHEN $6 THEN clock_timestamp() ELSE s.last_event_at END, told = false, reason = NULL
  FROM (SELECT o.tenant_id, o.integration_id, o.told FROM source_states o
         WHERE o.tenant_id = $1 AND o.integration_id = $2 AND o.lease_owner = $3 AND o.fence = $4 FOR UPDATE) o
 WHERE s.tenant_id = o.tenant_id AND s.integration_id = o.integration_id RETURNING o.told`,
}

/** $1 tenant, $2 run, $3 events, $4 duplicates, $5 unreadable, to be added. */
export const countRun: Statement = {
  name: 'count_source_run',
  text: `
UPDATE source_runs SET events = events + $3, duplicates = duplicates + $4, unreadable = unreadable + $5
 WHERE tenant_id = $1 AND id = $2`,
}

/**
 * Ends a run of ours and gives the lease back. Nothing is written about the source when it is no longer ours (stopped,
 * changed): then `was_ours` is false, and only the lease ends. $1 tenant, $2 integration, $3 owner, $4 fence, $5 run, $6 state,
 * $7 reason, $8 failures, $9 wait in ms (NULL: never by itself), $10 outcome, $11 whether the tenant is told that it stopped.
 */
export const endRun: Statement = {
  name: 'end_source_run',
  text: `
WITH ours AS (
  UPDATE source_states s SET state = $6, reason = $7, failures = $8, lease_owner = NULL, lease_until = NULL, told = s.told OR $11,
         next_poll_at = CASE WHEN $6 = 'stopped' THEN NULL WHEN s.wanted_run IS NOT NULL THEN clock_timestamp()
                             ELSE clock_timestamp() + $9::double precision * interval '1 millisecond' END
   WHERE s.tenant_id = $1 AND s.integration_id = $2 AND s.lease_owner = $3 AND s.fence = $4
  RETURNING s.integration_id
), let_go AS (
  UPDATE source_states s SET lease_owner = NULL, lease_until = NULL
   WHERE s.tenant_id = $1 AND s.integration_id = $2 AND s.lease_owner = $3 AND s.fence <> $4
), ended AS (
  UPDATE source_runs r SET ended_at = clock_timestamp(), outcome = CASE WHEN EXISTS (SELECT FROM ours) THEN $10 ELSE 'stopped' END,
         reason = CASE WHEN EXISTS (SELECT FROM ours) THEN $7 ELSE 'it was stopped, or its integration was changed' END
   WHERE r.tenant_id = $1 AND r.id = $5 AND r.ended_at IS NULL
)
SELECT EXISTS (SELECT FROM ours) AS was_ours`,
}

/** The leases of a process that had the database to itself and is gone: its sources are due. */
export const endAllLeasesAcrossTenants: Statement = {
  name: 'end_all_source_leases',
  text: `
WITH freed AS (
  UPDATE source_states s SET lease_owner = NULL, lease_until = NULL, state = CASE WHEN s.state = 'running' THEN 'idle' ELSE s.state END
   WHERE s.lease_owner IS NOT NULL RETURNING s.integration_id
), ended AS (
  UPDATE source_runs r SET ended_at = clock_timestamp(), outcome = 'lost', reason = 'the process ended' WHERE r.ended_at IS NULL
)
SELECT integration_id FROM freed`,
}

/** How many sources are in which state. */
export const countStatesAcrossTenants: Statement = {
  name: 'count_source_states',
  text: `
SELECT s.state, count(*)::int AS n,
       coalesce(max(extract(epoch FROM clock_timestamp() - s.next_poll_at)) FILTER (WHERE s.lease_owner IS NULL), 0)::float8 AS late_seconds
  FROM source_states s JOIN integrations i ON i.tenant_id = s.tenant_id AND i.id = s.integration_id
 WHERE i.enabled AND i.deleted_at IS NULL GROUP BY s.state`,
}

/** Forgets runs that ended over $1 ms ago, and those by plan that found nothing over $2 ms ago. */
export const forgetRunsAcrossTenants: Statement = {
  name: 'forget_source_runs',
  text: `
DELETE FROM source_runs r USING (SELECT tenant_id, id FROM source_runs
   WHERE started_at < clock_timestamp() - $2 * interval '1 millisecond' AND ended_at IS NOT NULL
     AND (ended_at < clock_timestamp() - $1 * interval '1 millisecond'
          OR (outcome = 'ok' AND events = 0 AND duplicates = 0 AND unreadable = 0 AND by_hand IS NULL))
   ORDER BY started_at LIMIT 1000) old
 WHERE r.tenant_id = old.tenant_id AND r.id = old.id RETURNING 1 AS gone`,
}

/** Forgets calls of hooks after $1 ms. */
export const forgetCallsAcrossTenants: Statement = {
  name: 'forget_source_calls',
  text: `
DELETE FROM source_calls c USING (SELECT tenant_id, integration_id, call_id FROM source_calls
   WHERE received_at < clock_timestamp() - $1 * interval '1 millisecond' ORDER BY received_at LIMIT 1000) old
 WHERE c.tenant_id = old.tenant_id AND c.integration_id = old.integration_id AND c.call_id = old.call_id RETURNING 1 AS gone`,
}

/** Forgets hints that were applied, and those that nobody wanted, after $1 ms. */
export const forgetHintsAcrossTenants: Statement = {
  name: 'forget_source_hints',
  text: `
DELETE FROM source_hints h USING (SELECT tenant_id, integration_id, hint_id FROM source_hints
   WHERE received_at < clock_timestamp() - $1 * interval '1 millisecond' ORDER BY received_at LIMIT 1000) old
 WHERE h.tenant_id = old.tenant_id AND h.integration_id = old.integration_id AND h.hint_id = old.hint_id RETURNING 1 AS gone`,
}

/** Forgets what lay in quarantine for $1 ms. */
export const forgetQuarantineAcrossTenants: Statement = {
  name: 'forget_source_quarantine',
  text: `
DELETE FROM source_quarantine q USING (SELECT tenant_id, id FROM source_quarantine
   WHERE received_at < clock_timestamp() - $1 * interval '1 millisecond' ORDER BY received_at LIMIT 200) old
 WHERE q.tenant_id = old.tenant_id AND q.id = old.id RETURNING 1 AS gone`,
}
