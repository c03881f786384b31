/**
 * The SQL of one chunk: deliveries, their queue rows and counters, and the fan-out's place, in one statement, so that a
 * crash neither skips nor repeats anybody. As carillon_engine; every statement names its tenant. A chunk counts only for the
 * holder of the fence, and only while the subscription is enabled; where its texts are used, only while they are those.
 */
import type { Statement } from '../../platform/db/statement.ts'

const zero = `'00000000-0000-0000-0000-000000000000'::uuid`

/**
 * The next registrations of fan-out `x`. Compared as rows, so that only the index by subscription gives them in order: by
 * the tenant's ids it would read everybody's, and the planner believes that as cheap.
 */
const next = (x: string): string => `
      SELECT * FROM registrations r
       WHERE r.tenant_id = ${x}.tenant_id AND r.enabled
         AND (r.subscription, r.id) > (${x}.subscription, coalesce(${x}.cursor, ${zero}))
         AND (r.subscription, r.id) <= (${x}.subscription, ${x}.upto)
       ORDER BY r.subscription, r.id LIMIT $5`

/** The fan-out, if it is still ours. $1 tenant, $2 id, $3 fence, $4 the subscription's version (NULL: any). */
const mine = `
mine AS MATERIALIZED (
  SELECT f.tenant_id, f.id, f.event_id, f.rule_id, f.subscription, f.cursor, f.upto, f.skips,
         clock_timestamp() AS at
    FROM fan_outs f
   WHERE f.tenant_id = $1 AND f.id = $2 AND f.fence = $3 AND f.state = 'open'
     AND EXISTS (SELECT FROM subscriptions s WHERE s.tenant_id = f.tenant_id AND s.id = f.subscription AND s.enabled
                    AND ($4::integer IS NULL OR s.version = $4))
     FOR UPDATE OF f
)`

/** Makes what `wanted` has (id, registration, user_id, address, plan_id, integration_id, send_for_ms). Takes names of parameters. */
const rows = ({
  priority,
  shard,
}: {
  readonly priority: string
  readonly shard: string
}): string => `
made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, created_at,
                          subscription, registration, user_id, fan_out)
  SELECT m.tenant_id, w.id, m.event_id, m.rule_id, w.plan_id, ARRAY[w.address], w.address,
         m.at + w.send_for_ms * interval '1 millisecond', m.at,
         m.subscription, w.registration, w.user_id, m.id
    FROM wanted w CROSS JOIN mine m
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, due_at, send_until)
  SELECT m.tenant_id, w.id, w.integration_id, ${priority}::smallint, m.at,
         m.at + w.send_for_ms * interval '1 millisecond'
    FROM wanted w CROSS JOIN mine m
), counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created)
  SELECT m.tenant_id, (m.at AT TIME ZONE 'UTC')::date, w.integration_id, ${shard}::smallint, count(*)
    FROM wanted w CROSS JOIN mine m GROUP BY m.tenant_id, m.at, w.integration_id ORDER BY w.integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + excluded.created
)`

/**
 * A chunk by templates: each registration goes the way of its channel and language. Writes nothing when one has no way yet
 * (`missing` names it). $1..$4 as `mine`, $5 how many, $6..$11 ways: channel, language ('' for none), the plan's hash in hex,
 * integration, send for ms, and why not; $12 priority, $13 shard.
 * `held`: false when the fan-out is no longer ours, or the subscription was changed.
 */
