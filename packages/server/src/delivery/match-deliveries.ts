/** Reads the deliveries that a filter has, newest first, and counts them: what lists, counts and replays share. */
import type { PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import type { FilterParameters, Searched } from './delivery-filter.ts'
import type { DeliveryRow } from './delivery-view.ts'
import * as sql from './queries/deliveries.ts'

/** A filter without an index looks through so many deliveries at once; the next call goes on behind them. */
const scanned = 20_000
/** Recipients that begin as searched: up to so many deliveries are sorted, more are found by walking back. */
const sortedAtMost = 5_000

export type Matched = {
  readonly rows: readonly DeliveryRow[]
  /** Only what is newer was looked at: go on `before` this one. null: all was. */
  readonly scanEnd: string | null
}

type Wish = {
  readonly tenantId: TenantId
  readonly filter: FilterParameters
  /** Older than this one; null: from the newest on. */
  readonly before: string | null
  readonly limit: number
}

/** At most `limit` of them. */
export const matchDeliveries = async (client: PoolClient, wish: Wish): Promise<Matched> => {
  const { filter, before, limit } = wish
  const searched = await findSearched(client, wish)
  const scanEnd = await findScanEnd(client, wish, searched)
  const values = filter.values({ before, limit, notBefore: scanEnd, searched })
  const { rows } = await client.query<DeliveryRow>(sql.listDeliveries(filter.states), values)
  return { rows, scanEnd }
}

/** How many there are, of at most `limit`. With `whole` everything is looked at, however long that takes. */
export const countMatching = async (
  client: PoolClient,
  { whole, ...wish }: Omit<Wish, 'before'> & { readonly whole: boolean },
): Promise<{ readonly n: number; readonly isWhole: boolean }> => {
  const { filter, limit } = wish
  const searched = await findSearched(client, wish)
  const scanEnd = whole ? null : await findScanEnd(client, { ...wish, before: null }, searched)
  const values = filter.values({ before: null, limit, notBefore: scanEnd, searched })
  const { rows } = await client.query<{ n: number }>(sql.countDeliveries(filter.states), values)
  return { n: rows[0]?.n ?? 0, isWhole: scanEnd === null }
}

const findSearched = async (
  client: PoolClient,
  { tenantId, filter: { search } }: Pick<Wish, 'tenantId' | 'filter'>,
): Promise<Searched> => {
  if (search === undefined) return { ids: null, prefix: null }
  const lower = search.toLowerCase()
  const values = [tenantId, [...new Set([search, lower])], sortedAtMost + 1]
  const rows = await query<{ id: string }>(client, sql.findByBeginning, values)
  return rows.length > sortedAtMost
    ? { ids: null, prefix: lower }
    : { ids: rows.map(({ id }) => id), prefix: null }
}

const findScanEnd = async (
  client: PoolClient,
  { tenantId, filter, before }: Omit<Wish, 'limit'>,
  { prefix }: Searched,
): Promise<string | null> => {
  if (!filter.isScan && prefix === null) return null
  const values = [tenantId, before, scanned]
  return (await query<{ id: string }>(client, sql.findScanEnd, values))[0]?.id ?? null
}
