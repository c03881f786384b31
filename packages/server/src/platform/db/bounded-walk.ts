/**
 * Lists with filters that no single index fits, answered within bounded time: one filter drives, by its index and in the order
 * of the list, the others are checked row by row, a window of rows a statement. The shape of the plan is fixed by that (limits in
 * subqueries, checks as scalar subqueries are never turned into joins): left to itself the planner walks the wrong index to its
 * end when two filters depend on each other. Not for lists whose every filter has its index.
 */
import type { PoolClient } from 'pg'
import { monotonicMs } from '../clock.ts'

/** A page is looked for so long; then it is shown as it is, and the next call goes on. */
const standardBudgetMs = 100
/** Rows of the first window: no more, because each may be a read from a cold disk. The next ones are larger as far as time allows. */
const firstWindow = 200
const largestWindow = 20_000
/** Of several indexes that lead there the one whose so manyth row is the furthest away is the most selective, here and now. */
const probed = 200

/** $1 of every statement. */
export const tenant = '$1'

/** Collects values and says where each stands in the statement; $1 is the tenant. */
export type Place = (value: unknown) => string

/** Rows of an index in the list's order. */
export type Driver = {
  readonly name: string
  /** A query of at most `limit` rows `c` with a column `id`, in the list's order. */
  readonly rows: (limit: string) => string
  /** Conditions on `c` that are left to be checked. None: all rows fit. */
  readonly checks: readonly string[]
}

/** What a list is sorted by: a UUID, or a number. */
type Key = string | number

/** The indexes that lead to what is looked for behind `after` (an id; null: from the beginning on), in the list's order. */
export type WalkPlan = (after: Key | null, place: Place) => readonly Driver[]

/** Parts of a statement: the common table `found` of the `id`s that fit, and the value where its window ended. */
export type Walk = {
  readonly found: string
  /** NULL: as many fit as were asked for, or nothing is left behind it. */
  readonly end: string
}

export type WalkOrder = 'ASC' | 'DESC'

/** At most `limit` of the rows that fit, of the next `window` ones. */
export const walkWith = (
  { rows, checks }: Driver,
  {
    window,
    limit,
    order,
  }: { readonly window: number; readonly limit: number; readonly order: WalkOrder },
): Walk => {
  const isWhole = checks.length === 0
  const looked = isWhole ? limit : window
  const where = isWhole ? '' : ` WHERE ${checks.join(' AND ')}`
  return {
    found: `found AS MATERIALIZED (SELECT c.id FROM (${rows(`${looked}`)}) c${where} ORDER BY c.id ${order} LIMIT ${limit})`,
    end: isWhole
      ? '(SELECT f.id FROM found f WHERE false)'
      : `(SELECT c.id FROM (${rows(`${looked}`)}) c WHERE (SELECT count(*) FROM found) < ${limit} ORDER BY c.id ${order} OFFSET ${looked - 1} LIMIT 1)`,
  }
}

/** The rows of a page: `w.id`, to be sorted with NULLS LAST; the last has no id, but `w.scan_end`. Both of one snapshot. */
export const pageOfWalk = ({
  found,
  end,
}: Walk): { readonly head: string; readonly from: string } => ({
  head: `WITH ${found}`,
  from: `(SELECT f.id, CASE WHEN false THEN f.id END AS scan_end FROM found f UNION ALL SELECT NULL, ${end}) w`,
})

/** How many there are, and where the window ended. */
export const countOfWalk = ({ found, end }: Walk): string =>
  `WITH ${found} SELECT (SELECT count(*) FROM found)::int AS n, ${end} AS scan_end`

type Search = {
  readonly tenantId: string
  readonly plan: WalkPlan
  readonly order: WalkOrder
  /** Begin behind this one. */
  readonly after: Key | null
  readonly limit: number
  /** Default: a tenth of a second. */
  readonly budgetMs?: number
}

const placeIn =
  (values: unknown[]): Place =>
  (value) =>
    `$${values.push(value)}`

