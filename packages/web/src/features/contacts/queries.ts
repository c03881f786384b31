/** What the pages of contacts ask the server, with the keys under which it is kept. */
import { queryOptions } from '@tanstack/react-query'
import { api } from '../../app/api.ts'

export type Contact = Awaited<ReturnType<typeof api.contacts.get>>
export type ContactBody = Parameters<typeof api.contacts.create>[0]
export type Import = Awaited<ReturnType<typeof api.contacts.getImports>>
export type ImportWish = NonNullable<Parameters<typeof api.contacts.import>[1]>
export type FileColumns = Awaited<ReturnType<typeof api.contacts.importColumns>>
export type Tag = Awaited<ReturnType<typeof api.tags.get>>
export type Operator = Awaited<ReturnType<typeof api.operators.get>>

const liveMs = 500

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: ['contacts', 'one', id],
    queryFn: async ({ signal }) => await api.contacts.get(id, { signal }),
  })

/** One import; read again twice a second while it runs. */
export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['imports', id],
    queryFn: async ({ signal }) => await api.contacts.getImports(id, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.state === 'running' ? liveMs : false),
  })

/** The newest imports: what runs is among them. */
export const latestImportsQuery = queryOptions({
  queryKey: ['imports', 'latest'],
  queryFn: async ({ signal }) => (await api.contacts.listImports({ limit: 10 }, { signal })).items,
})

/** Names of tags; the first 200. */
export const tagNamesQuery = queryOptions({
  queryKey: ['tags', 'names'],
  queryFn: async ({ signal }) =>
    (await api.tags.list({ limit: 200 }, { signal })).items.map(({ name }) => name),
})

/** Codes of operators with their names; the first 200. */
export const operatorCodesQuery = queryOptions({
  queryKey: ['operators', 'codes'],
  queryFn: async ({ signal }) =>
    (await api.operators.list({ limit: 200 }, { signal })).items.map(({ code, name }) => ({
      value: code,
      label: name === null ? code : `${code} · ${name}`,
    })),
})