export const expandByTemplates: Statement = {
  name: 'expand_fan_out',
  text: `
WITH ${mine}, ways AS MATERIALIZED (
  SELECT w.channel, w.language, p.id AS plan_id, w.integration_id, w.send_for_ms, w.reason
    FROM unnest($6::text[], $7::text[], $8::text[], $9::uuid[], $10::double precision[], $11::text[])
      AS w(channel, language, hash, integration_id, send_for_ms, reason)
    LEFT JOIN LATERAL (SELECT p.id FROM plans p WHERE p.tenant_id = $1 AND p.hash = decode(w.hash, 'hex') OFFSET 0) p ON true
), chunk AS MATERIALIZED (
  SELECT r.id, r.user_id, r.channel, r.address, coalesce(r.language, '') AS language,
         row_number() OVER (ORDER BY r.id) - 1 AS n
    FROM mine m CROSS JOIN LATERAL (${next('m')}) r
), placed AS MATERIALIZED (
  SELECT c.*, w.plan_id, w.integration_id, w.send_for_ms, w.reason
    FROM chunk c LEFT JOIN ways w ON w.channel = c.channel AND w.language = c.language
), missing AS MATERIALIZED (
  SELECT DISTINCT channel, language FROM placed WHERE plan_id IS NULL AND reason IS NULL
), wanted AS MATERIALIZED (
  SELECT carillon_uuid_at((extract(epoch FROM m.at) * 1000)::bigint, p.n) AS id, p.id AS registration, p.user_id, p.address, p.plan_id, p.integration_id, p.send_for_ms
    FROM placed p CROSS JOIN mine m WHERE p.plan_id IS NOT NULL AND NOT EXISTS (SELECT FROM missing)
   ORDER BY p.n
), ${rows({ priority: '$12', shard: '$13' })}, skips AS (
  SELECT reason, count(*) AS n FROM placed WHERE reason IS NOT NULL GROUP BY reason
), moved AS (
  UPDATE fan_outs f
     SET cursor = coalesce(x.last, f.cursor), chunks = f.chunks + 1, made = f.made + x.made, messages = f.messages + x.made,
         skipped = f.skipped + x.skipped, skips = f.skips || x.skips, tries = 0, due_at = clock_timestamp(),
         state = CASE WHEN x.ended THEN 'done' ELSE 'open' END,
         finished_at = CASE WHEN x.ended THEN clock_timestamp() END,
         audience = CASE WHEN x.ended THEN f.made + x.made + f.skipped + x.skipped ELSE f.audience END
    FROM (
      SELECT m.tenant_id, m.id, (SELECT id FROM chunk ORDER BY n DESC LIMIT 1) AS last,
             (SELECT count(*) FROM wanted) AS made, (SELECT count(*) FROM placed WHERE reason IS NOT NULL) AS skipped,
             coalesce((SELECT jsonb_object_agg(s.reason, s.n + coalesce((m.skips->>s.reason)::bigint, 0)) FROM skips s), '{}') AS skips,
             (SELECT count(*) FROM chunk) < $5 OR (SELECT id FROM chunk ORDER BY n DESC LIMIT 1) = m.upto AS ended
        FROM mine m WHERE NOT EXISTS (SELECT FROM missing)) x
   WHERE f.tenant_id = ANY (ARRAY[x.tenant_id]) AND f.id = ANY (ARRAY[x.id])
  RETURNING f.state
)
SELECT EXISTS (SELECT FROM mine) AS held, (SELECT state FROM moved) AS state,
       (SELECT count(*) FROM wanted)::int AS made,
       ARRAY(SELECT DISTINCT integration_id FROM wanted)::text[] AS integrations,
       coalesce((SELECT json_agg(json_build_array(channel, language)) FROM missing), '[]')::text AS missing`,
}

/**
 * The registrations of the next chunk, for a function: one more than asked for says that there are more. $1..$4 as `mine`
 * without the lock, $5 how many and one.
 */
export const readChunk: Statement = {
  name: 'read_fan_out_chunk',
  text: `
SELECT r.id, r.user_id, r.channel, r.address, r.language
  FROM fan_outs f CROSS JOIN LATERAL (${next('f')}) r
 WHERE f.tenant_id = $1 AND f.id = $2 AND f.fence = $3 AND f.state = 'open'
   AND EXISTS (SELECT FROM subscriptions s WHERE s.tenant_id = f.tenant_id AND s.id = f.subscription AND s.enabled
                    AND ($4::integer IS NULL OR s.version = $4))`,
}

