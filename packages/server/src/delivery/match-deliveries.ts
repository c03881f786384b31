/** Reads the deliveries that a filter has, newest first, and counts them: what lists, counts and replays share. */
import type { PoolClient } from 'pg'
import { countRows, findRows, type WalkPlan } from '../platform/db/bounded-walk.ts'
import { query } from '../platform/db/statement.ts'
import type { FilterParameters } from './delivery-filter.ts'
import type { DeliveryRow } from './delivery-view.ts'
import * as sql from './queries/deliveries.ts'
import { planDeliveries, type DeliveryWanted } from './queries/delivery-walk.ts'

/** Recipients that begin as searched: up to so many deliveries are sorted, more are found by walking back. */
const sortedAtMost = 5_000

export type Matched = {
  readonly rows: readonly DeliveryRow[]
  /** Fewer than were asked for, and only what is newer was looked at: go on `before` this one. */
  readonly scanEnd: string | null
}

type Wish = {
  readonly filter: FilterParameters
  /** Older than this one; null: from the newest on. */
  readonly before: string | null
  readonly limit: number
}

/** At most `limit` of them. */
export const matchDeliveries = async (client: PoolClient, wish: Wish): Promise<Matched> => {
  const search = await searchOf(client, wish)
  const { rows, scanEnd } = await findRows<DeliveryRow>(client, search, sql.listDeliveries)
  return { rows, scanEnd: scanEnd === null ? null : `${scanEnd}` }
}

/** How many there are, of at most `limit`. With `whole` everything is looked at, however long that takes. */
export const countMatching = async (
  client: PoolClient,
  { whole, ...wish }: Omit<Wish, 'before'> & { readonly whole: boolean },
): Promise<{ readonly n: number; readonly isWhole: boolean }> => {
  const search = await searchOf(client, { ...wish, before: null })
  return await countRows(client, whole ? { ...search, budgetMs: Infinity } : search)
}

const searchOf = async (client: PoolClient, { filter, before, limit }: Wish) => {
  const wanted = await findWanted(client, filter)
  const plan: WalkPlan = (after, place) => planDeliveries(wanted, after, place)
  return { tenantId: filter.tenantId, plan, order: 'DESC', after: before, limit } as const
}

const findWanted = async (
  client: PoolClient,
  { search, ...filter }: FilterParameters,
): Promise<DeliveryWanted> => {
  if (search === undefined) return { ...filter, ids: null, prefix: null }
  const lower = search.toLowerCase()
  const values = [filter.tenantId, [...new Set([search, lower])], sortedAtMost + 1]
  const rows = await query<{ id: string }>(client, sql.findByBeginning, values)
  return rows.length > sortedAtMost
    ? { ...filter, ids: null, prefix: lower }
    : { ...filter, ids: rows.map(({ id }) => id), prefix: null }
}
