/**
 * The SQL of a campaign's expansion: deliveries, their queue rows and counters, and the campaign's place, in one statement, so
 * that a crash neither skips nor repeats anybody. As carillon_engine; every statement names its tenant. A chunk counts only for
 * the holder of the fence.
 */
import type { Statement } from '../../platform/db/statement.ts'
import { parkedUntil } from '../parked-until.ts'
import { audienceCondition, contactJson } from './audience.ts'

const zero = `'00000000-0000-0000-0000-000000000000'::uuid`

const mine = `
mine AS MATERIALIZED (
  SELECT m.*, clock_timestamp() AS at FROM campaigns m
   WHERE m.tenant_id = $1 AND m.id = $6 AND m.fence = $7 AND m.state IN ('running', 'paused') AND m.expanded_at IS NULL
     FOR UPDATE
)`

/** Contacts that a step looks at, at most: whoever fits a rare tag is found some thousands at a time, and not in one long statement. */
const mostLookedAt = 20_000

/** Where this step stops looking, if anybody comes behind; NULL: it looks until the last one, or everybody fits. `m` is the campaign. */
const reachOf = `(
  SELECT c.id FROM contacts c WHERE coalesce($2::text[], $3::text[], $4::text[]) IS NOT NULL AND c.tenant_id = m.tenant_id AND c.id > coalesce(m.cursor, ${zero}) AND c.id < m.upto
   ORDER BY c.id OFFSET ${mostLookedAt - 1} LIMIT 1)`

/**
 * Makes what `chunk` has (id, contact, addresses, context, zone, n): a delivery each, due at the next opening of its zone. Who
 * has no address at all gets one that is skipped, and after the campaign's end everybody else's is expired. $1 tenant, $2..$5 the audience, $6 campaign, $7 fence, $8 chunk size, $9 zones
 * and $10 their openings (NULL: none; both empty without hours), $11 is there a window, $12 the steps' integrations, $13 ms
 * between two messages, $14 when open, $15 shard, $16 the last id of the chunk (NULL: as many as fit) and $17 those of it that
 * are meant (NULL: all).
 */
