/** Lists and counts deliveries by filters, newest first, a page at a time. */
import type { Pool, PoolClient } from 'pg'
import { Type } from 'typebox'
import type { TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, encodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { readDeliveryFilter, type FilterParameters } from './delivery-filter.ts'
import { viewDelivery, type DeliveryRow } from './delivery-view.ts'
import * as sql from './queries/deliveries.ts'
import type { DeliveryCount, DeliveryFilter, DeliveryListQuery, DeliveryView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])
/** A filter without an index looks through so many deliveries a page; the next page goes on behind them. */
const scanned = 50_000
/** Up to here counts are exact. */
const countedExactly = 10_000

/**
 * A page of the tenant's deliveries. A filter that names something malformed finds nothing, as if it were missing. `ownOf`:
 * only those made for this user, whatever the filter says. With a filter by rule or integration alone a page may have fewer
 * items than asked for, or none, and yet a next one.
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
    const notBefore = await scanEnd(client, { tenantId, filter, before })
    const values = filter.values({ before, limit: limit + 1, notBefore })
    const { rows } = await client.query<DeliveryRow>(sql.listDeliveries(filter.states), values)
    const page = toPage(rows, { limit, toItem: viewDelivery, keysetOf: (row) => [row.id] })
    return page.nextCursor === null && notBefore !== null
      ? { ...page, nextCursor: encodeCursor([notBefore]) }
      : page
  })
}

/** The oldest delivery to look at; null: all, because an index leads to what is wanted. */
const scanEnd = async (
  client: PoolClient,
  given: {
    readonly tenantId: TenantId
    readonly filter: FilterParameters
    readonly before: string | null
  },
): Promise<string | null> => {
  if (!given.filter.isScan) return null
  const values = [given.tenantId, given.before, scanned]
  return (await query<{ id: string }>(client, sql.findScanEnd, values))[0]?.id ?? null
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
    const notBefore = await scanEnd(client, { tenantId, filter, before: null })
    const values = filter.values({ before: null, limit: countedExactly + 1, notBefore })
    const { rows } = await client.query<{ n: number }>(sql.countDeliveries(filter.states), values)
    const n = rows[0]?.n ?? 0
    return {
      count: Math.min(n, countedExactly),
      isExact: n <= countedExactly && notBefore === null,
    }
  })
}
