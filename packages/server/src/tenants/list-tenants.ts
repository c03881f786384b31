/** Reading tenants: a page of them, or one. For platform admins. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { addMs, toIso } from '@carillon/domain/clock'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { rateLimits } from '../platform/rate-limit/request-limits.ts'
import { findTenantRow, listTenantsAcrossTenants, type TenantRow } from './queries.ts'
import type { TenantListQuery, TenantView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A row as the API shows it. */
export const viewTenant = (row: TenantRow): TenantView => ({
  id: printId('tenant', asId('tenant', row.tenant_id)),
  slug: row.slug,
  name: row.name,
  language: row.language,
  timeZone: row.time_zone,
  limits: viewLimits(row.limits),
  retentionDays: row.retention_days,
  state: stateOf(row),
  purgeAt: row.deleted_at === null ? null : toIso(addMs(row.deleted_at, restorableMs)),
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

/** So long a deleted tenant can be restored. */
export const restorableMs = 7 * 86_400_000

const stateOf = ({ suspended_at, deleted_at }: TenantRow): TenantView['state'] => {
  if (deleted_at !== null) return 'deleted'
  return suspended_at === null ? 'active' : 'suspended'
}

const viewLimits = (own: TenantRow['limits']): TenantView['limits'] => {
  const { subscriptions, trigger, events, hooks } = rateLimits
  return {
    subscriptionsPerMinute: own[subscriptions.setting] ?? subscriptions.standard,
    triggersPerMinute: own[trigger.setting] ?? trigger.standard,
    eventsPerMinute: own[events.setting] ?? events.standard,
    hooksPerMinute: own[hooks.setting] ?? hooks.standard,
  }
}

/** A page of all tenants, newest first; `pool` has the role engine. Throws `bad_cursor`. */
export const listTenants = async (
  pool: Pool,
  filter: TenantListQuery,
): Promise<Page<TenantView>> => {
  const limit = limitOf(filter)
  const before = decodeCursor(filter.cursor, keyset)?.[0]
  const rows = await listTenantsAcrossTenants(pool, {
    before,
    slug: filter.slug,
    text: filter.q,
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewTenant, keysetOf: (row) => [row.tenant_id] })
}

/** The tenant, or `not_found`; `pool` has the role engine. */
export const findTenant = async (pool: Pool, tenantId: TenantId): Promise<TenantView> => {
  const row = await findTenantRow(pool, tenantId)
  if (row === undefined) throw notFound()
  return viewTenant(row)
}
