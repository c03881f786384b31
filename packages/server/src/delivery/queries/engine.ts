/**
 * The SQL of the engine: claim, release, renew, reap, expire and what they need; settling is in `settle.ts`, breakers and limits are in
 * `limits.ts`. Statements only; the order in which they are used is `postgres-store.ts`, and what they mean is
 * `domain/turn.ts`. Across tenants by design: the worker serves all of them as carillon_engine, and every predicate still
 * names the tenant first.
 *
 * How rows are found is not left to the planner. Its guesses are of the last ANALYZE, and a queue is empty now and full a
 * second later: once it read all leases for every settle (5 s), once the whole queue for every claim (450 ms, not 4).
 * So these connections plan once, without sequential scans (`platform/db/pool.ts`), and each statement has one way only:
 * `= ANY (ARRAY[x])` is an index condition like `= x` but no clause to hash or merge by, `LATERAL (... OFFSET 0)` is looked
 * up row by row, and `lease_owner IS NOT NULL` says `state = 'sending'` (a CHECK holds them together) without offering
 * the index of leases to be read through. A range of one id, in its order, is found by the primary key only: for `=` an
 * empty partition (next week's) was to be searched by recipient, until somebody analysed it. Bounds of time are
 * `statement_timestamp()`: `clock_timestamp()` is no index condition, and a claim then walked over all that is due later.
 * `engine-plans.db.test.ts` holds all this.
 */

import type { Statement } from '../../platform/db/statement.ts'
import { countEndedOfAll, endedAs, isAtDeadStep } from '../end-accepted.ts'

/**
 * The reason of an entry of the suppression list that stops a message, or NULL: everything of the channel, or what the
 * message is part of (domain/suppression.ts, isStoppedBy). One probe of the key's beginning, and almost always no row.
 */
const stoppedBy = (of: string, address: string): string => `
  (SELECT x.reason FROM suppressions x
    WHERE x.tenant_id = ${of}.tenant_id AND x.channel = ${of}.channel AND x.address = ${address}
      AND (x.expires_at IS NULL OR x.expires_at > clock_timestamp())
      AND CASE x.scope WHEN 'all' THEN true WHEN 'campaigns' THEN ${of}.campaign IS NOT NULL
          ELSE x.scope = 'subscription:' || (SELECT b.subscription_id FROM subscriptions b
                                              WHERE b.tenant_id = ${of}.tenant_id AND b.id = ${of}.subscription) END
    LIMIT 1)`

/**
 * The same of delivery `d`, or that its registration was switched off or deleted: nothing more to whoever has unsubscribed,
 * also of what was planned before. Where `mayBeStopped` is false the list is not looked into.
 */
const stoppedOrLeft = (address: string, mayBeStopped: string): string => `
  CASE WHEN d.registration IS NOT NULL
        AND (SELECT g.enabled FROM registrations g WHERE g.tenant_id = d.tenant_id AND g.id = d.registration) IS NOT TRUE
       THEN 'unregistered' WHEN ${mayBeStopped} THEN ${stoppedBy('d', address)} END`

/** `due_at` of what waits until its campaign goes on. A date, not infinity: whoever reads it gets a time. */
const parkedUntil = `'9999-01-01 00:00:00+00'::timestamptz`

/**
 * Leases due rows of several lanes in one statement, oldest first in each, and returns them with all that sending needs.
 * From its commit on a crash means that the outcome is unknown: the row is the record that an attempt began.
 * $1..$6 lanes: tenant, integration, priority, take, from, only passing (rows that need not wait for the breaker). $7 owner, $8 lease in ms.
 * The order condition: an earlier open row with the same key goes first, also while it waits.
 * A campaign's row is looked at with its campaign as it is now: its end, its plan. Of one that is paused or canceled nothing
 * is leased; what was met of it is parked, so that the lane is not full of it. Other rows pay a comparison with NULL.
 *
 * A row comes as an array (`rows.ts`), of as few columns as can be: each cost 0.1 µs here and 0.3 µs there. What all rows of a lane
 * share is one number, the lane's place in $1..$6 from 1 on; where the route stands is NULL at its beginning. Whether a channel's
 * list holds anything is asked once a lane: 2.5 µs a row where it does not.
 */