/** Plans that are not there yet. $1 tenant, $2 ids, $3 hashes in hex, $4 bodies. In the order of the hashes: nobody waits in a ring. */
export const savePlans: Statement = {
  name: 'save_fan_out_plans',
  text: `
INSERT INTO plans (tenant_id, id, hash, body)
SELECT $1, x.id, decode(x.hash, 'hex'), x.body::jsonb FROM unnest($2::uuid[], $3::text[], $4::text[]) AS x(id, hash, body)
 ORDER BY x.hash
ON CONFLICT (tenant_id, hash) DO NOTHING`,
}

/**
 * A chunk by a function's messages, whose plans are saved. A registration that was removed or switched off meanwhile gets
 * none. $1..$4 as `mine`, $5..$9 messages: delivery id, registration, plan's hash in hex, integration, send for ms; $10
 * registrations in the chunk, $11 the last of them, $12 those without a message by reason (jsonb), $13 result (jsonb), $14
 * is it the end, $15 priority, $16 shard, $17 the reason of those that are gone.
 */
export const expandByMessages: Statement = {
  name: 'expand_fan_out_messages',
  text: `
WITH ${mine}, asked AS MATERIALIZED (
  SELECT * FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::uuid[], $9::double precision[])
      AS x(id, registration, hash, integration_id, send_for_ms)
), wanted AS MATERIALIZED (
  SELECT x.id, r.id AS registration, r.user_id, r.address, p.id AS plan_id, x.integration_id, x.send_for_ms
    FROM mine m CROSS JOIN asked x
   CROSS JOIN LATERAL (SELECT * FROM registrations r WHERE r.tenant_id = m.tenant_id AND r.id = x.registration
                          AND r.subscription = m.subscription AND r.enabled OFFSET 0) r
   CROSS JOIN LATERAL (SELECT p.id FROM plans p WHERE p.tenant_id = m.tenant_id AND p.hash = decode(x.hash, 'hex') OFFSET 0) p
), ${rows({ priority: '$15', shard: '$16' })}, sums AS (
  SELECT m.tenant_id, m.id, m.skips, (SELECT count(*) FROM wanted) AS messages,
         (SELECT count(DISTINCT registration) FROM wanted) AS reached,
         (SELECT count(DISTINCT registration) FROM asked) AS asked
    FROM mine m
), skips AS (
  SELECT k.reason, k.n FROM jsonb_each_text($12::jsonb) AS j(reason, text_n) CROSS JOIN LATERAL (SELECT j.reason, j.text_n::bigint AS n) k
  UNION ALL SELECT $17::text, asked - reached FROM sums WHERE asked > reached
), moved AS (
  UPDATE fan_outs f
     SET cursor = coalesce($11::uuid, f.cursor), chunks = f.chunks + 1, made = f.made + x.reached,
         messages = f.messages + x.messages, skipped = f.skipped + $10::bigint - x.reached,
         skips = f.skips || coalesce((SELECT jsonb_object_agg(s.reason, s.n + coalesce((x.skips->>s.reason)::bigint, 0)) FROM skips s), '{}'),
         result = $13::jsonb, tries = 0, due_at = clock_timestamp(),
         state = CASE WHEN $14::boolean THEN 'done' ELSE 'open' END,
         finished_at = CASE WHEN $14::boolean THEN clock_timestamp() END,
         audience = CASE WHEN $14::boolean THEN f.made + f.skipped + $10::bigint ELSE f.audience END
    FROM sums x WHERE f.tenant_id = ANY (ARRAY[x.tenant_id]) AND f.id = ANY (ARRAY[x.id])
  RETURNING f.state
)
SELECT EXISTS (SELECT FROM mine) AS held, (SELECT state FROM moved) AS state,
       (SELECT count(*) FROM wanted)::int AS made,
       ARRAY(SELECT DISTINCT integration_id FROM wanted)::text[] AS integrations`,
}