const tail = `
missing AS MATERIALIZED (
  SELECT DISTINCT zone FROM chunk WHERE $11::boolean AND zone <> ALL ($9::text[])
), zones AS MATERIALIZED (
  SELECT * FROM unnest($9::text[], $10::timestamptz[]) AS z(zone, opens)
), placed AS MATERIALIZED (
  SELECT c.*, carillon_uuid_at((extract(epoch FROM m.at) * 1000)::bigint, c.n) AS delivery, a.first, a.dead,
         coalesce(($12::uuid[])[a.first], ($12::uuid[])[1]) AS integration_id,
         $11::boolean AND coalesce(z.opens, m.ends_at) > m.at AS closed, m.ends_at <= m.at AS late,
         CASE WHEN m.state = 'paused' THEN ${parkedUntil}
              ELSE greatest(CASE WHEN $11::boolean THEN coalesce(z.opens, m.ends_at) ELSE m.at END,
                            m.started_at + (m.made + c.n) * $13::double precision * interval '1 millisecond') END AS due_at
    FROM chunk c CROSS JOIN mine m
   CROSS JOIN LATERAL (
     SELECT min(s.place) FILTER (WHERE s.address <> '')::int AS first,
            coalesce(sum(1 << (s.place::int - 1)) FILTER (WHERE s.address = ''), 0)::int AS dead
       FROM unnest(c.addresses) WITH ORDINALITY AS s(address, place)) a
    LEFT JOIN zones z ON z.zone = c.zone
   WHERE NOT EXISTS (SELECT FROM missing)
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, created_at, campaign, contact,
                          context, time_zone, resend_of)
  SELECT m.tenant_id, p.delivery, m.event_id, m.plan_id, p.addresses, coalesce(p.addresses[p.first], ''), m.ends_at, m.at, m.id,
         p.contact, p.context, p.zone, p.repeats
    FROM placed p CROSS JOIN mine m ORDER BY p.n
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, reason, due_at, send_until, step, dead, marks,
                              when_open, campaign)
  SELECT m.tenant_id, p.delivery, p.integration_id, 1, CASE WHEN m.state = 'paused' THEN 'paused' WHEN p.closed THEN 'window_closed' ELSE 'scheduled' END,
         p.due_at, m.ends_at, p.first - 1, p.dead, CASE WHEN p.dead = 0 THEN 0 ELSE 64 END, $14, m.id
    FROM placed p CROSS JOIN mine m WHERE p.first IS NOT NULL AND NOT p.late ORDER BY p.n
), ended AS (
  INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, settled_at, campaign)
  SELECT m.tenant_id, p.delivery, 1, CASE WHEN p.first IS NULL THEN 'skipped' ELSE 'expired' END,
         CASE WHEN p.first IS NULL THEN 'the contact has no address for any step of the route'
              ELSE 'the campaign had ended before it could be sent' END,
         coalesce(p.first - 1, 0), p.integration_id, m.at, m.at, m.id
    FROM placed p CROSS JOIN mine m WHERE p.first IS NULL OR p.late
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created, skipped, expired)
  SELECT m.tenant_id, (m.at AT TIME ZONE 'UTC')::date, p.integration_id, $15::smallint, count(*), count(*) FILTER (WHERE p.first IS NULL),
         count(*) FILTER (WHERE p.first IS NOT NULL AND p.late)
    FROM placed p CROSS JOIN mine m GROUP BY m.tenant_id, m.at, p.integration_id ORDER BY p.integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard)
  DO UPDATE SET created = c.created + excluded.created, skipped = c.skipped + excluded.skipped, expired = c.expired + excluded.expired
), campaigns_counted AS (
  INSERT INTO campaign_counters AS c (tenant_id, campaign, hour, integration_id, shard, made, skipped, expired)
  SELECT m.tenant_id, m.id, date_trunc('hour', m.at), p.integration_id, $15::smallint, count(*), count(*) FILTER (WHERE p.first IS NULL),
         count(*) FILTER (WHERE p.first IS NOT NULL AND p.late)
    FROM placed p CROSS JOIN mine m GROUP BY m.tenant_id, m.id, m.at, p.integration_id ORDER BY p.integration_id
  ON CONFLICT (tenant_id, campaign, hour, integration_id, shard)
  DO UPDATE SET made = c.made + excluded.made, skipped = c.skipped + excluded.skipped, expired = c.expired + excluded.expired
), moved AS (
  UPDATE campaigns c
     SET cursor = coalesce(x.last, c.cursor), made = c.made + x.made, due_at = clock_timestamp(),
         expanded_at = CASE WHEN x.ended THEN clock_timestamp() END
    FROM (
      SELECT m.tenant_id, m.id,
             coalesce($16::uuid, CASE WHEN k.n < $8 THEN r.id END, (SELECT id FROM chunk ORDER BY n DESC LIMIT 1)) AS last,
             (SELECT count(*) FROM placed) AS made,
             CASE WHEN $16::uuid IS NULL THEN k.n < $8 AND r.id IS NULL ELSE $16::uuid = m.upto END AS ended
        FROM mine m CROSS JOIN reach r CROSS JOIN (SELECT count(*) AS n FROM chunk) k WHERE NOT EXISTS (SELECT FROM missing)) x
   WHERE c.tenant_id = ANY (ARRAY[x.tenant_id]) AND c.id = ANY (ARRAY[x.id])
  RETURNING c.expanded_at
)
SELECT EXISTS (SELECT FROM mine) AS held, (SELECT expanded_at IS NOT NULL FROM moved) AS ended,
       (SELECT count(*) FROM placed)::int AS made,
       ARRAY(SELECT DISTINCT integration_id FROM placed WHERE first IS NOT NULL AND NOT late)::text[] AS integrations,
       (SELECT coalesce(json_agg(zone), '[]') FROM missing)::text AS missing`