/**
 * Rows that fit: window after window until there are `limit`, or all is seen, or the time is over; `scanEnd` is then the last id
 * that was looked at, else null. `statement` makes of a walk the text that reads it (see `pageOfWalk`).
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- rows are what the SQL says, as in `query`
export const findRows = async <Row>(
  client: PoolClient,
  search: Search,
  statement: (walk: Walk) => string,
): Promise<{ readonly rows: readonly Row[]; readonly scanEnd: Key | null }> => {
  const rows: Row[] = []
  const scanEnd = await lookThrough(client, search, async (walk, values) => {
    const found = await client.query<Row & { scan_end: Key | null }>(statement(walk), values)
    // The last one stands for the end.
    rows.push(...found.rows.slice(0, -1))
    return { end: found.rows.at(-1)?.scan_end ?? null, found: rows.length }
  })
  return { rows, scanEnd }
}

/** How many fit, of at most `limit`; not all were looked at when `isWhole` is false. */
export const countRows = async (
  client: PoolClient,
  search: Search,
): Promise<{ readonly n: number; readonly isWhole: boolean }> => {
  let n = 0
  const scanEnd = await lookThrough(client, search, async (walk, values) => {
    const { rows } = await client.query<{ n: number; scan_end: Key | null }>(
      countOfWalk(walk),
      values,
    )
    n += rows[0]?.n ?? 0
    return { end: rows[0]?.scan_end ?? null, found: n }
  })
  return { n, isWhole: scanEnd === null }
}

/**
 * For this transaction. Where a window is larger than what Postgres believes there is behind an index it would rather collect all
 * of it and sort: 60,000 rows from a cold disk, for a window of 8,000.
 */
const inOrder = 'SET LOCAL enable_bitmapscan = off'

type Look = (
  walk: Walk,
  values: unknown[],
) => Promise<{ readonly end: Key | null; readonly found: number }>

const lookThrough = async (client: PoolClient, search: Search, look: Look): Promise<Key | null> => {
  const { tenantId, plan, order, limit, budgetMs = standardBudgetMs } = search
  const startMs = monotonicMs()
  await client.query(inOrder)
  const name = await chooseDriver(client, search)
  let { after } = search
  let window = firstWindow
  let left = limit
  for (;;) {
    const values: unknown[] = [tenantId]
    const driver = plan(after, placeIn(values)).find((one) => one.name === name)
    if (driver === undefined) throw new Error(`the index ${name} is gone from the plan`)
    const lookMs = monotonicMs()
    const { end, found } = await look(walkWith(driver, { window, limit: left, order }), values)
    if (found >= limit || end === null) return null
    const now = monotonicMs()
    const affordable = ((budgetMs - (now - startMs)) / (now - lookMs)) * window
    if (affordable < firstWindow) return end
    after = end
    left = limit - found
    window = Math.floor(Math.min(affordable, window * 5, largestWindow))
  }
}

/** The name of the most selective of the indexes that lead there, from this place on. */
const chooseDriver = async (
  client: PoolClient,
  { tenantId, plan, order, after }: Search,
): Promise<string> => {
  const values: unknown[] = [tenantId]
  const drivers = plan(after, placeIn(values))
  const [first, ...others] = drivers
  if (first === undefined) throw new Error('no index leads there')
  if (others.length === 0) return first.name
  const reaches = drivers.map(
    ({ rows }, at) =>
      `(SELECT c.id FROM (${rows(`${probed}`)}) c ORDER BY c.id ${order} OFFSET ${probed - 1} LIMIT 1) AS d${at}`,
  )
  const { rows } = await client.query<Record<string, Key | null>>(
    `SELECT ${reaches.join(', ')}${unused(values.length)}`,
    values,
  )
  const reach = (at: number): Key | null => rows[0]?.[`d${at}`] ?? null
  return drivers.reduce(
    (best, { name }, at) =>
      isFurther(reach(at), best.reach, order) ? { name, reach: reach(at) } : best,
    { name: first.name, reach: reach(0) },
  ).name
}

/** Values that only checks use: a parameter must stand somewhere. */
const unused = (count: number): string =>
  Array.from({ length: count }, (_, at) => `, $${at + 1}::text IS NULL`).join('')

/** null: the index has not so many rows. */
const isFurther = (one: Key | null, other: Key | null, order: WalkOrder): boolean => {
  if (other === null) return false
  if (one === null) return true
  return order === 'DESC' ? one < other : one > other
}
