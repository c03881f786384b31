/** Who is signed in: the person, the tenant acted in with its rights, and all memberships. */
import type { Pool } from 'pg'
import { asId, printId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import type { SessionPrincipal } from '../platform/http/principal.ts'
import { findTenant } from '../tenants/list-tenants.ts'
import { viewUser } from './list-users.ts'
import { findUserAcrossTenants, listMembershipsAcrossTenants } from './queries/users.ts'
import type { Me } from './schema.ts'

/** `pool` has the role engine. Throws `not_found` when the person was deleted a moment ago. */
export const showMe = async (pool: Pool, principal: SessionPrincipal): Promise<Me> => {
  const row = await findUserAcrossTenants(pool, principal.userId)
  if (row === undefined) throw notFound()
  const { tenantId } = principal
  const [memberships, tenant] = await Promise.all([
    listMembershipsAcrossTenants(pool, principal.userId),
    tenantId === undefined ? undefined : findTenant(pool, tenantId),
  ])
  return {
    ...viewUser(row),
    tenant: tenant?.slug ?? null,
    tenantName: tenant?.name ?? null,
    timeZone: tenant?.timeZone ?? 'UTC',
    scopes: [...principal.scopes],
    memberships: memberships.map((membership) => ({
      tenant: printId('tenant', asId('tenant', membership.tenant_id)),
      slug: membership.slug,
      name: membership.name,
      role: membership.role,
    })),
    sessionId: printId('session', asId('session', principal.sessionId)),
  }
}
