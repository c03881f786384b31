/** Makes a tenant. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { IdGenerator } from '../platform/ids.ts'
import { viewTenant } from './list-tenants.ts'
import { addTenant } from './queries.ts'
import { readTimeZone } from './read-time-zone.ts'
import type { NewTenant, TenantView } from './schema.ts'

/** Makes the tenant; `client` has the role engine. Throws `conflict` when the slug is taken. */
export const createTenant = async (
  client: PoolClient,
  { slug, name, language = 'en', timeZone = 'UTC', limits, retentionDays }: NewTenant,
  newId: IdGenerator,
): Promise<TenantView> => {
  const time_zone = readTimeZone(timeZone)
  const row = await addTenant(client, {
    tenant_id: newId('tenant'),
    slug,
    name,
    language,
    time_zone,
    limits,
    retentionDays,
  })
  if (row === undefined) {
    throw appError('conflict', { detail: `There is a tenant with the slug "${slug}" already.` })
  }
  return viewTenant(row)
}
