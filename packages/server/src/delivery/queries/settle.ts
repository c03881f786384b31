/** The SQL of settling: what a batch of turns writes. How rows are found, and why so: `engine.ts`. */
import type { Statement } from '../../platform/db/statement.ts'
import { countCampaigns } from './count-campaigns.ts'

/** In `failure_causes` and `slot_counters`: of no campaign. */
const noCampaign = '00000000-0000-0000-0000-000000000000'

const inState = (state: string): string => `count(*) FILTER (WHERE state = '${state}')`

type SentParts = {
  /** Which of the rows; `q` is the queue's. */
  readonly only: string
  readonly counters: string
  /** CTEs after `counted`. */
  readonly after: string
}

const settleSent = ({ only, counters, after }: SentParts): string => `
WITH t AS (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::smallint[], $6::smallint[],
                       $7::timestamptz[], $8::int[], $9::smallint[], $10::text[], $11::boolean[]) WITH ORDINALITY
    AS t(tenant_id, delivery_id, fence, integration_id, attempt, step, started_at, duration_ms, http_status, provider_ids, possible_duplicate, place)
), done AS (
  DELETE FROM delivery_queue q USING t
   WHERE q.tenant_id = ANY (ARRAY[t.tenant_id]) AND q.delivery_id = ANY (ARRAY[t.delivery_id])
     AND q.lease_owner IS NOT NULL AND q.fence = t.fence${only}
  RETURNING t.*, q.campaign
), kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, attempt, step, integration_id, started_at,
                           duration_ms, http_status, provider_ids, possible_duplicate, settled_at, campaign)
  SELECT tenant_id, delivery_id, fence, 'sent', 'accepted', attempt, step, integration_id, started_at, duration_ms,
         http_status, provider_ids::text[], possible_duplicate, clock_timestamp(), campaign FROM done
), healed AS (
  UPDATE integration_states s SET breaker_state = 'closed', failures = 0, open_until = NULL, open_reason = NULL,
         last_success_at = clock_timestamp()
    FROM (SELECT DISTINCT tenant_id, integration_id FROM done WHERE $13::boolean) x
   WHERE s.tenant_id = ANY (ARRAY[x.tenant_id]) AND s.integration_id = ANY (ARRAY[x.integration_id])
     AND (s.failures > 0 OR s.breaker_state <> 'closed')
), counted AS (
  INSERT INTO ${counters} AS c (tenant_id, day, integration_id, shard, sent, attempts)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, $12::smallint, count(*), count(*)
    FROM done GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard)
  DO UPDATE SET sent = c.sent + excluded.sent, attempts = c.attempts + excluded.attempts
  RETURNING 1
), ${after}
SELECT count(*)::int AS n, CASE WHEN count(*) < cardinality($2::uuid[]) THEN array_agg(place::int) END AS places FROM done`

/**
 * The hot settle: turns whose exchange was accepted, of no campaign, and nothing else in the transaction. Guarded by state AND fence;
 * returns how many turns were ours and, if not all, their places in the arrays, from 1 on.
 * A success closes the breaker and resets its count ($13), and costs nothing when there is nothing to reset.
 * It counts its slots itself: the triggers that do so for others were a fifth of a small batch (0.13 ms). Days first, then slots, as
 * they do: crosswise they would wait for each other.
 */
export const settleSentAcrossTenants: Statement = {
  name: 'settle_sent',
  text: settleSent({
    only: ' AND q.campaign IS NULL',
    counters: 'delivery_counters_hot',
    after: `slotted AS (
  INSERT INTO slot_counters AS c (tenant_id, slot, campaign, integration_id, shard, sent, attempts)
  SELECT tenant_id, date_bin('15 minutes', clock_timestamp(), '2000-01-01 00:00+00'), '${noCampaign}', integration_id, $12::smallint,
         count(*), count(*)
    FROM done WHERE (SELECT count(*) FROM counted) >= 0
   GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, slot, campaign, integration_id, shard)
  DO UPDATE SET sent = c.sent + excluded.sent, attempts = c.attempts + excluded.attempts
)`,
  }),
}

/** The same where some are of campaigns, or others are settled in the same transaction. */
export const settleSentOfAllAcrossTenants: Statement = {
  name: 'settle_sent_of_all',
  text: settleSent({
    only: '',
    counters: 'delivery_counters',
    after: countCampaigns('done', '$12', { sent: 'count(*)', attempts: 'count(*)' }),
  }),
}

