/**
 * Deletes a tenant in two steps, because it takes proofs with it: it is marked, and can be restored for a week; then
 * a job removes everything of it but its audit log (`retention/`).
 */
import type { Pool } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { TenantId } from '@carillon/domain/ids'
import { inTransaction } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { restorableMs, viewTenant } from './list-tenants.ts'
import { lockTenantRow, markTenantDeleted, unmarkTenantDeleted } from './queries.ts'
import type { TenantView } from './schema.ts'

/**
 * Marks a suspended tenant as deleted; `confirm` must be its slug. Throws `not_found`, `conflict` while it is active, and
 * `validation_failed` for another slug. `pool` has the role engine.
 */
export const deleteTenant = async (
  pool: Pool,
  tenantId: TenantId,
  confirm: string,
): Promise<TenantView> =>
  await inTransaction(pool, async (client) => {
    const row = await lockTenantRow(client, tenantId)
    if (row === undefined) throw notFound()
    if (row.suspended_at === null) {
      throw appError('conflict', {
        detail: 'The tenant is active: suspend it first (PATCH with {"suspended": true}).',
      })
    }
    if (confirm !== row.slug) {
      const detail = `Must be the slug of the tenant that you mean to delete, "${row.slug}".`
      throw appError('validation_failed', { detail, errors: [{ pointer: '?confirm', detail }] })
    }
    const marked = await markTenantDeleted(client, tenantId)
    if (marked === undefined) throw notFound()
    return viewTenant(marked)
  })

/** Takes the mark away; the tenant stays suspended. Throws `not_found`, `conflict` when it is not deleted, or its week is over. */
export const restoreTenant = async (pool: Pool, tenantId: TenantId): Promise<TenantView> =>
  await inTransaction(pool, async (client) => {
    const row = await lockTenantRow(client, tenantId)
    if (row === undefined) throw notFound()
    if (row.deleted_at === null)
      throw appError('conflict', { detail: 'The tenant is not deleted.' })
    const restored = await unmarkTenantDeleted(client, tenantId, restorableMs)
    if (restored === undefined) {
      throw appError('conflict', {
        detail: 'The time to restore the tenant is over: what it had is being removed.',
      })
    }
    return viewTenant(restored)
  })
