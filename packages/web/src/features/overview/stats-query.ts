/** How things stand, from the server's counters; asked for again every few seconds. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../app/api.ts'

const everyMs = 5_000

export type Stats = Awaited<ReturnType<typeof api.stats.get>>

/** It answers in some milliseconds, however much there is. */
export const statsQuery = queryOptions({
  queryKey: ['stats'],
  queryFn: async ({ signal }) => await api.stats.get({ signal }),
  refetchInterval: everyMs,
})
