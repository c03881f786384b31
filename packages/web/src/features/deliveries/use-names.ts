/** Names of integrations and rules instead of their ids, for whoever may read them. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { integrationsQuery } from '../integrations/queries.ts'

type Rule = Awaited<ReturnType<typeof api.rules.list>>['items'][number]

/** All rules of the tenant: some hundred at most. */
export const allRulesQuery = queryOptions({
  queryKey: ['rules', 'all'],
  queryFn: async ({ signal }) => {
    const all: Rule[] = []
    for await (const one of api.rules.listEach({ limit: 200 }, { signal })) all.push(one)
    return all
  },
})

export type Names = {
  readonly integrations: readonly { readonly id: string; readonly name: string }[]
  readonly rules: readonly Pick<Rule, 'id' | 'name' | 'filter' | 'updatedAt'>[]
  /** The name of a thing, or its id. */
  readonly of: (id: string) => string
}

/** The names, as soon as they are there. */
export const useNames = (): Names => {
  const integrations =
    useQuery({ ...integrationsQuery, enabled: useMay('integrations:read') }).data ?? []
  const rules = useQuery({ ...allRulesQuery, enabled: useMay('rules:read') }).data ?? []
  const names = new Map([...integrations, ...rules].map(({ id, name }) => [id, name]))
  return { integrations, rules, of: (id) => names.get(id) ?? id }
}
