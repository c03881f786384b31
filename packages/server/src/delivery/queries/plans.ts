/** What sending a claimed delivery needs and its row does not hold: plans and integrations, many at a time. Across tenants like the claim (`engine.ts`). */
import type { Statement } from '../../platform/db/statement.ts'

/** $1 tenants, $2 plan ids. */
export const loadPlansAcrossTenants: Statement = {
  name: 'load_plans',
  text: `SELECT p.id, p.body FROM unnest($1::uuid[], $2::uuid[]) AS x(tenant_id, id)
    CROSS JOIN LATERAL (SELECT * FROM plans p WHERE p.tenant_id = x.tenant_id AND p.id = x.id OFFSET 0) p`,
}

/** $1 tenants, $2 integration ids. The tenant's language comes along: built-in texts are in it. */
export const loadIntegrationsAcrossTenants: Statement = {
  name: 'load_integrations',
  text: `SELECT i.tenant_id, i.id, i.connector, i.channel, i.name, i.settings, i.secrets, i.enabled,
         i.deleted_at IS NOT NULL AS deleted, i.breaker, i.on_unknown, i.version, t.language, t.time_zone
    FROM unnest($1::uuid[], $2::uuid[]) AS x(tenant_id, id)
   CROSS JOIN LATERAL (SELECT * FROM integrations i WHERE i.tenant_id = x.tenant_id AND i.id = x.id OFFSET 0) i
   CROSS JOIN LATERAL (SELECT language, time_zone FROM tenants t WHERE t.tenant_id = i.tenant_id OFFSET 0) t`,
}
