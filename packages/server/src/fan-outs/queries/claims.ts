/**
 * The SQL of taking a fan-out up, keeping it, and ending it without a chunk. Across tenants, as carillon_engine. A lease is
 * `due_at` moved forward with a new fence, as in the delivery queue; every change demands the state and the fence.
 */
import type { Statement } from '../../platform/db/statement.ts'

const zero = '00000000-0000-0000-0000-000000000000'
const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Tenants with fan-outs that are due, by a loose index scan: one probe a tenant. Those that are suspended wait. */
export const findOpenTenantsAcrossTenants: Statement = {
  name: 'fan_out_tenants',
  text: `
WITH RECURSIVE open AS (
  (SELECT tenant_id, due_at FROM fan_outs WHERE state = 'open' ORDER BY tenant_id, due_at LIMIT 1)
  UNION ALL
  SELECT n.* FROM open o CROSS JOIN LATERAL (
    SELECT f.tenant_id, f.due_at FROM fan_outs f WHERE f.state = 'open' AND f.tenant_id > o.tenant_id
     ORDER BY f.tenant_id, f.due_at LIMIT 1) n
)
SELECT o.tenant_id FROM open o WHERE o.due_at <= statement_timestamp()
   AND NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = o.tenant_id AND t.suspended_at IS NOT NULL OFFSET 0)`,
}

const claimed =
  'f.tenant_id, f.id, f.event_id, f.subscription, f.origin, f.fence, f.upto, f.audience, f.chunks, f.tries, f.result'
const lease = `clock_timestamp() + $2::double precision * interval '1 millisecond'`

/** Leases due fan-outs, the longest waiting of each tenant. $1 tenants, $2 lease in ms, $3 how many a tenant. */
export const claimAcrossTenants: Statement = {
  name: 'claim_fan_outs',
  text: `
WITH picked AS (
  SELECT p.* FROM unnest($1::uuid[]) AS w(tenant_id) CROSS JOIN LATERAL (
    SELECT f.tenant_id, f.id FROM fan_outs f
     WHERE f.tenant_id = w.tenant_id AND f.state = 'open' AND f.due_at <= statement_timestamp()
     ORDER BY f.due_at LIMIT $3 FOR UPDATE SKIP LOCKED) p
)
UPDATE fan_outs f SET fence = f.fence + 1, due_at = ${lease}
  FROM picked p WHERE f.tenant_id = ANY (ARRAY[p.tenant_id]) AND f.id = ANY (ARRAY[p.id])
RETURNING ${claimed}`,
}

/**
 * Leases one that nobody has taken up yet, before its time: whoever made it expands it. $1 tenant, $2 lease in ms, $3 id.
 */
export const claimNew: Statement = {
  name: 'claim_new_fan_out',
  text: `
UPDATE fan_outs f SET fence = f.fence + 1, due_at = ${lease}
 WHERE f.tenant_id = $1 AND f.id = $3 AND f.state = 'open' AND f.fence = 0
RETURNING ${claimed}`,
}

/**
 * All leases run out now. Only for a database that nobody else can use (the embedded one, at its start). What waits after a
 * failure goes on waiting.
 */
export const endAllLeasesAcrossTenants: Statement = {
  name: 'end_fan_out_leases',
  text: `
UPDATE fan_outs SET due_at = clock_timestamp()
 WHERE state = 'open' AND tries = 0 AND due_at > statement_timestamp()`,
}

/** Prolongs a lease; no row: it is no longer ours. $1 tenant, $2 lease in ms, $3 id, $4 fence. */
export const renew: Statement = {
  name: 'renew_fan_out',
  text: `
UPDATE fan_outs SET due_at = ${lease}
 WHERE tenant_id = $1 AND id = $3 AND fence = $4 AND state = 'open' RETURNING id`,
}

/** Gives it back, due after a wait. $1 tenant, $2 wait in ms, $3 id, $4 fence, $5 failures to add. */
export const putBack: Statement = {
  name: 'put_back_fan_out',
  text: `
UPDATE fan_outs SET due_at = ${lease}, tries = tries + $5::smallint
 WHERE tenant_id = $1 AND id = $3 AND fence = $4 AND state = 'open'`,
}

/**
 * Fixes the audience: how many active registrations there are and which is the last. $1 tenant, $2 id, $3 fence. Compared
 * as rows for the same reason as in `chunks.ts`.
 * Counted up to a million, which takes a quarter of a second; the end of the fan-out knows the rest.
 */
export const begin: Statement = {
  name: 'begin_fan_out',
  text: `
WITH mine AS (
  SELECT tenant_id, id, subscription FROM fan_outs
   WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND state = 'open' AND upto IS NULL FOR UPDATE
), counted AS (
  SELECT m.*, (SELECT count(*) FROM (
           SELECT FROM registrations r WHERE r.tenant_id = m.tenant_id AND r.enabled
              AND (r.subscription, r.id) >= (m.subscription, '${zero}'::uuid) AND (r.subscription, r.id) <= (m.subscription, '${last}'::uuid)
            ORDER BY r.subscription, r.id LIMIT 1000000) r) AS audience,
         (SELECT r.id FROM registrations r WHERE r.tenant_id = m.tenant_id AND r.enabled
             AND (r.subscription, r.id) >= (m.subscription, '${zero}'::uuid) AND (r.subscription, r.id) <= (m.subscription, '${last}'::uuid)
           ORDER BY r.subscription DESC, r.id DESC LIMIT 1) AS upto
    FROM mine m
)
UPDATE fan_outs f SET audience = c.audience, upto = coalesce(c.upto, '${zero}')
  FROM counted c WHERE f.tenant_id = ANY (ARRAY[c.tenant_id]) AND f.id = ANY (ARRAY[c.id])
RETURNING f.audience`,
}

/**
 * Ends it. What was made stays, and the audience is what was dealt with. $1 tenant, $2 id, $3 fence, $4 state,
 * $5 error code, $6 error message.
 */
export const finish: Statement = {
  name: 'finish_fan_out',
  text: `
UPDATE fan_outs SET state = $4, error_code = $5, error_message = $6, finished_at = clock_timestamp(),
       audience = CASE WHEN $4 = 'done' THEN made + skipped ELSE audience END
 WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND state = 'open' RETURNING id`,
}

/**
 * What an expansion starts from: the subscription as it is now (NULL: it is gone), the tenant, the event's data.
 * $1 tenant, $2 subscription, $3 event.
 */
export const loadTask: Statement = {
  name: 'load_fan_out_task',
  text: `
SELECT t.language AS tenant_language, t.slug AS tenant_slug, s.subscription_id, s.enabled, s.content, s.version,
       (SELECT e.data FROM events e WHERE e.tenant_id = $1 AND e.id = $3) AS data
  FROM tenants t LEFT JOIN subscriptions s ON s.tenant_id = t.tenant_id AND s.id = $2
 WHERE t.tenant_id = $1`,
}

/** The default integrations of a tenant, one a channel. $1 tenant. */
export const listDefaults: Statement = {
  name: 'fan_out_defaults',
  text: `
SELECT id, channel, enabled FROM integrations WHERE tenant_id = $1 AND is_default AND deleted_at IS NULL`,
}
