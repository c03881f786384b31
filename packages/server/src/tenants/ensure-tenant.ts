/** Makes a tenant unless it is there. */
import type { PoolClient } from 'pg'
import { asId, type TenantId } from '@carillon/domain/ids'
import type { IdGenerator } from '../platform/ids.ts'
import { addTenant, listTenantsAcrossTenants } from './queries.ts'

type Wanted = { readonly slug: string; readonly name: string; readonly newId: IdGenerator }

/** The id of the tenant with this slug, which is made when missing (English, UTC). `client` has the role engine. */
export const ensureTenant = async (
  client: PoolClient,
  { slug, name, newId }: Wanted,
): Promise<TenantId> => {
  const made = await addTenant(client, {
    tenant_id: newId('tenant'),
    slug,
    name,
    language: 'en',
    time_zone: 'UTC',
  })
  const row =
    made ??
    (
      await listTenantsAcrossTenants(client, { before: undefined, slug, text: undefined, limit: 1 })
    )[0]
  if (row === undefined) throw new Error(`the tenant ${slug} is neither there nor can it be made`)
  return asId('tenant', row.tenant_id)
}
