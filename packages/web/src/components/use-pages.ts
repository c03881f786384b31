/** A list of the API, page by page: the first at once, more on demand, and all of it anew when something changed. */
import { keepPreviousData, useInfiniteQuery, type QueryKey } from '@tanstack/react-query'

type PageOf<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null }
type More = { readonly cursor?: string }

const first: More = {}

export type Pages<Item> = {
  readonly items: readonly Item[]
  /** The first page is not there yet. */
  readonly isLoading: boolean
  /** What is shown belongs to the filters before: dim it. */
  readonly isStale: boolean
  readonly error: unknown
  readonly hasMore: boolean
  readonly isLoadingMore: boolean
  readonly loadMore: () => void
}

/** `key` holds everything that `load` depends on (the filters); `load` passes the cursor on: `(more, signal) => api.rules.list({ ...filter, ...more }, { signal })`. `everyMs`: read again so often, as long as these items are there. */
export const usePages = <Item>(
  key: QueryKey,
  load: (more: More, signal: AbortSignal) => Promise<PageOf<Item>>,
  { everyMs }: { readonly everyMs?: (items: readonly Item[]) => number | false } = {},
): Pages<Item> => {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam, signal }) => await load(pageParam, signal),
    initialPageParam: first,
    getNextPageParam: ({ nextCursor }) =>
      nextCursor === null ? undefined : { cursor: nextCursor },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      everyMs?.(data?.pages.flatMap(({ items }) => items) ?? []) ?? false,
  })
  return {
    items: query.data?.pages.flatMap(({ items }) => items) ?? [],
    isLoading: query.isPending,
    isStale: query.isPlaceholderData,
    error: query.error,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
  }
}
