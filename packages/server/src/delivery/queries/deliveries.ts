/** The SQL behind the deliveries' API: lists, one delivery with its timeline, resend, cancel. One tenant each, as carillon_app. */
import { pageOfWalk, type Walk } from '../../platform/db/bounded-walk.ts'
import type { Statement } from '../../platform/db/statement.ts'
import { countEndedOfAll, endedAs } from '../end-accepted.ts'

/**
 * A delivery with its state, its place, and its last turn. The queue's row and the settlement come from one snapshot, so
 * a delivery is never seen without a state. A row that waits only because its breaker is open says so; one that waits for a
 * receipt asks nothing of its integration.
 */
const isHeldByBreaker = `q.state = 'pending' AND q.when_open = 'hold' AND q.reason <> 'awaiting_receipt' AND b.breaker_state <> 'closed'`

const columns = `
  d.id, d.event_id, d.rule_id, d.plan_id, d.resend_of, d.recipient, d.addresses, d.send_until, d.created_at,
  (SELECT x.subscription_id FROM subscriptions x WHERE x.tenant_id = d.tenant_id AND x.id = d.subscription) AS subscription,
  d.user_id, d.fan_out, d.campaign,
  coalesce(q.state, l.state) AS state,
  CASE WHEN ${isHeldByBreaker} THEN 'breaker_open' ELSE q.reason END AS pending_reason,
  CASE WHEN q.state = 'pending' THEN CASE WHEN ${isHeldByBreaker} THEN greatest(q.due_at, b.open_until) ELSE q.due_at END END AS due_at,
  coalesce(q.integration_id, l.integration_id) AS integration_id, i.channel,
  coalesce(q.step, l.step) AS step,
  coalesce(q.attempt_count + CASE WHEN q.state = 'sending' THEN 1 ELSE 0 END,
           (SELECT max(a.attempt) FROM settlements a WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.id), 0) AS attempt_count,
  coalesce(q.possible_duplicate, l.possible_duplicate) AS possible_duplicate,
  CASE WHEN l.state IN ('sent', 'delivered', 'bounced') THEN CASE WHEN l.outcome = 'accepted' THEN l.settled_at ELSE coalesce(
    (SELECT max(a.settled_at) FROM settlements a WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.id AND a.outcome = 'accepted'), l.settled_at) END END AS sent_at,
  CASE WHEN l.state NOT IN ('sent', 'delivered') AND (l.state <> 'pending' OR l.outcome IS DISTINCT FROM 'accepted') THEN l.reason END AS last_error`

const joins = `
  LEFT JOIN LATERAL (SELECT s.* FROM settlements s WHERE s.tenant_id = d.tenant_id AND s.delivery_id = d.id ORDER BY s.turn DESC LIMIT 1) l ON true
  LEFT JOIN integrations i ON i.tenant_id = d.tenant_id AND i.id = coalesce(q.integration_id, l.integration_id)
  LEFT JOIN integration_states b ON b.tenant_id = q.tenant_id AND b.integration_id = q.integration_id`

const queueJoin = `LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id`

/** A page, newest first. $1 tenant. Unnamed on purpose: each set of filters deserves its own plan. */
export const listDeliveries = (walk: Walk): string => {
  const { head, from } = pageOfWalk(walk)
  return `${head} SELECT ${columns}, w.scan_end FROM ${from} LEFT JOIN deliveries d ON d.tenant_id = $1 AND d.id = w.id ${queueJoin} ${joins}
 WHERE d.id IS NOT NULL OR w.id IS NULL ORDER BY w.id DESC NULLS LAST`
}

/**
 * Ids of deliveries to recipients that begin so. $1 tenant, $2 beginnings, $3 how many at most of each. In the order of the index, by
 * bytes: LIKE is not leakproof, and behind row-level security it would never reach it.
 */
export const findByBeginning: Statement = {
  name: 'find_by_beginning',
  text: `
SELECT DISTINCT f.id FROM unnest($2::text[]) AS b(beginning) CROSS JOIN LATERAL (
  SELECT d.id FROM deliveries d WHERE d.tenant_id = $1 AND d.recipient ~>=~ b.beginning AND d.recipient ~<~ (b.beginning || chr(1114109))
   ORDER BY d.recipient USING ~<~ LIMIT $3) f`,
}