export const claimAcrossTenants: Statement = {
  name: 'claim',
  text: `
WITH wanted AS (
  SELECT w.*, i.version, i.channel,
         (SELECT true FROM suppressions x WHERE x.tenant_id = w.tenant_id AND x.channel = i.channel LIMIT 1) AS has_list
    FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::int[], $5::timestamptz[], $6::boolean[])
         WITH ORDINALITY AS w(tenant_id, integration_id, priority, take, from_at, only_passing, lane)
   CROSS JOIN LATERAL (SELECT i.version, i.channel FROM integrations i
                        WHERE i.tenant_id = w.tenant_id AND i.id = w.integration_id OFFSET 0) i
), picked AS (
  SELECT p.*, w.lane, w.version, w.channel, w.has_list, c.ends_at, c.plan_id, c.halted
    FROM wanted w CROSS JOIN LATERAL (
      SELECT q.ctid AS place, q.due_at AS was_due, q.tenant_id, q.campaign FROM delivery_queue q
       WHERE q.tenant_id = w.tenant_id AND q.integration_id = w.integration_id AND q.priority = w.priority
         AND q.state = 'pending' AND q.due_at >= w.from_at AND q.due_at <= statement_timestamp()
         AND (NOT w.only_passing OR q.when_open <> 'hold' OR ${isAtDeadStep('q')})
         AND (q.ordering_key IS NULL OR NOT EXISTS (
           SELECT FROM delivery_queue o WHERE o.tenant_id = q.tenant_id AND o.ordering_key = q.ordering_key
              AND o.delivery_id < q.delivery_id))
       ORDER BY q.due_at LIMIT w.take FOR UPDATE SKIP LOCKED) p
    LEFT JOIN LATERAL (SELECT c.ends_at, c.plan_id, c.halted FROM campaigns c
                        WHERE p.campaign IS NOT NULL AND c.tenant_id = p.tenant_id AND c.id = p.campaign OFFSET 0) c ON true
), parked AS (
  UPDATE delivery_queue q SET due_at = ${parkedUntil}, reason = 'paused'
    FROM picked p WHERE p.halted AND q.ctid = p.place
), leased AS (
  UPDATE delivery_queue q
     SET state = 'sending', fence = q.fence + 1, lease_owner = $7::uuid, claimed_at = clock_timestamp(),
         due_at = clock_timestamp() + $8::double precision * interval '1 millisecond',
         send_until = coalesce(p.ends_at, q.send_until)
    FROM picked p
   WHERE p.halted IS NOT TRUE AND q.ctid = p.place
  RETURNING q.tenant_id, q.delivery_id, q.fence, q.step, q.moved_to, q.send_until, q.claimed_at,
            CASE WHEN q.attempt_count > 0 OR q.step > 0 OR q.round > 0 OR q.step_tries > 0 OR q.dead > 0 OR q.marks > 0
                   OR q.wait_until IS NOT NULL OR q.possible_duplicate OR q.moved_to IS NOT NULL OR q.crashes > 0
                   OR q.when_open <> 'hold'
                 THEN json_build_object('attempt_count', q.attempt_count, 'step', q.step, 'round', q.round,
                        'step_tries', q.step_tries, 'dead', q.dead, 'marks', q.marks, 'wait_until', q.wait_until::text,
                        'possible_duplicate', q.possible_duplicate, 'moved_to', q.moved_to, 'crashes', q.crashes,
                        'when_open', q.when_open) END AS route,
            p.was_due, p.lane, p.version, p.channel, p.has_list, p.plan_id AS newest_plan
)
SELECT l.lane::int, l.delivery_id, l.fence, l.route, l.was_due, l.send_until, l.claimed_at,
       coalesce(l.newest_plan, d.plan_id), d.created_at, coalesce(l.moved_to, d.addresses[l.step + 1], ''), l.version,
       ${stoppedOrLeft("coalesce(l.moved_to, d.addresses[l.step + 1], '')", 'l.has_list')},
       l.channel, d.subscription, d.campaign, d.context, d.time_zone,
       e.source_id, e.source, e.type, e.subject, e.time, e.data
  FROM leased l
 CROSS JOIN LATERAL (SELECT d.*, l.channel FROM deliveries d WHERE d.tenant_id = l.tenant_id
                        AND d.id >= l.delivery_id AND d.id <= l.delivery_id ORDER BY d.id LIMIT 1) d
 CROSS JOIN LATERAL (SELECT * FROM events e WHERE e.tenant_id = l.tenant_id
                        AND e.id >= d.event_id AND e.id <= d.event_id ORDER BY e.id LIMIT 1) e
 ORDER BY l.was_due`,
}

