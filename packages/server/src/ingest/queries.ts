/** The SQL of accepting events: one statement for a whole batch of all tenants (a longer one where items are followed), and the look-up of known duplicates. */
import type { Statement } from '../platform/db/statement.ts'

type AcceptParts = {
  /** More columns of deliveries, with their parameters. */
  readonly columns?: { readonly names: string; readonly parameters: string }
  /** CTEs before the queue's rows. */
  readonly before?: string
  /** The queue's rows. */
  readonly queued: string
}

/** Its slots it counts itself, after the days, as `settle_sent` (delivery/queries/engine.ts) does. */
const acceptWith = ({ columns, before = '', queued }: AcceptParts): string => `
WITH stale AS (
  SELECT v.tenant_id FROM unnest($1::uuid[], $2::bigint[]) AS v(tenant_id, version)
    LEFT JOIN LATERAL (SELECT rules_version FROM tenants t WHERE t.tenant_id = v.tenant_id OFFSET 0) t ON true
   WHERE t.rules_version IS DISTINCT FROM v.version
), keys AS (
  INSERT INTO event_keys (tenant_id, source, source_id, event_id)
  SELECT e.tenant_id, e.source, e.source_id, e.id
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) AS e(tenant_id, id, source, source_id)
   WHERE NOT EXISTS (SELECT FROM stale)
  ON CONFLICT DO NOTHING
  RETURNING event_id
), stored AS (
  INSERT INTO events (tenant_id, id, source, source_id, type, subject, time, data)
  SELECT e.tenant_id, e.id, e.source, e.source_id, e.type, e.subject, e.time, e.data::json
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::text[])
      AS e(tenant_id, id, source, source_id, type, subject, time, data)
    JOIN keys k ON k.event_id = e.id
), wanted AS (
  SELECT d.* FROM unnest($11::uuid[], $12::uuid[], $13::uuid[], $14::uuid[], $15::uuid[], $16::text[], $17::text[],
                         $18::double precision[], $19::text[], $20::uuid[], $21::smallint[], $22::text[]${columns === undefined ? '' : `, ${columns.parameters}`})
      AS d(tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_for_ms, ordering_key, integration_id, priority, when_open${columns === undefined ? '' : `, ${columns.names}`})
    JOIN keys k ON k.event_id = d.event_id
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, ordering_key, created_at)
  SELECT tenant_id, id, event_id, rule_id, plan_id, addresses::text[], recipient,
         clock_timestamp() + send_for_ms * interval '1 millisecond', ordering_key, clock_timestamp() FROM wanted
),${before} queued AS (${queued}
), counted AS (
  INSERT INTO delivery_counters_hot AS c (tenant_id, day, integration_id, shard, created)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, $23::smallint, count(*)
    FROM wanted GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + excluded.created
  RETURNING 1
), slotted AS (
  INSERT INTO slot_counters AS c (tenant_id, slot, campaign, integration_id, shard, created)
  SELECT tenant_id, date_bin('15 minutes', clock_timestamp(), '2000-01-01 00:00+00'), '00000000-0000-0000-0000-000000000000'::uuid,
         integration_id, $23::smallint, count(*)
    FROM wanted WHERE (SELECT count(*) FROM counted) >= 0
   GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, slot, campaign, integration_id, shard) DO UPDATE SET created = c.created + excluded.created
), fanned AS (
  INSERT INTO fan_outs (tenant_id, id, event_id, subscription, rule_id, origin, due_at)
  SELECT f.tenant_id, f.id, f.event_id, f.subscription, f.rule_id, f.origin,
         clock_timestamp() + f.hold_ms * interval '1 millisecond'
    FROM unnest($24::uuid[], $25::uuid[], $26::uuid[], $27::uuid[], $28::uuid[], $29::text[], $30::double precision[])
      AS f(tenant_id, id, event_id, subscription, rule_id, origin, hold_ms)
    JOIN keys k ON k.event_id = f.event_id
)`

const accept = acceptWith({
  queued: `
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, due_at, send_until, ordering_key, when_open)
  SELECT tenant_id, id, integration_id, priority, clock_timestamp(),
         clock_timestamp() + send_for_ms * interval '1 millisecond', ordering_key, when_open FROM wanted`,
})

const result = `
SELECT (SELECT count(*) FROM stale)::int AS stale, ARRAY(SELECT event_id FROM keys)::text[] AS fresh`

