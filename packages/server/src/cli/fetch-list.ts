/** All pages of one of the API's lists, up to a bound. */
import type { Static, TSchema } from 'typebox'
import { largestLimit, pageOf } from '../platform/http/paging.ts'
import type { ApiClient } from './api-client.ts'
import type { ApiFailure } from './api-failure.ts'

type Wanted<Item extends TSchema> = {
  /** Below `/api/v1`, without a query. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** What is needed of each item; it may have more. */
  readonly item: Item
  readonly most: number
}

type Fetched<Item> =
  | { readonly ok: true; readonly items: readonly Item[] }
  | { readonly ok: false; readonly failure: ApiFailure }

/** The first `most` items of the list, or why they can't be had. */
export const fetchList = async <Item extends TSchema>(
  api: ApiClient,
  { path, query = {}, item, most }: Wanted<Item>,
): Promise<Fetched<Static<Item>>> => {
  const items: Static<Item>[] = []
  const schema = pageOf(item)
  let cursor: string | null = ''
  while (cursor !== null && items.length < most) {
    const asked: URLSearchParams = new URLSearchParams({ limit: String(largestLimit), ...query })
    if (cursor !== '') asked.set('cursor', cursor)
    // oxlint-disable-next-line no-await-in-loop -- each page names the next one
    const page = await api.call({ method: 'GET', path: `${path}?${asked.toString()}` }, schema)
    if (!page.ok) return page
    const body: { readonly items: Static<Item>[]; readonly nextCursor: string | null } = page.body
    items.push(...body.items)
    cursor = body.nextCursor
  }
  return { ok: true, items: items.slice(0, most) }
}