/**
 * What stops messages whose address is written otherwise than the list writes it: the claim compares the text as it is.
 * $1 tenants, $2 channels, $3 keys of the addresses, $4 subscriptions, $5 campaigns. Returns a reason for each, in order; NULL: none.
 */
export const findStoppedAcrossTenants: Statement = {
  name: 'find_stopped',
  text: `
SELECT ${stoppedBy('m', 'm.address')} AS reason FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[])
    WITH ORDINALITY AS m(tenant_id, channel, address, subscription, campaign, place) ORDER BY m.place`,
}

/**
 * What stops deliveries that a worker holds, as of now. $1 tenants, $2 deliveries, $3 channels, $4 keys of the addresses. Returns
 * a reason for each, in order; NULL: none.
 */
export const findStoppedHeldAcrossTenants: Statement = {
  name: 'find_stopped_held',
  text: `
SELECT ${stoppedOrLeft('d.address', 'true')} AS reason
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS h(tenant_id, delivery_id, channel, address, place)
 CROSS JOIN LATERAL (SELECT d.*, h.channel, h.address FROM deliveries d WHERE d.tenant_id = h.tenant_id
                        AND d.id >= h.delivery_id AND d.id <= h.delivery_id ORDER BY d.id LIMIT 1) d
 ORDER BY h.place`,
}

/** Which of these turns are still ours to settle; their rows stay locked. $1 tenants, $2 deliveries, $3 fences, $4 only overdue ones. */
export const lockTurnsAcrossTenants: Statement = {
  name: 'lock_turns',
  text: `
SELECT q.delivery_id, q.fence
  FROM (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t(tenant_id, delivery_id, fence) ORDER BY 1, 2) t
 CROSS JOIN LATERAL (
   SELECT q.delivery_id, q.fence FROM delivery_queue q
    WHERE q.tenant_id = t.tenant_id AND q.delivery_id = t.delivery_id AND q.fence = t.fence
      AND q.lease_owner IS NOT NULL AND (NOT $4::boolean OR q.due_at <= clock_timestamp()) FOR UPDATE) q`,
}

/** Leases given back with nothing begun. $1 deliveries' tenants, $2 ids, $3 fences, $4 due, $5 reason. */
export const releaseAcrossTenants: Statement = {
  name: 'release',
  text: `
UPDATE delivery_queue q SET state = 'pending', lease_owner = NULL, due_at = t.due_at, reason = t.reason
  FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[], $5::text[]) AS t(tenant_id, delivery_id, fence, due_at, reason)
 WHERE q.tenant_id = ANY (ARRAY[t.tenant_id]) AND q.delivery_id = ANY (ARRAY[t.delivery_id])
   AND q.lease_owner IS NOT NULL AND q.fence = t.fence`,
}

/** Leases prolonged. $1 tenants, $2 ids, $3 fences, $4 lease in ms. Returns those that are still held, and their ends of now. */
export const renewAcrossTenants: Statement = {
  name: 'renew',
  text: `
UPDATE delivery_queue q SET due_at = clock_timestamp() + $4::double precision * interval '1 millisecond'
  FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t(tenant_id, delivery_id, fence)
 WHERE q.tenant_id = ANY (ARRAY[t.tenant_id]) AND q.delivery_id = ANY (ARRAY[t.delivery_id])
   AND q.lease_owner IS NOT NULL AND q.fence = t.fence
RETURNING q.delivery_id, q.fence, q.send_until`,
}

/** Leases that their owner does not know of. $1 owner, $2 ids and $3 fences of those that it does. */
export const disownAcrossTenants: Statement = {
  name: 'disown',
  text: `
UPDATE delivery_queue q SET state = 'pending', lease_owner = NULL, due_at = clock_timestamp(), reason = 'released'
 WHERE q.state = 'sending' AND q.due_at > statement_timestamp() AND q.lease_owner = $1::uuid
   AND NOT EXISTS (SELECT FROM unnest($2::uuid[], $3::int[]) AS h(delivery_id, fence)
                    WHERE h.delivery_id = q.delivery_id AND h.fence = q.fence)
RETURNING 1`,
}

