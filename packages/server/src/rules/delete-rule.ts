/** Deletes a rule. What it has set off already goes on. */
import type { Pool } from 'pg'
import type { RuleId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries.ts'

/** Deletes it. Throws `not_found`. */
export const deleteRule = async (pool: Pool, tenantId: TenantId, id: RuleId): Promise<void> => {
  if (!(await inTenant(pool, tenantId, (client) => sql.deleteRule(client, tenantId, id)))) {
    throw notFound()
  }
}
