/** The SQL of forgetting: what is older than a tenant keeps it, and all of a tenant that is gone. Role engine. */
import type { Pool } from 'pg'
import { query, type Statement } from '../platform/db/statement.ts'

const findKeepersStatement: Statement = {
  name: 'find_tenants_with_retention',
  text: 'SELECT tenant_id, retention_days FROM tenants WHERE retention_days IS NOT NULL AND deleted_at IS NULL ORDER BY tenant_id',
}

/** Tenants that do not keep everything. */
export const findTenantsWithRetention = async (
  pool: Pool,
): Promise<readonly { readonly tenant_id: string; readonly retention_days: number }[]> =>
  query(pool, findKeepersStatement, [])

const forgetDeliveriesStatement: Statement = {
  name: 'forget_deliveries',
  text: `
WITH old AS MATERIALIZED (
  SELECT d.id FROM deliveries d
   WHERE d.tenant_id = $1 AND d.id < carillon_uuid_floor(now() - $2 * interval '1 day')
     AND NOT EXISTS (SELECT FROM delivery_queue q WHERE q.tenant_id = d.tenant_id AND q.delivery_id = d.id)
   ORDER BY d.id LIMIT $3
), turns AS (
  DELETE FROM settlements s WHERE s.tenant_id = $1 AND s.delivery_id = ANY (ARRAY(SELECT id FROM old))
), told AS (
  DELETE FROM receipts r WHERE r.tenant_id = $1 AND r.delivery_id = ANY (ARRAY(SELECT id FROM old))
), parts AS (
  DELETE FROM pec_parts p WHERE p.tenant_id = $1 AND p.delivery_id = ANY (ARRAY(SELECT id FROM old))
)
DELETE FROM deliveries d WHERE d.tenant_id = $1 AND d.id = ANY (ARRAY(SELECT id FROM old)) RETURNING 1 AS gone`,
}

/** Ended deliveries older than so many days, with their turns and receipts, oldest first; returns how many. */
export const forgetDeliveries = async (
  pool: Pool,
  tenantId: string,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<number> => (await query(pool, forgetDeliveriesStatement, [tenantId, days, limit])).length

const forgetEventsStatement: Statement = {
  name: 'forget_events',
  text: `
WITH old AS MATERIALIZED (
  SELECT e.id, e.source, e.source_id FROM events e
   WHERE e.tenant_id = $1 AND e.id < carillon_uuid_floor(now() - $2 * interval '1 day')
     AND NOT EXISTS (SELECT FROM deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id)
     AND NOT EXISTS (SELECT FROM fan_outs f WHERE f.tenant_id = e.tenant_id AND f.event_id = e.id AND f.state = 'open')
   ORDER BY e.id LIMIT $3
), keys AS (
  DELETE FROM event_keys k USING old WHERE k.tenant_id = $1 AND k.source = old.source AND k.source_id = old.source_id
), spread AS (
  DELETE FROM fan_outs f WHERE f.tenant_id = $1 AND f.event_id = ANY (ARRAY(SELECT id FROM old))
)
DELETE FROM events e WHERE e.tenant_id = $1 AND e.id = ANY (ARRAY(SELECT id FROM old)) RETURNING 1 AS gone`,
}

/** Events older than so many days that no delivery refers to any more; returns how many. */
export const forgetEvents = async (
  pool: Pool,
  tenantId: string,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<number> => (await query(pool, forgetEventsStatement, [tenantId, days, limit])).length

const dropPartitionsStatement: Statement = {
  name: 'drop_empty_partitions',
  text: 'SELECT carillon_drop_empty_partitions() AS dropped',
}

/** Gives the space of an old, empty partition back; returns 1, or 0 when there is none. */
export const dropEmptyPartitionsAcrossTenants = async (pool: Pool): Promise<number> =>
  (await query<{ dropped: number }>(pool, dropPartitionsStatement, []))[0]?.dropped ?? 0

const findDeletedStatement: Statement = {
  name: 'find_deleted_tenants',
  text: `SELECT tenant_id, slug FROM tenants WHERE deleted_at < now() - $1 * interval '1 millisecond' ORDER BY deleted_at`,
}

/** Tenants that were deleted at least so long ago. */
export const findDeletedTenants = async (
  pool: Pool,
  agoMs: number,
): Promise<readonly { readonly tenant_id: string; readonly slug: string }[]> =>
  query(pool, findDeletedStatement, [agoMs])

const tablesStatement: Statement = {
  name: 'find_tenant_tables',
  text: `
WITH RECURSIVE own AS (
  SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     AND c.relname NOT IN ('tenants', 'audit_log', 'audit_heads')
), refers AS (
  SELECT DISTINCT k.conrelid AS child, k.confrelid AS parent FROM pg_constraint k
   WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND k.conrelid IN (SELECT oid FROM own) AND k.confrelid IN (SELECT oid FROM own)
), deep AS (
  SELECT oid, 0 AS depth FROM own
  UNION ALL
  SELECT r.child, d.depth + 1 FROM deep d JOIN refers r ON r.parent = d.oid WHERE d.depth < 20
)
SELECT oid::regclass::text AS name FROM deep GROUP BY oid ORDER BY max(depth) DESC, 1`,
}

/** Every table with rows of tenants, those that refer to others first. The audit log is not among them: it stays. */
export const findTenantTables = async (pool: Pool): Promise<readonly string[]> =>
  (await query<{ name: string }>(pool, tablesStatement, [])).map(({ name }) => name)

const deleteRowsStatement: Statement = {
  name: 'delete_tenant_rows',
  text: 'SELECT carillon_delete_rows($1, $2::regclass, $3) AS gone',
}

/** Deletes up to so many rows of a tenant from one table; returns how many. */
export const deleteTenantRows = async (
  pool: Pool,
  tenantId: string,
  { table, limit }: { readonly table: string; readonly limit: number },
): Promise<number> =>
  (await query<{ gone: number }>(pool, deleteRowsStatement, [tenantId, table, limit]))[0]?.gone ?? 0

const deleteTenantStatement: Statement = {
  name: 'delete_tenant',
  text: 'DELETE FROM tenants WHERE tenant_id = $1 AND deleted_at IS NOT NULL',
}

/** The tenant's own row, last. */
export const deleteTenantRow = async (pool: Pool, tenantId: string): Promise<void> => {
  await query(pool, deleteTenantStatement, [tenantId])
}
