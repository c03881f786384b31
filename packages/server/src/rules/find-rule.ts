/** One rule as the API shows it. */
import type { Pool } from 'pg'
import type { RuleId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries.ts'
import { viewRule } from './rule-view.ts'
import type { RuleView } from './schema.ts'

/** The rule. Throws `not_found`. */
export const findRule = async (pool: Pool, tenantId: TenantId, id: RuleId): Promise<RuleView> => {
  const row = await inTenant(pool, tenantId, (client) => sql.findRule(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewRule(row)
}
