/** Changes a tenant's name, language, time zone or limits. Its slug stays: callers and scripts name the tenant by it. */
import type { Pool } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { inTransaction } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { viewTenant } from './list-tenants.ts'
import { changeTenantRow } from './queries.ts'
import { readTimeZone } from './read-time-zone.ts'
import type { TenantChange, TenantView } from './schema.ts'

/** Changes the fields that are given; `pool` has the role engine. Throws `not_found` and `validation_failed`. */
export const changeTenant = async (
  pool: Pool,
  tenantId: TenantId,
  { name, language, timeZone, limits }: TenantChange,
): Promise<TenantView> => {
  const zone = timeZone === undefined ? undefined : readTimeZone(timeZone)
  const row = await inTransaction(pool, async (client) =>
    changeTenantRow(client, tenantId, { name, language, timeZone: zone, limits }),
  )
  if (row === undefined) throw notFound()
  return viewTenant(row)
}
