/** The SQL of receipts. They come for one integration at a time and are applied across tenants: role engine. */
import { mark } from '@carillon/domain/route-progress'
import { acceptedShift, isAcceptedBy } from '../delivery/end-accepted.ts'
import type { WorkQuestion } from '../platform/db/ask-for-work.ts'
import type { Statement } from '../platform/db/statement.ts'

/** An integration that a hook names. $1 id. Deleted ones still hear what became of their messages. */
export const findHookAcrossTenants: Statement = {
  name: 'find_hook',
  text: `
SELECT i.tenant_id, i.id, i.connector, i.name, i.settings, i.secrets FROM integrations i WHERE i.id = $1`,
}

/** Keeps receipts; a repetition is not kept again. $1 tenant, $2 integration, $3.. lists. Returns the keys of the new ones. */
export const keepReceipts: Statement = {
  name: 'keep_receipts',
  text: `
INSERT INTO receipts (tenant_id, integration_id, notice_key, delivery_id, provider_id, kind, occurred_at, reason, suppress, certified, event_id)
SELECT $1, $2, r.notice_key, r.delivery_id, r.provider_id, r.kind, coalesce(r.occurred_at, clock_timestamp()), r.reason, r.suppress,
       r.certified, r.event_id
  FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::text[], $10::boolean[], $11::uuid[])
    AS r(notice_key, delivery_id, provider_id, kind, occurred_at, reason, suppress, certified, event_id)
ON CONFLICT DO NOTHING RETURNING notice_key`,
}

/** Would the sweep find receipts that are due? */
export const receiptsDueAcrossTenants: WorkQuestion = {
  text: `EXISTS (SELECT FROM receipts WHERE state = 'waiting' AND next_try_at <= statement_timestamp())`,
}

/** Is it time to ask any provider? */
export const pollsDueAcrossTenants: WorkQuestion = {
  text: 'EXISTS (SELECT FROM receipt_polls WHERE next_try_at <= statement_timestamp())',
}

/**
 * Receipts that are due, locked, oldest notice first, each with the delivery that it is about and where that stands. A
 * receipt only reaches deliveries that ITS integration had a turn of. $1 how many, $2 integration (NULL: all).
 */
export const takeWaitingAcrossTenants: Statement = {
  name: 'take_waiting_receipts',
  text: `
SELECT r.tenant_id, r.integration_id, r.notice_key, r.kind, r.suppress, r.certified, r.tries, s.delivery_id, s.turn, s.step,
       coalesce(q.state, f.state) AS state, q.fence, coalesce(${isAcceptedBy('q', 's.step')}, false) AS is_awaited, f.turn AS final_turn, f.integration_id AS final_integration,
       d.addresses[s.step + 1] AS address, i.channel
  FROM (SELECT * FROM receipts r WHERE r.state = 'waiting' AND r.next_try_at <= clock_timestamp() AND ($2::uuid IS NULL OR r.integration_id = $2)
         ORDER BY r.next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED) r
  JOIN integrations i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id
  LEFT JOIN LATERAL (
    (SELECT s.delivery_id, s.turn, s.step FROM settlements s
      WHERE r.delivery_id IS NOT NULL AND s.tenant_id = r.tenant_id AND s.delivery_id = r.delivery_id
        AND s.integration_id = r.integration_id AND s.attempt IS NOT NULL ORDER BY s.turn DESC LIMIT 1)
    UNION ALL
    (SELECT s.delivery_id, s.turn, s.step FROM settlements s
      WHERE r.delivery_id IS NULL AND s.tenant_id = r.tenant_id AND s.integration_id = r.integration_id
        AND s.provider_ids[1] = r.provider_id AND s.provider_ids[1] IS NOT NULL ORDER BY s.delivery_id DESC LIMIT 1)
    LIMIT 1) s ON true
  LEFT JOIN deliveries d ON d.tenant_id = r.tenant_id AND d.id = s.delivery_id
  LEFT JOIN delivery_queue q ON q.tenant_id = r.tenant_id AND q.delivery_id = s.delivery_id
  LEFT JOIN LATERAL (SELECT f.state, f.turn, f.integration_id FROM settlements f
      WHERE f.tenant_id = r.tenant_id AND f.delivery_id = s.delivery_id AND f.state <> 'pending'
      ORDER BY f.turn DESC LIMIT 1) f ON true
 ORDER BY r.occurred_at, r.notice_key`,
}

