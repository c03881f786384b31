/** The SQL of functions: whose folder is whose. The functions themselves are files. */
import type { Pool } from 'pg'
import { query, type Statement } from '../platform/db/statement.ts'

const slugStatement: Statement = {
  name: 'slug_of_tenant',
  text: `SELECT slug FROM tenants WHERE tenant_id = $1`,
}

/** The slug of a tenant; undefined: there is none. On the engine's pool: functions are run for any tenant. */
export const findSlugAcrossTenants = async (
  pool: Pool,
  tenantId: string,
): Promise<string | undefined> =>
  (await query<{ slug: string }>(pool, slugStatement, [tenantId]))[0]?.slug
