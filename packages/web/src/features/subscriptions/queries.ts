/** What the pages of subscriptions ask the server, with the keys under which it is kept. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../app/api.ts'

export type Subscription = Awaited<ReturnType<typeof api.subscriptions.get>>
export type SubscriptionItem = Awaited<ReturnType<typeof api.subscriptions.list>>['items'][number]
export type Registration = Awaited<ReturnType<typeof api.registrations.get>>
export type FunctionState = Awaited<ReturnType<typeof api.functions.list>>['items'][number]
export type FanOut = Awaited<ReturnType<typeof api.fanOuts.get>>
export type Content = NonNullable<
  NonNullable<Parameters<typeof api.subscriptions.update>[1]>['content']
>

export const subscriptionQuery = (id: string) =>
  queryOptions({
    queryKey: ['subscriptions', 'one', id],
    queryFn: async ({ signal }) => await api.subscriptions.get(id, { signal }),
  })

/** The functions of the tenant; for who may write subscriptions. */
export const functionsQuery = queryOptions({
  queryKey: ['functions'],
  queryFn: async ({ signal }) => (await api.functions.list({ signal })).items,
})

/** All registrations of the person who is signed in: some dozens at most. */
export const ownRegistrationsQuery = queryOptions({
  queryKey: ['registrations', 'own'],
  queryFn: async ({ signal }) => (await api.registrations.list({ limit: 200 }, { signal })).items,
})

/** The newest trigger and what came of it, read again while one is open. */
export const fanOutsQuery = (subscriptionId: string) =>
  queryOptions({
    queryKey: ['fan-outs', subscriptionId],
    queryFn: async ({ signal }) =>
      (await api.fanOuts.list({ subscriptionId, limit: 10 }, { signal })).items,
    refetchInterval: ({ state: { data } }) =>
      data?.some(({ state }) => state === 'open') === true ? 1_000 : false,
  })
