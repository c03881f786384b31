/** The SQL that finds lanes with open work. Found by the index whatever the planner believes: see `engine.ts`. */
import type { Statement } from '../../platform/db/statement.ts'

const lowestId = '00000000-0000-0000-0000-000000000000'
const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Lanes with open work, by a loose index scan: two probes a lane, whatever the number of rows. $1..$4 the lanes that the
 * caller knows (tenant, integration, priority; in this order, each once) and from when on their rows are looked at: under a forgotten snapshot the
 * index keeps what is finished, and a probe from a lane's beginning walked over a million such entries for a second.
 * So no probe goes through a known lane: one looks between two of them, the other within one from its bound on.
 */
export const findLanesAcrossTenants: Statement = {
  name: 'find_lanes',
  text: `
WITH RECURSIVE step AS (
  SELECT '${lowestId}'::uuid AS tenant_id, '${lowestId}'::uuid AS integration_id, '-1'::smallint AS priority,
         NULL::timestamptz AS due_at, 1 AS next_known
  UNION ALL
  SELECT coalesce(n.tenant_id, k.tenant_id), coalesce(n.integration_id, k.integration_id), coalesce(n.priority, k.priority),
         coalesce(n.due_at, o.due_at), CASE WHEN n.tenant_id IS NULL THEN s.next_known + 1 ELSE s.next_known END
    FROM step s
   CROSS JOIN LATERAL (SELECT ($1::uuid[])[s.next_known] AS tenant_id, ($2::uuid[])[s.next_known] AS integration_id,
                              ($3::smallint[])[s.next_known] AS priority, ($4::timestamptz[])[s.next_known] AS from_at) k
    LEFT JOIN LATERAL (
      SELECT q.tenant_id, q.integration_id, q.priority, q.due_at FROM delivery_queue q
       WHERE q.state = 'pending'
         AND (q.tenant_id, q.integration_id, q.priority) > (s.tenant_id, s.integration_id, s.priority)
         AND (q.tenant_id, q.integration_id, q.priority)
           < (coalesce(k.tenant_id, '${highestId}'), coalesce(k.integration_id, '${highestId}'), coalesce(k.priority, 32767))
       ORDER BY q.tenant_id, q.integration_id, q.priority, q.due_at LIMIT 1) n ON true
    LEFT JOIN LATERAL (
      SELECT q.due_at FROM delivery_queue q
       WHERE n.tenant_id IS NULL AND q.state = 'pending' AND q.tenant_id = k.tenant_id
         AND q.integration_id = k.integration_id AND q.priority = k.priority AND q.due_at >= k.from_at
       ORDER BY q.due_at LIMIT 1) o ON true
   WHERE n.tenant_id IS NOT NULL OR k.tenant_id IS NOT NULL
), lane AS (
  SELECT tenant_id, integration_id, priority, due_at FROM step WHERE due_at IS NOT NULL
)
SELECT l.tenant_id, l.integration_id, l.priority, l.due_at, i.version, i.limits, i.connector,
       s.breaker_state, s.failures, s.open_until, s.open_reason, s.paused_until
  FROM lane l
 CROSS JOIN LATERAL (SELECT * FROM integrations i WHERE i.tenant_id = l.tenant_id AND i.id = l.integration_id OFFSET 0) i
  LEFT JOIN LATERAL (SELECT * FROM integration_states s WHERE s.tenant_id = l.tenant_id
                        AND s.integration_id = l.integration_id OFFSET 0) s ON true
 WHERE NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = l.tenant_id AND t.suspended_at IS NOT NULL OFFSET 0)`,
}