/**
 * Stores events, what follows from them, and the counters, or nothing at all: when a tenant's rules are not those that
 * the caller matched against (`stale`), no row is written and the caller loads them anew.
 * $1..$2 tenants and the rules versions used. $3..$10 events. $11..$22 deliveries. $23 shard. $24..$30 fan-outs.
 * Duplicates (same tenant, source, id) write nothing; their ids are missing from `fresh`.
 */
export const acceptAcrossTenants: Statement = { name: 'accept_events', text: `${accept}${result}` }

/**
 * Rows for this process's worker, stored leased (delivery/hand-over.ts), where nothing is in the way: the breaker is closed,
 * the integration is not paused, the address is not suppressed (by an entry for everything: a rule's message is part of
 * nothing else). What is in the way is for the claim to tell.
 */
const handing = acceptWith({
  columns: { names: 'may_be_leased', parameters: '$33::boolean[]' },
  before: ` open AS MATERIALIZED (
  SELECT w.tenant_id, w.integration_id, i.version, i.channel
    FROM (SELECT DISTINCT tenant_id, integration_id FROM wanted WHERE may_be_leased) w
   CROSS JOIN LATERAL (SELECT i.version, i.channel FROM integrations i
                        WHERE i.tenant_id = w.tenant_id AND i.id = w.integration_id OFFSET 0) i
    LEFT JOIN LATERAL (SELECT s.breaker_state, s.paused_until FROM integration_states s
                        WHERE s.tenant_id = w.tenant_id AND s.integration_id = w.integration_id OFFSET 0) s ON true
   WHERE coalesce(s.breaker_state, 'closed') = 'closed' AND (s.paused_until IS NULL OR s.paused_until <= clock_timestamp())
), placed AS MATERIALIZED (
  SELECT w.*, clock_timestamp() AS at, clock_timestamp() + w.send_for_ms * interval '1 millisecond' AS send_until, o.version,
         o.version IS NOT NULL AND NOT EXISTS (
           SELECT FROM suppressions x WHERE x.tenant_id = w.tenant_id AND x.channel = o.channel AND x.scope = 'all'
              AND x.address = coalesce((w.addresses::text[])[1], '')) AS is_leased
    FROM wanted w LEFT JOIN open o ON w.may_be_leased AND o.tenant_id = w.tenant_id AND o.integration_id = w.integration_id
),`,
  queued: `
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, send_until, ordering_key, when_open,
                              state, due_at, lease_owner, fence, claimed_at)
  SELECT tenant_id, id, integration_id, priority, send_until, ordering_key, when_open,
         CASE WHEN is_leased THEN 'sending' ELSE 'pending' END,
         CASE WHEN is_leased THEN at + $32::double precision * interval '1 millisecond' ELSE at END,
         CASE WHEN is_leased THEN $31::uuid END, is_leased::int, CASE WHEN is_leased THEN at END FROM placed`,
})

/** The same, with rows for this process's worker. $31 its owner, $32 its lease in ms, $33 which deliveries may be leased to it. */
export const acceptHandingAcrossTenants: Statement = {
  name: 'accept_handing_events',
  text: `${handing}${result},
       (SELECT json_agg(json_build_array(id, extract(epoch FROM at) * 1000, extract(epoch FROM send_until) * 1000, version))
          FROM placed WHERE is_leased)::text AS handed`,
}

/**
 * Items of `asked` without an id are only told of in the sync log. Rows of items are taken in the order of their keys, as
 * by whoever follows hints, so that two of us never wait for each other. Several of one batch about one item are one.
 */
