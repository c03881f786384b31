/** Lists and counts deliveries by filters, newest first, a page at a time. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { readDeliveryFilter } from './delivery-filter.ts'
import { viewDelivery } from './delivery-view.ts'
import { countMatching, matchDeliveries } from './match-deliveries.ts'
import type { DeliveryCount, DeliveryFilter, DeliveryListQuery, DeliveryView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])
/** Up to here counts are exact. */
const countedExactly = 10_000

/**
 * A page of the tenant's deliveries. A filter that names something malformed finds nothing, as if it were missing. `ownOf`:
 * only those made for this user, whatever the filter says. A page that is not full after a tenth of a second is answered as it is:
 * it may have fewer items than asked for, or none, and yet a next one.
 */
export const listDeliveries = async (
  pool: Pool,
  tenantId: TenantId,
  wish: DeliveryListQuery,
  ownOf?: string,
): Promise<Page<DeliveryView>> => {
  const before = decodeCursor(wish.cursor, keyset)?.[0] ?? null
  const limit = limitOf(wish)
  const filter = readDeliveryFilter(tenantId, wish, ownOf)
  if (filter === undefined) return { items: [], nextCursor: null }
  return await inTenant(pool, tenantId, async (client) => {
    const asked = { filter, before, limit: limit + 1 }
    const { rows, scanEnd } = await matchDeliveries(client, asked)
    return toPage(rows, { limit, toItem: viewDelivery, keysetOf: (row) => [row.id], scanEnd })
  })
}

/** How many there are. Not exact above 10,000, and where only the newest could be looked at. */
export const countDeliveries = async (
  pool: Pool,
  tenantId: TenantId,
  wish: DeliveryFilter,
  ownOf?: string,
): Promise<DeliveryCount> => {
  const filter = readDeliveryFilter(tenantId, wish, ownOf)
  if (filter === undefined) return { count: 0, isExact: true }
  return await inTenant(pool, tenantId, async (client) => {
    const asked = { filter, limit: countedExactly + 1, whole: false }
    const { n, isWhole } = await countMatching(client, asked)
    return { count: Math.min(n, countedExactly), isExact: n <= countedExactly && isWhole }
  })
}
