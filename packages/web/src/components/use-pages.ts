/** A list of the API, page by page: the first at once, more on demand, and all of it anew when something changed. */
import { keepPreviousData, useInfiniteQuery, type QueryKey } from '@tanstack/react-query'
import { useEffect } from 'react'

type PageOf<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null }
type More = { readonly cursor?: string }

const first: More = {}

export type Pages<Item> = {
  readonly items: readonly Item[]
  /** The first page with something in it is not there yet. */
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
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = query
  // A page may hold nothing and yet a next one (filters without an index): on until something is there.
  const isLookingOn = items.length === 0 && hasNextPage && error === null
  useEffect(() => {
    if (isLookingOn && !isFetchingNextPage) void fetchNextPage()
  }, [isLookingOn, isFetchingNextPage, fetchNextPage])
  return {
    items,
    isLoading: query.isPending || isLookingOn,
    isStale: query.isPlaceholderData,
    error,
    hasMore: hasNextPage,
    isLoadingMore: isFetchingNextPage,
    loadMore: () => void fetchNextPage(),
  }
}
