/** The SQL of the fan-outs' API: one, a page, canceling. One tenant each, as carillon_app. */
import { countEnded, endedAs } from '../../delivery/end-accepted.ts'
import type { Statement } from '../../platform/db/statement.ts'

const columns = `
  f.id, f.event_id, s.subscription_id, f.rule_id, f.origin, f.state, f.audience, f.made, f.messages, f.skipped, f.skips,
  f.error_code, f.error_message, f.result, f.tries, CASE WHEN f.tries > 0 THEN f.due_at END AS next_try_at, f.created_at, f.finished_at
  FROM fan_outs f LEFT JOIN subscriptions s ON s.tenant_id = f.tenant_id AND s.id = f.subscription`

/** $1 tenant, $2 id. */
export const findFanOut: Statement = {
  name: 'find_fan_out',
  text: `SELECT ${columns} WHERE f.tenant_id = $1 AND f.id = $2`,
}

/**
 * Newest first. $1 tenant, $2 subscriptionId, $3 state, $4 origin, $5 event, $6 before id, $7 limit; NULL: no filter.
 * Unnamed: each set of filters deserves its own plan.
 */
export const listFanOuts = `
SELECT ${columns}
 WHERE f.tenant_id = $1
   AND ($2::text IS NULL OR f.subscription = (SELECT x.id FROM subscriptions x WHERE x.tenant_id = $1 AND x.subscription_id = $2))
   AND ($3::text IS NULL OR f.state = $3) AND ($4::text IS NULL OR f.origin = $4)
   AND ($5::uuid IS NULL OR f.event_id = $5) AND ($6::uuid IS NULL OR f.id < $6)
 ORDER BY f.id DESC LIMIT $7`

/** The subscription of this name. $1 tenant, $2 subscriptionId. */
export const findTriggered: Statement = {
  name: 'find_triggered',
  text: `SELECT id FROM subscriptions WHERE tenant_id = $1 AND subscription_id = $2`,
}

/** What a repeated trigger has led to, with what it was. $1 tenant, $2 event. */
export const findRepeated: Statement = {
  name: 'find_repeated_trigger',
  text: `
SELECT f.id, e.subject, e.data FROM fan_outs f
  JOIN events e ON e.tenant_id = f.tenant_id AND e.id = f.event_id
 WHERE f.tenant_id = $1 AND f.event_id = $2 AND f.origin = 'trigger'`,
}

/** Stops an open one; whoever has it finds its fence gone. $1 tenant, $2 id, $3 who. */
export const cancelFanOut: Statement = {
  name: 'cancel_fan_out',
  text: `
UPDATE fan_outs SET state = 'canceled', error_code = 'canceled', error_message = 'canceled by ' || $3::text,
       fence = fence + 1, finished_at = clock_timestamp()
 WHERE tenant_id = $1 AND id = $2 AND state = 'open' RETURNING id`,
}

/**
 * Ends waiting deliveries of a fan-out, some at a time, in the order of their ids. One way only to the rows, as in the
 * engine's statements: the queue was empty when it was last analysed. Those of a fan-out are its subscription's
 * that were made in its time; a minute is for clocks that differ. $1 tenant, $2 fan-out, $3 after this id, $4 how many are
 * looked at, $5 who, $6 shard.
 */
export const cancelDeliveries: Statement = {
  name: 'cancel_fan_out_deliveries',
  text: `
WITH seen AS MATERIALIZED (
  SELECT d.id FROM fan_outs f CROSS JOIN LATERAL (
    SELECT d.id FROM deliveries d
     WHERE d.tenant_id = f.tenant_id AND d.subscription = f.subscription AND d.fan_out = f.id AND d.id > $3::uuid
       AND d.id >= carillon_uuid_floor(f.created_at - interval '1 minute')
       AND d.id < carillon_uuid_floor(coalesce(f.finished_at, clock_timestamp()) + interval '1 minute')
     ORDER BY d.id LIMIT $4) d
   WHERE f.tenant_id = $1 AND f.id = $2
), picked AS MATERIALIZED (
  SELECT q.tenant_id, q.delivery_id FROM seen CROSS JOIN LATERAL (
    SELECT q.tenant_id, q.delivery_id FROM delivery_queue q
     WHERE q.tenant_id = $1 AND q.delivery_id = seen.id AND q.lease_owner IS NULL FOR UPDATE SKIP LOCKED) q
), gone AS (
  DELETE FROM delivery_queue q USING picked p
   WHERE q.tenant_id = ANY (ARRAY[p.tenant_id]) AND q.delivery_id = ANY (ARRAY[p.delivery_id]) AND q.lease_owner IS NULL
  RETURNING q.*
), ${endedAs('canceled')}, kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, possible_duplicate, settled_at)
  SELECT tenant_id, delivery_id, fence + 1, end_state, prelude || 'canceled by ' || $5::text || ' with its fan-out', step, integration_id,
         clock_timestamp(), possible_duplicate, clock_timestamp() FROM ended
), ${countEnded('canceled', '$6')}
SELECT (SELECT id FROM seen ORDER BY id DESC LIMIT 1) AS last, (SELECT count(*) FROM seen)::int AS seen,
       (SELECT count(*) FROM gone)::int AS canceled`,
}