/** Overdue leases, for the reaper, oldest first. $1 how many. */
export const overdueLeasesAcrossTenants: Statement = {
  name: 'overdue_leases',
  text: `
SELECT q.tenant_id, q.delivery_id, q.integration_id, q.priority, q.fence, q.attempt_count, q.step, q.round, q.step_tries,
       q.dead, q.marks, q.wait_until, q.possible_duplicate, q.moved_to, q.crashes, q.when_open, q.due_at AS was_due,
       q.send_until, q.claimed_at, i.on_unknown
  FROM delivery_queue q
 CROSS JOIN LATERAL (SELECT on_unknown FROM integrations i WHERE i.tenant_id = q.tenant_id AND i.id = q.integration_id OFFSET 0) i
 WHERE q.state = 'sending' AND q.due_at <= statement_timestamp() ORDER BY q.due_at LIMIT $1`,
}

/** All leases run out now. Only for a database that nobody else can use (the embedded one, at its start). */
export const endAllLeasesAcrossTenants: Statement = {
  name: 'end_leases',
  text: `UPDATE delivery_queue SET due_at = clock_timestamp() WHERE state = 'sending' AND due_at > statement_timestamp() RETURNING 1`,
}

/** The row's campaign was not given a later end meanwhile: its rows hear of that one after the other. */
const notProlonged = `(q.campaign IS NULL OR NOT EXISTS (
       SELECT FROM campaigns c WHERE c.tenant_id = q.tenant_id AND c.id = q.campaign AND c.ends_at > statement_timestamp() OFFSET 0))`

/**
 * Pending rows whose deadline has passed end as expired (what was accepted before: as sent), without a turn of a worker. SKIP LOCKED: a row that is just
 * being claimed is the worker's, and its own check says the same. $1 how many at most, $2 shard, $3 ids to leave out,
 * $4 the only one to end (NULL: all).
 */
export const expireAcrossTenants: Statement = {
  name: 'expire',
  text: `
WITH late AS (
  SELECT tenant_id, delivery_id FROM delivery_queue q WHERE state = 'pending' AND send_until <= statement_timestamp()
     AND ${notProlonged} AND delivery_id <> ALL ($3::uuid[]) AND ($4::uuid IS NULL OR delivery_id = $4::uuid)
   ORDER BY send_until LIMIT $1 FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM delivery_queue q USING late l
   WHERE q.tenant_id = ANY (ARRAY[l.tenant_id]) AND q.delivery_id = ANY (ARRAY[l.delivery_id])
  RETURNING q.*
), ${endedAs('expired')}, kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, possible_duplicate, settled_at, campaign)
  SELECT tenant_id, delivery_id, fence + 1, end_state, prelude || 'send_until passed while waiting (' || reason || ')', step,
         integration_id, clock_timestamp(), possible_duplicate, clock_timestamp(), campaign FROM ended
), ${countEndedOfAll('expired', '$2')}
SELECT delivery_id FROM gone`,
}

/** Pending rows whose deadline has passed, oldest first. $1 how many at most, $2 ids to leave out. */
export const lateAcrossTenants: Statement = {
  name: 'late',
  text: `
SELECT tenant_id, delivery_id FROM delivery_queue q
 WHERE state = 'pending' AND send_until <= statement_timestamp() AND ${notProlonged} AND delivery_id <> ALL ($2::uuid[])
 ORDER BY send_until LIMIT $1`,
}

/** The next partition that is missing for this week and the coming ones: 1, or 0 when none is. $1 how many weeks. */
export const ensurePartitionsAcrossTenants: Statement = {
  name: 'ensure_partitions',
  text: 'SELECT carillon_ensure_partitions(now(), $1) AS made',
}

/** Campaigns as they are now. $1 tenants, $2 campaigns. */
export const readCampaignsAcrossTenants: Statement = {
  name: 'read_campaigns',
  text: `
SELECT c.id, c.halted, c.ends_at FROM unnest($1::uuid[], $2::uuid[]) AS x(tenant_id, id)
 CROSS JOIN LATERAL (SELECT * FROM campaigns c WHERE c.tenant_id = x.tenant_id AND c.id = x.id OFFSET 0) c`,
}
