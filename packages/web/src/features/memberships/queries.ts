/** What the pages about membership syncs ask the server, with the keys under which it is kept. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../app/api.ts'

export type Sync = Awaited<ReturnType<typeof api.membershipSyncs.get>>
export type Run = Awaited<ReturnType<typeof api.membershipSyncs.getRuns>>
export type Diff = Extract<
  Awaited<ReturnType<typeof api.membershipSyncs.run>>,
  { readonly subscribe: unknown }
>

const liveMs = 1_500

export const syncQuery = (id: string) =>
  queryOptions({
    queryKey: ['memberships', id],
    queryFn: async ({ signal }) => await api.membershipSyncs.get(id, { signal }),
  })

/** One run; asked for again and again while it goes on. */
export const runQuery = (id: string, runId: string) =>
  queryOptions({
    queryKey: ['memberships', id, 'runs', runId],
    queryFn: async ({ signal }) => await api.membershipSyncs.getRuns(id, runId, { signal }),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? liveMs : false),
  })