/**
 * A chunk of contacts, in the order of their ids. $18 the channels of the steps. A contact's address for a step is that of its
 * channel.
 */
export const expandContacts: Statement = {
  name: 'expand_campaign',
  text: `
WITH ${mine}, reach AS MATERIALIZED (
  SELECT ${reachOf} AS id FROM mine m
), chunk AS MATERIALIZED (
  SELECT k.*, k.id AS contact, NULL::uuid AS repeats, row_number() OVER (ORDER BY k.id) - 1 AS n
    FROM mine m CROSS JOIN reach r CROSS JOIN LATERAL (
      SELECT c.id, coalesce(c.time_zone, $5::text) AS zone, ${contactJson} AS context,
             ARRAY(SELECT CASE s.channel WHEN 'email' THEN coalesce(c.email, '') WHEN 'telegram' THEN coalesce(c.telegram_id, '')
                                         WHEN 'sms' THEN coalesce(c.phone, '') WHEN 'whatsapp' THEN coalesce(c.phone, '') ELSE '' END
                     FROM unnest($18::text[]) WITH ORDINALITY AS s(channel, place) ORDER BY s.place) AS addresses
        FROM contacts c
       WHERE c.tenant_id = m.tenant_id AND c.id > coalesce(m.cursor, ${zero}) AND c.id <= least(m.upto, $16::uuid, r.id)
         AND ($17::uuid[] IS NULL OR c.id = ANY ($17::uuid[])) AND ${audienceCondition('m.tenant_id')}
       ORDER BY c.id LIMIT $8) k
), ${tail}`,
}

/** A chunk of another campaign's failed deliveries, as they were. $2 that campaign ($3, $4 and $18 are not used). */
export const expandFailed: Statement = {
  name: 'expand_failed_of_campaign',
  text: `
WITH ${mine}, reach AS MATERIALIZED (
  SELECT NULL::uuid AS id
), chunk AS MATERIALIZED (
  SELECT k.*, row_number() OVER (ORDER BY k.id) - 1 AS n
    FROM mine m CROSS JOIN LATERAL (
      SELECT d.id, d.id AS repeats, d.contact, coalesce(d.time_zone, $5::text) AS zone, d.context, d.addresses
        FROM (SELECT f.delivery_id FROM settlements f
               WHERE f.tenant_id = m.tenant_id AND f.campaign = m.resend_of AND f.state = 'failed' AND f.state <> 'pending'
                 AND f.delivery_id > coalesce(m.cursor, ${zero}) AND f.delivery_id <= m.upto
               ORDER BY f.delivery_id LIMIT $8) f
       CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE d.tenant_id = m.tenant_id
                              AND d.id >= f.delivery_id AND d.id <= f.delivery_id ORDER BY d.id LIMIT 1) d
       WHERE $2::text[] IS NULL AND $3::text[] IS NULL AND $4::text[] IS NULL AND $17::uuid[] IS NULL AND $18::text[] IS NOT NULL) k
), ${tail}`,
}

/**
 * Those of the next chunk with their attributes, when there are conditions on them, and where looking stops. $1 tenant, $2..$5,
 * $6 campaign, $7 fence, $8 how many.
 */
export const readChunk: Statement = {
  name: 'read_campaign_chunk',
  text: `
WITH m AS MATERIALIZED (
  SELECT m.*, coalesce(${reachOf}, m.upto) AS reach FROM campaigns m WHERE m.tenant_id = $1 AND m.id = $6 AND m.fence = $7
)
SELECT k.*, m.reach FROM m CROSS JOIN LATERAL (
    SELECT c.id, c.attributes FROM contacts c
     WHERE c.tenant_id = m.tenant_id AND c.id > coalesce(m.cursor, ${zero}) AND c.id <= m.reach AND ${audienceCondition('m.tenant_id')}
     ORDER BY c.id LIMIT $8) k`,
}
