/**
 * `lists`: how long pages of the lists take when there are millions of rows: every filter and pair of filters of the API, the
 * first page, one in the middle and the last, in a tenant that has most of it and in a small one. Not for what is in them.
 */
import { request } from 'undici'
import { encodeCursor } from '@carillon/server/platform/http/paging'
import { startBenchDatabase } from './rig/bench-database.ts'
import { startCarillonProcess, type CarillonProcess } from './rig/carillon.ts'
import { listsOf, type List } from './rig/list-cases.ts'
import { fillLists } from './rig/list-rows.ts'
import { readOptions } from './rig/options.ts'
import { median, publish, quantile, type Row } from './rig/table.ts'

/** What a page may take (performance.md). */
const goalMs = 200
const dayMs = 86_400_000
/** The tenant that has 60 percent, and one of the others. */
const tenants = [0, 7]

/** The smallest id of a moment, as `carillon_uuid_floor` makes it. */
const idOf = (atMs: number): string =>
  `${Math.floor(atMs).toString(16).padStart(12, '0')}00000000000000000000`.replace(
    /^(.{8})(.{4})(.{4})(.{4})/,
    '$1-$2-$3-$4-',
  )

/** Where to go on for a page in the middle and for the last one. */
const cursorsOf = ({ keyset }: List, others: number): Readonly<Record<string, string>> => {
  if (keyset === 'number')
    return { middle: encodeCursor([Math.round(others / 2)]), last: encodeCursor([20]) }
  const daysToLast = keyset === 'newest id' ? 55.99 : 0.1
  const at = (days: number): string => encodeCursor([idOf(Date.now() - days * dayMs)])
  return { middle: at(28), last: at(daysToLast) }
}

type Asked = { readonly ms: readonly number[]; readonly items: number }

const ask = async (
  { url, headers }: CarillonProcess,
  {
    tenant,
    path,
    rounds,
  }: { readonly tenant: number; readonly path: string; readonly rounds: number },
): Promise<Asked> => {
  const ms: number[] = []
  let items = 0
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now()
    const reply = await request(`${url}/api/v1${path}`, {
      headers: { ...headers, 'carillon-tenant': `tenant-${tenant}` },
      headersTimeout: 0,
    })
    const text = await reply.body.text()
    ms.push(performance.now() - startMs)
    if (reply.statusCode !== 200) throw new Error(`${path}: ${reply.statusCode} ${text}`)
    const answer = JSON.parse(text) as { items?: unknown[]; count?: number }
    items = answer.items?.length ?? answer.count ?? 0
  }
  return { ms, items }
}

type Measured = Asked & {
  readonly list: string
  readonly filter: string
  readonly page: string
  readonly tenant: number
}

const measureList = async (
  carillon: CarillonProcess,
  list: List,
  {
    tenant,
    rounds,
    others,
  }: { readonly tenant: number; readonly rounds: number; readonly others: number },
): Promise<readonly Measured[]> => {
  const found: Measured[] = []
  const name = list.path.replace(/cmp_\w+/, '…')
  for (const { name: filter, query } of list.cases) {
    const pages = Object.entries({ first: '', ...cursorsOf(list, others) })
    for (const [page, cursor] of pages) {
      const path = `${list.path}?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`
      found.push({
        list: name,
        filter,
        page,
        tenant,
        ...(await ask(carillon, { tenant, path, rounds })),
      })
    }
    if (list.count !== undefined) {
      const path = `${list.count}?${query}`
      found.push({
        list: name,
        filter,
        page: 'count',
        tenant,
        ...(await ask(carillon, { tenant, path, rounds })),
      })
    }
  }
  return found
}

const anEvent = async (carillon: CarillonProcess, tenant: number): Promise<string> => {
  const cursor = encodeCursor([idOf(Date.now() - 28 * dayMs)])
  const reply = await request(`${carillon.url}/api/v1/events?limit=1&cursor=${cursor}`, {
    headers: { ...carillon.headers, 'carillon-tenant': `tenant-${tenant}` },
  })
  const { items } = (await reply.body.json()) as {
    readonly items: readonly { readonly id: string }[]
  }
  return items[0]?.id ?? ''
}

/** A line for each list and tenant: the worst filter by its middle time, and by its slowest answer. */
const summaryOf = (all: readonly Measured[]): readonly Row[] =>
  [
    ...Map.groupBy(
      all,
      ({ list, tenant, page }) =>
        `${list}${page === 'count' ? ' count' : ''} ${tenant === 0 ? 'big' : 'small'}`,
    ),
  ].map(([what, own]) => {
    const slowest = own.toSorted((a, b) => median(b.ms) - median(a.ms))[0]
    const every = own.flatMap(({ ms }) => ms)
    return {
      what,
      questions: own.length,
      'p50 ms': median(every),
      'p99 ms': quantile(every, 0.99),
      'slowest ms': Math.max(...every),
      [`over ${goalMs} ms`]: own.filter(({ ms }) => median(ms) > goalMs).length,
      'its middle ms': slowest === undefined ? Number.NaN : median(slowest.ms),
      'slowest question': `${slowest?.filter} (${slowest?.page})`,
    }
  })

/** Runs the benchmark with the command line's options. */
export const runLists = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const deliveries = options.number('rows', 200_000, 10_000_000)
  const others = options.number('others', 50_000, 1_000_000)
  const rounds = options.number('rounds', 3, 5)
  // Only reading is measured here.
  await using database = await startBenchDatabase({ fsync: 'off', max_wal_size: '8GB' })
  const filled = options.text('url')
  const databaseUrl = filled ?? (await database.create('carillon_lists'))
  await using carillon = await startCarillonProcess({ roles: 'api', databaseUrl })
  if (filled === undefined)
    await fillLists(databaseUrl, { deliveries, others }, (words) => console.log(words))
  const all: Measured[] = []
  for (const tenant of tenants) {
    const lists = listsOf(tenant, await anEvent(carillon, tenant))
    const only = options.text('only')
    for (const list of lists.filter(({ path }) => only === undefined || path.includes(only)))
      all.push(...(await measureList(carillon, list, { tenant, rounds, others })))
  }
  const slow = all
    .filter(({ ms }) => median(ms) > goalMs)
    .toSorted((a, b) => median(b.ms) - median(a.ms))
  for (const { list, filter, page, tenant, items, ms } of slow)
    console.log(
      `${median(ms).toFixed(0).padStart(6)} ms  tenant ${tenant} ${list} [${page}] ${filter}: ${items} items`,
    )
  publish('lists', summaryOf(all), {
    settings: { deliveries, others, rounds },
    postgres: await database.settings(),
    slow: slow.map((one) => ({ ...one, ms: median(one.ms) })),
  })
}