/** Some deliveries as lists show them. $1 tenant, $2 ids. */
export const findDeliveriesById: Statement = {
  name: 'find_deliveries_by_id',
  text: `SELECT ${columns} FROM deliveries d ${queueJoin} ${joins} WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[]) ORDER BY d.id`,
}

/** $1 tenant, $2 id. */
export const findDelivery: Statement = {
  name: 'find_delivery',
  text: `SELECT ${columns} FROM deliveries d ${queueJoin} ${joins} WHERE d.tenant_id = $1 AND d.id = $2`,
}

/** The whole timeline, oldest first. $1 tenant, $2 delivery. */
export const findTurns: Statement = {
  name: 'find_turns',
  text: `
SELECT turn, state, outcome, reason, attempt, step, integration_id, started_at, duration_ms, http_status, provider_code,
       provider_message, provider_ids, possible_duplicate, next_due_at, settled_at
  FROM settlements WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY turn`,
}

/**
 * A new delivery that repeats an old one: same plan, same addresses, a deadline of its own (never after its campaign's end);
 * not one of its fan-out or campaign, whose sums stay right. Writes nothing when the plan or the event is gone, or the
 * campaign is over. $1 tenant, $2 old id, $3 new id, $4 counters' shard.
 */
export const resendDelivery: Statement = {
  name: 'resend_delivery',
  text: `
WITH made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, ordering_key, resend_of, created_at,
                          subscription, registration, user_id, contact, context, time_zone)
  SELECT d.tenant_id, $3, d.event_id, d.rule_id, d.plan_id, d.addresses, d.recipient,
         least(clock_timestamp() + (p.body->>'sendForMs')::double precision * interval '1 millisecond', c.ends_at),
         d.ordering_key, d.id, clock_timestamp(), d.subscription, d.registration, d.user_id, d.contact, d.context, d.time_zone
    FROM deliveries d JOIN plans p ON p.tenant_id = d.tenant_id AND p.id = d.plan_id
    LEFT JOIN campaigns c ON c.tenant_id = d.tenant_id AND c.id = d.campaign
   WHERE (c.ends_at IS NULL OR c.ends_at > clock_timestamp()) AND d.tenant_id = $1 AND d.id = $2
     AND EXISTS (SELECT FROM events e WHERE e.tenant_id = d.tenant_id AND e.id = d.event_id)
  RETURNING tenant_id, id, plan_id, send_until, ordering_key
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, due_at, send_until, ordering_key, when_open)
  SELECT m.tenant_id, m.id, (p.body->'steps'->0->>'integrationId')::uuid, (p.body->>'priority')::smallint,
         clock_timestamp(), m.send_until, m.ordering_key, p.body->>'whenOpen'
    FROM made m JOIN plans p ON p.tenant_id = m.tenant_id AND p.id = m.plan_id
  RETURNING tenant_id, integration_id, priority
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, $4::smallint, 1 FROM queued
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + 1
)
SELECT integration_id, priority FROM queued`,
}

/** Ends a delivery that waits: as canceled, or as sent where a provider has accepted it already. One that is being sent right now is not there to be canceled. $1 tenant, $2 id, $3 who, $4 shard. */
export const cancelDelivery: Statement = {
  name: 'cancel_delivery',
  text: `
WITH gone AS (
  DELETE FROM delivery_queue q WHERE q.tenant_id = $1 AND q.delivery_id = $2 AND q.state = 'pending' RETURNING q.*
), ${endedAs('canceled')}, kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, possible_duplicate, settled_at, campaign)
  SELECT tenant_id, delivery_id, fence + 1, end_state, prelude || 'canceled by ' || $3, step, integration_id, clock_timestamp(),
         possible_duplicate, clock_timestamp(), campaign FROM ended
), ${countEndedOfAll('canceled', '$4')}
SELECT delivery_id FROM gone`,
}
