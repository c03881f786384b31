/** Removes everything of deleted tenants but their audit logs, a batch at a time; it goes on where it stopped. */
import type { Pool } from 'pg'
import type { Log } from '../platform/log.ts'
import { restorableMs } from '../tenants/list-tenants.ts'
import {
  deleteTenantRow,
  deleteTenantRows,
  findDeletedTenants,
  findTenantTables,
} from './queries.ts'

const rowsAtOnce = 5_000
/** A restoration that has just begun in time must not find its tenant half gone. */
const graceMs = 60_000

/** One batch of the tenant that was deleted first. Returns how many rows went; 0: nobody is to be purged. */
export const purgeTenants = async (pool: Pool, log: Log): Promise<number> => {
  const [tenant] = await findDeletedTenants(pool, restorableMs + graceMs)
  if (tenant === undefined) return 0
  for (const table of await findTenantTables(pool)) {
    const batch = { table, limit: rowsAtOnce }
    // oxlint-disable-next-line no-await-in-loop -- tables that refer to others come first
    const gone = await deleteTenantRows(pool, tenant.tenant_id, batch)
    if (gone > 0) return gone
  }
  await deleteTenantRow(pool, tenant.tenant_id)
  log.warn({ tenant: tenant.slug }, 'a deleted tenant was purged: only its audit log is left')
  return 1
}
