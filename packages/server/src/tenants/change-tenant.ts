/** Changes a tenant's name, language, time zone, limits or retention, suspends it or lets it go on. Its slug stays: callers and scripts name the tenant by it. */
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { TenantId } from '@carillon/domain/ids'
import { inTransaction } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { viewTenant } from './list-tenants.ts'
import { changeTenantRow, lockTenantRow } from './queries.ts'
import { readTimeZone } from './read-time-zone.ts'
import type { TenantChange, TenantView } from './schema.ts'

const assertNotDeleted = async (client: PoolClient, tenantId: TenantId): Promise<void> => {
  const row = await lockTenantRow(client, tenantId)
  if (row === undefined || row.deleted_at === null) return
  throw appError('conflict', {
    detail: 'The tenant is deleted: restore it first (POST /api/v1/tenants/{id}/restore).',
  })
}

/** Changes the fields that are given; `pool` has the role engine. Throws `not_found` and `validation_failed`. */
export const changeTenant = async (
  pool: Pool,
  tenantId: TenantId,
  { name, language, timeZone, limits, retentionDays, suspended }: TenantChange,
): Promise<TenantView> => {
  const zone = timeZone === undefined ? undefined : readTimeZone(timeZone)
  const change = { name, language, timeZone: zone, limits, retentionDays, suspended }
  const row = await inTransaction(pool, async (client) => {
    if (suspended === false) await assertNotDeleted(client, tenantId)
    return await changeTenantRow(client, tenantId, change)
  })
  if (row === undefined) throw notFound()
  return viewTenant(row)
}