/**
 * A final delivery gets the state that a receipt gives it, if nobody moved it in between; the counters of the day on
 * which it ended follow. $1 tenants, $2 deliveries, $3 turns, $4 from, $5 to, $6 shard. Returns the deliveries moved.
 */
export const moveFinalAcrossTenants: Statement = {
  name: 'move_final_deliveries',
  text: `
WITH moved AS (
  UPDATE settlements s SET state = m.to_state
    FROM (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[]) AS m(tenant_id, delivery_id, turn, from_state, to_state) ORDER BY 1, 2) m
   WHERE s.tenant_id = m.tenant_id AND s.delivery_id = m.delivery_id AND s.turn = m.turn AND s.state = m.from_state
  RETURNING s.tenant_id, s.delivery_id, s.integration_id, (s.settled_at AT TIME ZONE 'UTC')::date AS day,
         s.campaign, date_trunc('hour', s.settled_at) AS hour, m.from_state, m.to_state
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, sent, delivered, bounced, failed, expired)
  SELECT tenant_id, day, integration_id, $6::smallint,
         -count(*) FILTER (WHERE from_state = 'sent'),
         count(*) FILTER (WHERE to_state = 'delivered') - count(*) FILTER (WHERE from_state = 'delivered'),
         count(*) FILTER (WHERE to_state = 'bounced') - count(*) FILTER (WHERE from_state = 'bounced'),
         -count(*) FILTER (WHERE from_state = 'failed'), -count(*) FILTER (WHERE from_state = 'expired')
    FROM moved GROUP BY tenant_id, day, integration_id ORDER BY tenant_id, day, integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard)
  DO UPDATE SET sent = c.sent + excluded.sent, delivered = c.delivered + excluded.delivered, bounced = c.bounced + excluded.bounced,
                failed = c.failed + excluded.failed, expired = c.expired + excluded.expired
), campaigns_counted AS (
  INSERT INTO campaign_counters AS c (tenant_id, campaign, hour, integration_id, shard, sent, delivered, bounced, failed, expired)
  SELECT tenant_id, campaign, hour, integration_id, $6::smallint,
         -count(*) FILTER (WHERE from_state = 'sent'),
         count(*) FILTER (WHERE to_state = 'delivered') - count(*) FILTER (WHERE from_state = 'delivered'),
         count(*) FILTER (WHERE to_state = 'bounced') - count(*) FILTER (WHERE from_state = 'bounced'),
         -count(*) FILTER (WHERE from_state = 'failed'), -count(*) FILTER (WHERE from_state = 'expired')
    FROM moved WHERE campaign IS NOT NULL
   GROUP BY tenant_id, campaign, hour, integration_id ORDER BY tenant_id, campaign, hour, integration_id
  ON CONFLICT (tenant_id, campaign, hour, integration_id, shard)
  DO UPDATE SET sent = c.sent + excluded.sent, delivered = c.delivered + excluded.delivered, bounced = c.bounced + excluded.bounced,
                failed = c.failed + excluded.failed, expired = c.expired + excluded.expired
)
SELECT delivery_id FROM moved`,
}

/**
 * A delivery that waits ends, because an earlier attempt has arrived; it counts for the way that this one went. Guarded by the
 * fence: one that is being sent by now stays. $1 tenants, $2 deliveries, $3 fences, $4 shard, $5 steps, $6 integrations. Returns
 * the deliveries ended.
 */
