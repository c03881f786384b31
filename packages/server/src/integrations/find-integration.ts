/** One integration as the API shows it. */
import type { Pool } from 'pg'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { HookUrlOf } from './hook-url.ts'
import { viewIntegration } from './integration-view.ts'
import * as sql from './queries.ts'
import type { IntegrationView } from './schema.ts'

/** The integration with its health. Throws `not_found`. */
export const findIntegration = async (
  pool: Pool,
  tenantId: TenantId,
  id: IntegrationId,
  hookUrlOf: HookUrlOf,
): Promise<IntegrationView> => {
  const row = await inTenant(pool, tenantId, (client) => sql.findIntegration(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewIntegration(row, hookUrlOf)
}
