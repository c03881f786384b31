/** The slug of a tenant by its id, for its own folder of functions. Slugs never change: one look a tenant and process. */
import type { Pool } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { findSlugAcrossTenants } from './queries.ts'

/** More tenants than this begin anew. */
const mostKept = 10_000

/** A finder with its memory; undefined: there is no such tenant. `pool` has the role engine. */
export const createSlugFinder = (
  pool: Pool,
): ((tenantId: TenantId) => Promise<string | undefined>) => {
  const known = new Map<TenantId, string>()
  return async (tenantId) => {
    const kept = known.get(tenantId)
    if (kept !== undefined) return kept
    const slug = await findSlugAcrossTenants(pool, tenantId)
    if (known.size >= mostKept) known.clear()
    if (slug !== undefined) known.set(tenantId, slug)
    return slug
  }
}