export const endWaitingAcrossTenants: Statement = {
  name: 'end_proven_deliveries',
  text: `
WITH gone AS (
  DELETE FROM delivery_queue q
   USING (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $5::smallint[], $6::uuid[])
            AS t(tenant_id, delivery_id, fence, step, integration_id) ORDER BY 1, 2) t
   WHERE q.tenant_id = t.tenant_id AND q.delivery_id = t.delivery_id AND q.fence = t.fence AND q.state = 'pending'
  RETURNING q.tenant_id, q.delivery_id, q.fence, q.possible_duplicate, q.campaign, t.step, t.integration_id
), kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, possible_duplicate, settled_at, campaign)
  SELECT tenant_id, delivery_id, fence + 1, 'delivered', 'a receipt says that an earlier attempt has arrived', step, integration_id,
         clock_timestamp(), possible_duplicate, clock_timestamp(), campaign FROM gone
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, delivered)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, $4::smallint, count(*)
    FROM gone GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET delivered = c.delivered + excluded.delivered
), campaigns_counted AS (
  INSERT INTO campaign_counters AS c (tenant_id, campaign, hour, integration_id, shard, delivered)
  SELECT tenant_id, campaign, date_trunc('hour', clock_timestamp()), integration_id, $4::smallint, count(*)
    FROM gone WHERE campaign IS NOT NULL GROUP BY tenant_id, campaign, integration_id ORDER BY tenant_id, campaign, integration_id
  ON CONFLICT (tenant_id, campaign, hour, integration_id, shard) DO UPDATE SET delivered = c.delivered + excluded.delivered
)
SELECT delivery_id FROM gone`,
}

/**
 * Steps that accepted a message which did not arrive: the route goes on, at once where it waited for this receipt
 * (`domain/route-progress.ts`, notArrived). $1 tenants, $2 deliveries, $3 fences, $4 steps. Returns the deliveries found so.
 */
export const denyAcceptedAcrossTenants: Statement = {
  name: 'deny_accepted',
  text: `
UPDATE delivery_queue q
   SET dead = q.dead & ~(1 << (${acceptedShift} + t.step)), marks = q.marks | ${mark.rejected},
       due_at = CASE WHEN q.step = t.step AND q.reason = 'awaiting_receipt' THEN clock_timestamp() ELSE q.due_at END,
       reason = CASE WHEN q.step = t.step AND q.reason = 'awaiting_receipt' THEN 'next_step' ELSE q.reason END
  FROM (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[]) AS t(tenant_id, delivery_id, fence, step) ORDER BY 1, 2) t
 WHERE q.tenant_id = t.tenant_id AND q.delivery_id = t.delivery_id AND q.fence = t.fence AND q.state = 'pending'
   AND ${isAcceptedBy('q', 't.step')}
RETURNING q.delivery_id`,
}

/**
 * What became of the receipts. $1 tenants, $2 integrations, $3 keys, $4 deliveries, $5 states, $6 wait until the next try in ms.
 */
export const markReceiptsAcrossTenants: Statement = {
  name: 'mark_receipts',
  text: `
UPDATE receipts r SET state = m.state, delivery_id = coalesce(m.delivery_id, r.delivery_id), tries = r.tries + 1,
       next_try_at = clock_timestamp() + m.wait_ms * interval '1 millisecond'
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::double precision[])
    AS m(tenant_id, integration_id, notice_key, delivery_id, state, wait_ms)
 WHERE r.tenant_id = m.tenant_id AND r.integration_id = m.integration_id AND r.notice_key = m.notice_key`,
}

/** A delivery's receipts, in the order in which it happened. $1 tenant, $2 delivery, $3 how many at most. */
export const findReceiptsOfDelivery: Statement = {
  name: 'find_receipts_of_delivery',
  text: `
SELECT kind, integration_id, occurred_at, received_at, reason, provider_id, certified, event_id FROM receipts
 WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY occurred_at, notice_key LIMIT $3`,
}

/** Settlements of integration `i` that have a message of the provider, of which nobody has asked yet. */
const lately = (condition: string): string => `
  (SELECT s.* FROM settlements s WHERE s.tenant_id = i.tenant_id AND s.integration_id = i.id AND ${condition}
      AND s.provider_ids[1] IS NOT NULL AND s.settled_at > clock_timestamp() - $2 * interval '1 millisecond'
      AND NOT EXISTS (SELECT FROM receipt_polls p WHERE p.tenant_id = s.tenant_id AND p.integration_id = s.integration_id
                         AND p.provider_id = s.provider_ids[1])
    ORDER BY s.settled_at LIMIT $5)`

