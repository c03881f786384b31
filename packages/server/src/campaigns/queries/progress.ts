/**
 * The SQL of keeping campaigns going: taking one up, starting, ending, and walking through its waiting rows. Across tenants, as
 * carillon_engine. A lease is `due_at` moved forward with a new fence, as for fan-outs.
 */
import { countEndedOfAll, endedAs } from '../../delivery/end-accepted.ts'
import type { WorkQuestion } from '../../platform/db/ask-for-work.ts'
import type { Statement } from '../../platform/db/statement.ts'
import { campaignColumns } from './campaigns.ts'
import { parkedUntil } from '../parked-until.ts'

const zero = `'00000000-0000-0000-0000-000000000000'::uuid`

/** Leases due campaigns, the longest waiting first. $1 lease in ms, $2 how many, $3 only this one (NULL: any). */
export const claimCampaignsAcrossTenants: Statement = {
  name: 'claim_campaigns',
  text: `
UPDATE campaigns c SET fence = c.fence + 1, due_at = clock_timestamp() + $1::double precision * interval '1 millisecond'
  FROM (SELECT p.tenant_id, p.id FROM campaigns p WHERE p.finished_at IS NULL AND p.due_at <= statement_timestamp()
           AND ($3::uuid IS NULL OR p.id = $3) ORDER BY p.due_at LIMIT $2 FOR UPDATE SKIP LOCKED) p,
       tenants t
 WHERE c.tenant_id = p.tenant_id AND c.id = p.id AND t.tenant_id = c.tenant_id
RETURNING ${campaignColumns}, c.event_id, t.time_zone, t.language, t.suspended_at IS NOT NULL AS suspended,
          clock_timestamp() AS now`,
}

/** Would a claim find one? */
export const campaignsDueAcrossTenants: WorkQuestion = {
  text: 'EXISTS (SELECT FROM campaigns WHERE finished_at IS NULL AND due_at <= statement_timestamp())',
}

/** All leases run out now: only for a database that nobody else can use (the embedded one, at its start). */
export const endCampaignLeasesAcrossTenants: Statement = {
  name: 'end_campaign_leases',
  text: `
UPDATE campaigns SET due_at = CASE WHEN state = 'scheduled' THEN starts_at ELSE clock_timestamp() END
 WHERE finished_at IS NULL AND due_at > statement_timestamp()`,
}

/** $1 tenant, $2 id, $3 fence, $4 wait in ms. */
export const putBack: Statement = {
  name: 'put_back_campaign',
  text: `
UPDATE campaigns SET due_at = clock_timestamp() + $4::double precision * interval '1 millisecond'
 WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND finished_at IS NULL`,
}

/**
 * It begins: with its plan and event, and the last contact (or failed delivery of the campaign that it repeats) of its
 * audience. $1 tenant, $2 id, $3 fence, $4 plan, $5 event.
 */
export const start: Statement = {
  name: 'start_campaign',
  text: `
UPDATE campaigns c SET state = 'running', plan_id = $4, event_id = $5, started_at = clock_timestamp(), updated_at = now(), due_at = clock_timestamp(),
       upto = CASE WHEN c.resend_of IS NULL
                   THEN (SELECT k.id FROM contacts k WHERE k.tenant_id = c.tenant_id ORDER BY k.id DESC LIMIT 1)
                   ELSE 'ffffffff-ffff-ffff-ffff-ffffffffffff' END
 WHERE c.tenant_id = $1 AND c.id = $2 AND c.fence = $3 AND c.state = 'scheduled' RETURNING ${campaignColumns}`,
}

/** It can't begin. $1 tenant, $2 id, $3 fence, $4 why. */
export const fail: Statement = {
  name: 'fail_campaign',
  text: `
UPDATE campaigns SET state = 'failed', error = $4, finished_at = clock_timestamp(), updated_at = now()
 WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND finished_at IS NULL RETURNING id`,
}

/**
 * It has ended, when everybody has been dealt with and nothing of it is open: one probe of an index. $1 tenant, $2 id, $3 fence.
 */
export const finish: Statement = {
  name: 'finish_campaign',
  text: `
UPDATE campaigns c SET state = CASE WHEN c.state = 'canceled' THEN 'canceled' ELSE 'finished' END,
       finished_at = clock_timestamp(), updated_at = now()
 WHERE c.tenant_id = $1 AND c.id = $2 AND c.fence = $3 AND c.finished_at IS NULL
   AND (c.expanded_at IS NOT NULL OR c.state = 'canceled')
   AND NOT EXISTS (SELECT FROM delivery_queue q WHERE q.tenant_id = c.tenant_id AND q.campaign = c.id OFFSET 0)
RETURNING c.id`,
}

/** The rows of the next step of a walk, and the walk's own place. $1 tenant, $2 campaign, $3 fence, $4 how many. */
const seen = `
mine AS MATERIALIZED (
  SELECT m.* FROM campaigns m WHERE m.tenant_id = $1 AND m.id = $2 AND m.fence = $3 AND m.finished_at IS NULL FOR UPDATE
), seen AS MATERIALIZED (
  SELECT q.delivery_id FROM mine m CROSS JOIN LATERAL (
    SELECT q.delivery_id FROM delivery_queue q
     WHERE q.tenant_id = m.tenant_id AND q.campaign = m.id AND q.delivery_id > coalesce(m.sweep_cursor, ${zero})
     ORDER BY q.delivery_id LIMIT $4) q
)`

