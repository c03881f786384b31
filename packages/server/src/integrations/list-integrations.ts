/** Lists integrations by filters, oldest first, a page at a time. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import type { HookUrlOf } from './hook-url.ts'
import { viewIntegration } from './integration-view.ts'
import * as sql from './queries.ts'
import type { IntegrationListQuery, IntegrationView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A page of the tenant's integrations. Throws `bad_cursor`. */
export const listIntegrations = async (
  pool: Pool,
  tenantId: TenantId,
  filter: IntegrationListQuery,
  hookUrlOf: HookUrlOf,
): Promise<Page<IntegrationView>> => {
  const limit = limitOf(filter)
  const wanted = {
    connector: filter.connector,
    channel: filter.channel,
    enabled: filter.enabled,
    after: decodeCursor(filter.cursor, keyset)?.[0],
    limit: limit + 1,
  }
  const rows = await inTenant(pool, tenantId, (client) =>
    sql.listIntegrations(client, tenantId, wanted),
  )
  return toPage(rows, {
    limit,
    toItem: (row) => viewIntegration(row, hookUrlOf),
    keysetOf: (row) => [row.id],
  })
}