const track = `, asked AS MATERIALIZED (
  SELECT a.* FROM unnest($31::uuid[], $32::uuid[], $33::uuid[], $34::uuid[], $35::uuid[], $36::text[], $37::text[], $38::text[],
                         $39::text[], $40::text[], $41::text[]) WITH ORDINALITY
      AS a(tenant_id, event_id, item_id, line_id, integration_id, remote_id, reference, metadata, by_whom, hint, problem, at)
    JOIN keys k ON k.event_id = a.event_id
), full_tenants AS MATERIALIZED (
  SELECT w.tenant_id FROM (SELECT DISTINCT tenant_id FROM asked WHERE item_id IS NOT NULL) w
   WHERE (SELECT count(*) FROM tracked_items t WHERE t.tenant_id = w.tenant_id AND t.needs_sync) >= $42::int
), refused AS MATERIALIZED (
  SELECT a.line_id FROM asked a JOIN full_tenants f ON f.tenant_id = a.tenant_id
   WHERE a.item_id IS NOT NULL AND NOT EXISTS (
     SELECT FROM tracked_items t WHERE t.tenant_id = a.tenant_id AND t.integration_id = a.integration_id AND t.remote_id = a.remote_id)
), followed AS (
  INSERT INTO tracked_items AS t (tenant_id, id, integration_id, remote_id, reference, metadata, created_by, hints, last_hint)
  SELECT a.tenant_id, (array_agg(a.item_id ORDER BY a.at))[1], a.integration_id, a.remote_id,
         (array_agg(a.reference ORDER BY a.at) FILTER (WHERE a.reference IS NOT NULL))[1],
         coalesce((array_agg(a.metadata ORDER BY a.at) FILTER (WHERE a.metadata <> '{}'))[1], '{}')::jsonb,
         (array_agg(a.by_whom ORDER BY a.at))[1], 1, (array_agg(a.hint ORDER BY a.at))[1]
    FROM asked a WHERE a.item_id IS NOT NULL AND a.line_id NOT IN (SELECT line_id FROM refused)
   GROUP BY a.tenant_id, a.integration_id, a.remote_id ORDER BY a.tenant_id, a.integration_id, a.remote_id COLLATE "C"
  ON CONFLICT (tenant_id, integration_id, remote_id) DO UPDATE
    SET reference = coalesce(t.reference, excluded.reference),
        metadata = CASE WHEN t.metadata = '{}' THEN excluded.metadata ELSE t.metadata END, updated_at = now()
    WHERE (t.reference IS NULL AND excluded.reference IS NOT NULL) OR (t.metadata = '{}' AND excluded.metadata <> '{}')
), paced AS (
  INSERT INTO tracker_rounds (tenant_id, integration_id)
  SELECT DISTINCT tenant_id, integration_id FROM asked WHERE item_id IS NOT NULL ORDER BY tenant_id, integration_id
  ON CONFLICT DO NOTHING
), told AS (
  INSERT INTO sync_log (tenant_id, id, integration_id, remote_id, type, success, error, event_id)
  SELECT a.tenant_id, a.line_id, a.integration_id, a.remote_id, a.hint, false,
         CASE WHEN r.line_id IS NULL THEN a.problem ELSE format('Not followed: this tenant follows %s items that are not done, which is the most.', $42::int) END,
         a.event_id
    FROM asked a LEFT JOIN refused r ON r.line_id = a.line_id WHERE a.problem IS NOT NULL OR r.line_id IS NOT NULL
)`

/** The same where rules track. $31..$41 items to be followed. $42 how many a tenant may have open. */
export const acceptTrackingAcrossTenants: Statement = {
  name: 'accept_tracking_events',
  text: `${accept}${track}${result}`,
}

/** The ids under which duplicates were stored. $1 tenants, $2 sources, $3 source ids. */
export const findEventIdsAcrossTenants: Statement = {
  name: 'find_event_ids',
  text: `
SELECT k.tenant_id, k.source, k.source_id, k.event_id
  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS x(tenant_id, source, source_id)
 CROSS JOIN LATERAL (SELECT * FROM event_keys k WHERE k.tenant_id = x.tenant_id AND k.source = x.source
                        AND k.source_id = x.source_id OFFSET 0) k`,
}

/** What lists and single events show of an event `e`. */
export const eventColumns =
  'e.id, e.source, e.source_id, e.type, e.subject, e.time, e.accepted_at, e.data'

/** $1 tenant, $2 id. */
export const findEvent: Statement = {
  name: 'find_event',
  text: `SELECT ${eventColumns} FROM events e WHERE e.tenant_id = $1 AND e.id = $2`,
}

/** What followed from an event, oldest first. $1 tenant, $2 event, $3 how many at most. */
export const findEventDeliveries: Statement = {
  name: 'find_event_deliveries',
  text: `
SELECT d.id, d.rule_id, coalesce(q.state, (
         SELECT s.state FROM settlements s WHERE s.tenant_id = d.tenant_id AND s.delivery_id = d.id ORDER BY s.turn DESC LIMIT 1)) AS state
  FROM deliveries d LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id
 WHERE d.tenant_id = $1 AND d.event_id = $2 ORDER BY d.id LIMIT $3`,
}
