/** Reads the deliveries that a filter has, newest first, and counts them: what lists, counts and replays share. */
import type { PoolClient } from 'pg'
import { monotonicMs } from '../platform/clock.ts'
import { query } from '../platform/db/statement.ts'
import type { FilterParameters } from './delivery-filter.ts'
import type { DeliveryRow } from './delivery-view.ts'
import * as sql from './queries/deliveries.ts'
import * as walk from './queries/delivery-walk.ts'

/** A page is looked for so long; then it is shown as it is, and the next call goes on. */
const budgetMs = 100
/** Rows of the first window. The next ones are larger as far as time allows. */
const firstWindow = 500
const largestWindow = 100_000
/** Of several indexes that lead there the one whose so manyth row is the oldest is the most selective, here and now. */
const probed = 500
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
  const rows: DeliveryRow[] = []
  const scanEnd = await lookThrough(client, wish, {
    budgetMs,
    look: async (wanted, range) => {
      const values: unknown[] = [wanted.tenantId]
      const left = { ...range, limit: wish.limit - rows.length }
      const text = sql.listDeliveries(walk.walkDeliveries(wanted, left, placeIn(values)))
      const result = await client.query<DeliveryRow & { scan_end: string | null }>(text, values)
      rows.push(...result.rows.filter(({ id }) => id !== null))
      const end = result.rows.at(-1)?.scan_end ?? null
      return { end, isFull: rows.length >= wish.limit }
    },
  })
  return { rows, scanEnd }
}

/** How many there are, of at most `limit`. With `whole` everything is looked at, however long that takes. */
export const countMatching = async (
  client: PoolClient,
  { whole, ...wish }: Omit<Wish, 'before'> & { readonly whole: boolean },
): Promise<{ readonly n: number; readonly isWhole: boolean }> => {
  let n = 0
  const scanEnd = await lookThrough(
    client,
    { ...wish, before: null },
    {
      budgetMs: whole ? Infinity : budgetMs,
      look: async (wanted, range) => {
        const values: unknown[] = [wanted.tenantId]
        const left = { ...range, limit: wish.limit - n }
        const text = sql.countDeliveries(walk.walkDeliveries(wanted, left, placeIn(values)))
        const result = await client.query<{ n: number; scan_end: string | null }>(text, values)
        n += result.rows[0]?.n ?? 0
        return { end: result.rows[0]?.scan_end ?? null, isFull: n >= wish.limit }
      },
    },
  )
  return { n, isWhole: scanEnd === null }
}

/** $1 is the tenant in every statement. */
const placeIn =
  (values: unknown[]): walk.Place =>
  (value) =>
    value === values[0] ? '$1' : `$${values.push(value)}`

type Look = (
  wanted: walk.DeliveryWanted,
  range: Omit<walk.Walk, 'limit'>,
) => Promise<{ readonly end: string | null; readonly isFull: boolean }>

/** Window after window until it is full, or all is seen, or the time is over; then the last one that was looked at. */
const lookThrough = async (
  client: PoolClient,
  { filter, before }: Wish,
  { budgetMs: budget, look }: { readonly budgetMs: number; readonly look: Look },
): Promise<string | null> => {
  const startMs = monotonicMs()
  const wanted = await findWanted(client, filter)
  const driver = await chooseDriver(client, wanted, before)
  let from = before
  let window = firstWindow
  for (;;) {
    const lookMs = monotonicMs()
    // oxlint-disable-next-line no-await-in-loop -- each begins where the one before ended
    const { end, isFull } = await look(wanted, { driver, before: from, window })
    if (isFull || end === null) return null
    const now = monotonicMs()
    const affordable = ((budget - (now - startMs)) / (now - lookMs)) * window
    if (affordable < firstWindow) return end
    from = end
    window = Math.floor(Math.min(affordable, window * 4, largestWindow))
  }
}

/** The most selective of the indexes that lead there, from this place on. */
const chooseDriver = async (
  client: PoolClient,
  wanted: walk.DeliveryWanted,
  before: string | null,
): Promise<string> => {
  const [first = '', ...others] = walk.driversOf(wanted)
  if (others.length === 0) return first
  const values: unknown[] = [wanted.tenantId]
  const text = walk.probeDrivers(wanted, { before, window: probed }, placeIn(values))
  const { rows } = await client.query<Record<string, string | null>>(text, values)
  const reach = (at: number): string => rows[0]?.[`d${at}`] ?? ''
  return [first, ...others].reduce(
    (best, name, at) => (reach(at) < best.reach ? { name, reach: reach(at) } : best),
    { name: first, reach: reach(0) },
  ).name
}

const findWanted = async (
  client: PoolClient,
  { search, ...filter }: FilterParameters,
): Promise<walk.DeliveryWanted> => {
  if (search === undefined) return { ...filter, ids: null, prefix: null }
  const lower = search.toLowerCase()
  const values = [filter.tenantId, [...new Set([search, lower])], sortedAtMost + 1]
  const rows = await query<{ id: string }>(client, sql.findByBeginning, values)
  return rows.length > sortedAtMost
    ? { ...filter, ids: null, prefix: lower }
    : { ...filter, ids: rows.map(({ id }) => id), prefix: null }
}