/** `wait`: ms until the next walk, when this one has come to its end and another one is due. */
const moved = (condition: string): string => `
moved AS (
  UPDATE campaigns c
     SET sweep_cursor = CASE WHEN x.seen < $4 THEN NULL ELSE x.last END,
         sweep = CASE WHEN x.seen < $4 THEN greatest(c.sweep - 1, 0) ELSE c.sweep END,
         due_at = clock_timestamp() + CASE WHEN x.seen < $4 THEN interval '1500 milliseconds' ELSE interval '0' END
    FROM (SELECT m.tenant_id, m.id, (SELECT count(*) FROM seen) AS seen,
                 (SELECT delivery_id FROM seen ORDER BY delivery_id DESC LIMIT 1) AS last FROM mine m WHERE ${condition}) x
   WHERE c.tenant_id = ANY (ARRAY[x.tenant_id]) AND c.id = ANY (ARRAY[x.id])
)`

/** Who waits is ended. One that is being sent is not there; its worker gives it back within a second or settles it. $5 shard. */
export const sweepCanceled: Statement = {
  name: 'sweep_canceled_campaign',
  text: `
WITH ${seen}, picked AS MATERIALIZED (
  SELECT q.tenant_id, q.delivery_id FROM seen CROSS JOIN LATERAL (
    SELECT q.tenant_id, q.delivery_id FROM delivery_queue q
     WHERE q.tenant_id = $1 AND q.delivery_id = seen.delivery_id AND q.lease_owner IS NULL FOR UPDATE SKIP LOCKED) q
), gone AS (
  DELETE FROM delivery_queue q USING picked p
   WHERE q.tenant_id = ANY (ARRAY[p.tenant_id]) AND q.delivery_id = ANY (ARRAY[p.delivery_id]) AND q.lease_owner IS NULL
  RETURNING q.*
), ${endedAs('canceled')}, kept AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, possible_duplicate, settled_at, campaign)
  SELECT tenant_id, delivery_id, fence + 1, end_state, prelude || 'canceled with its campaign', step, integration_id,
         clock_timestamp(), possible_duplicate, clock_timestamp(), campaign FROM ended
), ${countEndedOfAll('canceled', '$5')}, ${moved('true')}
SELECT (SELECT count(*) FROM seen)::int AS seen, '{}'::text[] AS integrations, '[]' AS missing`,
}

/**
 * Who waits gets the campaign's end of now; and waits for good while it is paused, else is due again: now, or when the hours of
 * its zone begin. $5 zones and $6 their openings (NULL: none), $7 is there a window. Those on which a retry is due later stay.
 */
export const sweepWaiting: Statement = {
  name: 'sweep_campaign',
  text: `
WITH ${seen}, waiting AS MATERIALIZED (
  SELECT q.*, d.time_zone AS zone FROM seen CROSS JOIN LATERAL (
    SELECT q.* FROM delivery_queue q
     WHERE q.tenant_id = $1 AND q.delivery_id = seen.delivery_id FOR UPDATE SKIP LOCKED) q
   CROSS JOIN LATERAL (SELECT d.time_zone FROM deliveries d WHERE d.tenant_id = q.tenant_id
                          AND d.id >= q.delivery_id AND d.id <= q.delivery_id ORDER BY d.id LIMIT 1) d
), missing AS MATERIALIZED (
  SELECT DISTINCT zone FROM waiting WHERE $7::boolean AND zone <> ALL ($5::text[])
), zones AS MATERIALIZED (
  SELECT * FROM unnest($5::text[], $6::timestamptz[]) AS z(zone, opens)
), due AS MATERIALIZED (
  SELECT w.tenant_id, w.delivery_id, w.integration_id, m.ends_at,
         CASE WHEN w.lease_owner IS NOT NULL THEN w.due_at
              WHEN m.state = 'paused' THEN CASE WHEN w.due_at <= clock_timestamp() THEN ${parkedUntil} ELSE w.due_at END
              WHEN w.due_at = ${parkedUntil} OR w.reason = 'window_closed'
              THEN CASE WHEN $7::boolean THEN coalesce(z.opens, m.ends_at) ELSE clock_timestamp() END
              WHEN w.reason = 'scheduled' AND $7::boolean THEN greatest(coalesce(z.opens, m.ends_at), w.due_at)
              ELSE w.due_at END AS due_at
    FROM waiting w CROSS JOIN mine m LEFT JOIN zones z ON z.zone = w.zone WHERE NOT EXISTS (SELECT FROM missing)
), changed AS (
  UPDATE delivery_queue q SET send_until = x.ends_at, due_at = x.due_at,
         reason = CASE WHEN q.lease_owner IS NOT NULL OR q.due_at = x.due_at THEN q.reason
                       WHEN x.due_at = ${parkedUntil} THEN 'paused'
                       WHEN $7::boolean AND x.due_at > clock_timestamp() THEN 'window_closed' ELSE 'scheduled' END
    FROM due x
   WHERE q.tenant_id = ANY (ARRAY[x.tenant_id]) AND q.delivery_id = ANY (ARRAY[x.delivery_id])
     AND (q.send_until <> x.ends_at OR q.due_at <> x.due_at)
), ${moved('NOT EXISTS (SELECT FROM missing)')}
SELECT (SELECT count(*) FROM seen)::int AS seen, ARRAY(SELECT DISTINCT integration_id FROM due)::text[] AS integrations,
       (SELECT coalesce(json_agg(zone), '[]') FROM missing)::text AS missing`,
}
