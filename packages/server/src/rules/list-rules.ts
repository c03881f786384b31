/** Lists rules by filters, oldest first, a page at a time. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import * as sql from './queries.ts'
import { viewRule } from './rule-view.ts'
import type { RuleListQuery, RuleView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A page of the tenant's rules. Throws `bad_cursor`. */
export const listRules = async (
  pool: Pool,
  tenantId: TenantId,
  filter: RuleListQuery,
): Promise<Page<RuleView>> => {
  const limit = limitOf(filter)
  const { eventType, enabled } = filter
  const after = decodeCursor(filter.cursor, keyset)?.[0]
  const rows = await inTenant(pool, tenantId, (client) =>
    sql.listRules(client, tenantId, { eventType, enabled, after, limit: limit + 1 }),
  )
  return toPage(rows, { limit, toItem: viewRule, keysetOf: (row) => [row.id] })
}