/**
 * Messages that were lately sent through these connectors, or wait for a receipt, get an entry, so that somebody asks after them. $1 connectors,
 * $2 how far back in ms, $3 first wait in ms, $4 how long to go on asking in ms, $5 how many.
 */
export const noticeSentAcrossTenants: Statement = {
  name: 'notice_sent_messages',
  text: `
INSERT INTO receipt_polls (tenant_id, integration_id, provider_id, delivery_id, next_try_at, until)
SELECT s.tenant_id, s.integration_id, s.provider_ids[1], s.delivery_id, s.settled_at + $3 * interval '1 millisecond',
       s.settled_at + $4 * interval '1 millisecond'
  FROM integrations i
  JOIN LATERAL (${lately(`s.state = 'sent'`)} UNION ALL ${lately(`s.state = 'pending' AND s.outcome = 'accepted'`)}) s ON true
 WHERE i.connector = ANY ($1::text[])
ON CONFLICT DO NOTHING RETURNING provider_id`,
}

/**
 * Questions that are due, taken: nobody else asks them within the time of $2 ms. $1 how many.
 */
export const takeDuePollsAcrossTenants: Statement = {
  name: 'take_due_polls',
  text: `
UPDATE receipt_polls p SET next_try_at = clock_timestamp() + $2 * interval '1 millisecond', tries = p.tries + 1
  FROM (SELECT tenant_id, integration_id, provider_id FROM receipt_polls WHERE next_try_at <= clock_timestamp()
         ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
  JOIN integrations i ON i.tenant_id = due.tenant_id AND i.id = due.integration_id
 WHERE p.tenant_id = due.tenant_id AND p.integration_id = due.integration_id AND p.provider_id = due.provider_id
RETURNING p.tenant_id, p.integration_id, p.provider_id, p.tries, p.until < clock_timestamp() AS is_over, i.connector, i.settings, i.secrets`,
}

/** Asks again later. $1 tenant, $2 integration, $3 provider's id, $4 in ms. */
export const askAgain: Statement = {
  name: 'ask_again',
  text: `
UPDATE receipt_polls SET next_try_at = clock_timestamp() + $4 * interval '1 millisecond'
 WHERE tenant_id = $1 AND integration_id = $2 AND provider_id = $3`,
}

/**
 * Nobody asks after this message any more; the entry stays until the message is too old to be noticed again. $1 tenant,
 * $2 integration, $3 provider's id.
 */
export const endPoll: Statement = {
  name: 'end_poll',
  text: `
UPDATE receipt_polls SET next_try_at = 'infinity' WHERE tenant_id = $1 AND integration_id = $2 AND provider_id = $3`,
}

/** Forgets ended questions after $1 ms. */
export const forgetPollsAcrossTenants: Statement = {
  name: 'forget_polls',
  text: `
DELETE FROM receipt_polls p USING (SELECT tenant_id, integration_id, provider_id FROM receipt_polls
   WHERE until < clock_timestamp() - $1 * interval '1 millisecond' LIMIT 500) old
 WHERE p.tenant_id = old.tenant_id AND p.integration_id = old.integration_id AND p.provider_id = old.provider_id RETURNING 1 AS gone`,
}

/** Forgets receipts that were nobody's, $1 ms after they came. Those of our deliveries go with them (`retention/`). */
export const forgetStrayReceiptsAcrossTenants: Statement = {
  name: 'forget_stray_receipts',
  text: `
DELETE FROM receipts r USING (SELECT tenant_id, integration_id, notice_key FROM receipts
   WHERE state = 'ignored' AND received_at < clock_timestamp() - $1 * interval '1 millisecond' ORDER BY received_at LIMIT 1000) old
 WHERE r.tenant_id = old.tenant_id AND r.integration_id = old.integration_id AND r.notice_key = old.notice_key RETURNING 1 AS gone`,
}
