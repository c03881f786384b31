/** What the pages about integrations ask the server, with the keys under which it is kept. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../app/api.ts'

export type Integration = Awaited<ReturnType<typeof api.integrations.get>>
type IntegrationInList = Awaited<ReturnType<typeof api.integrations.list>>['items'][number]
export type ConnectorView = Awaited<ReturnType<typeof api.connectors.list>>['items'][number]

/** Every connector of this server; it changes with its version only. */
export const connectorsQuery = queryOptions({
  queryKey: ['connectors'],
  queryFn: async ({ signal }) => (await api.connectors.list({ signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
})

/** All integrations of the tenant: a few dozen at most, so they are read at once. */
export const integrationsQuery = queryOptions({
  queryKey: ['integrations'],
  queryFn: async ({ signal }) => {
    const all: IntegrationInList[] = []
    for await (const one of api.integrations.listEach({ limit: 200 }, { signal })) all.push(one)
    return all
  },
})

/** One integration with its health. */
export const integrationQuery = (id: string) =>
  queryOptions({
    queryKey: ['integrations', id],
    queryFn: async ({ signal }) => await api.integrations.get(id, { signal }),
  })