/**
 * Every other settle, as JSON records (rare enough that clarity wins). Final turns delete the queue row, the others put
 * it back with its new place on the route. Guarded by state AND fence. $1 json array of records, $2 shard.
 * Postgres runs what nothing selects from in reverse: the causes, which are no integration's, are locked last. First, they
 * waited crosswise with a batch whose successes had counted already (T-D2).
 */
export const settleAcrossTenants: Statement = {
  name: 'settle',
  text: `
WITH t AS (
  SELECT * FROM json_to_recordset($1::json) AS t(
    tenant_id uuid, delivery_id uuid, fence int, integration_id uuid, state text, outcome text, reason text,
    attempt smallint, step smallint, started_at timestamptz, duration_ms int, http_status smallint, provider_code text,
    provider_message text, provider_ids json, possible_duplicate boolean,
    due_at timestamptz, pending_reason text, next_integration_id uuid, next_step smallint, round smallint,
    step_tries smallint, dead int, marks smallint, wait_until timestamptz, next_possible_duplicate boolean,
    moved_to text, crashes smallint, attempt_count smallint)
), gone AS (
  DELETE FROM delivery_queue q USING t
   WHERE t.due_at IS NULL AND q.tenant_id = ANY (ARRAY[t.tenant_id]) AND q.delivery_id = ANY (ARRAY[t.delivery_id])
     AND q.lease_owner IS NOT NULL AND q.fence = t.fence
  RETURNING t.*, q.campaign
), back AS (
  UPDATE delivery_queue q
     SET state = 'pending', lease_owner = NULL, due_at = t.due_at, reason = t.pending_reason,
         integration_id = t.next_integration_id, step = t.next_step, round = t.round, step_tries = t.step_tries,
         dead = t.dead, marks = t.marks, wait_until = t.wait_until,
         possible_duplicate = t.next_possible_duplicate, moved_to = t.moved_to, crashes = t.crashes,
         attempt_count = t.attempt_count
    FROM t
   WHERE t.due_at IS NOT NULL AND q.tenant_id = ANY (ARRAY[t.tenant_id]) AND q.delivery_id = ANY (ARRAY[t.delivery_id])
     AND q.lease_owner IS NOT NULL AND q.fence = t.fence
  RETURNING t.*, q.campaign
), done AS (
  SELECT * FROM gone UNION ALL SELECT * FROM back
), causes AS (
  INSERT INTO failure_causes AS c (tenant_id, slot, campaign, cause, shard, n)
  SELECT tenant_id, date_bin('15 minutes', clock_timestamp(), '2000-01-01 00:00+00'), coalesce(campaign, '${noCampaign}'),
         coalesce(outcome, 'none'), $2::smallint, count(*)
    FROM gone WHERE state = 'failed' GROUP BY tenant_id, coalesce(campaign, '${noCampaign}'), coalesce(outcome, 'none') ORDER BY 1, 3, 4
  ON CONFLICT (tenant_id, slot, campaign, cause, shard) DO UPDATE SET n = c.n + excluded.n
), kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, reason, attempt, step, integration_id,
         started_at, duration_ms, http_status, provider_code, provider_message, provider_ids, possible_duplicate,
         next_due_at, settled_at, campaign)
  SELECT tenant_id, delivery_id, fence, state, outcome, reason, attempt, step, integration_id, started_at, duration_ms,
         http_status, provider_code, provider_message,
         CASE WHEN provider_ids IS NULL THEN NULL ELSE ARRAY(SELECT json_array_elements_text(provider_ids)) END,
         possible_duplicate, due_at, clock_timestamp(), campaign FROM done
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, attempts, sent, failed, expired, suppressed, canceled, skipped)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, $2::smallint,
         count(outcome), count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'failed'),
         count(*) FILTER (WHERE state = 'expired'), count(*) FILTER (WHERE state = 'suppressed'),
         count(*) FILTER (WHERE state = 'canceled'), count(*) FILTER (WHERE state = 'skipped')
    FROM done GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard)
  DO UPDATE SET attempts = c.attempts + excluded.attempts, sent = c.sent + excluded.sent, failed = c.failed + excluded.failed,
                expired = c.expired + excluded.expired, suppressed = c.suppressed + excluded.suppressed,
                canceled = c.canceled + excluded.canceled, skipped = c.skipped + excluded.skipped
), ${countCampaigns('done', '$2', {
    attempts: 'count(outcome)',
    sent: inState('sent'),
    failed: inState('failed'),
    expired: inState('expired'),
    suppressed: inState('suppressed'),
    canceled: inState('canceled'),
    skipped: inState('skipped'),
  })}
SELECT delivery_id, fence FROM done`,
}
