/** What the pages about rules ask the server, with the keys under which it is kept. */
import { queryOptions } from '@tanstack/react-query'
import type { RulesCreateBody, RulesGetAnswer, RulesTestBody } from '@carillon/client/api.gen'
import { api } from '../../app/api.ts'

export type Rule = RulesGetAnswer
export type RuleBody = RulesCreateBody
export type Action = RuleBody['action']

/** One rule. */
export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: ['rules', 'one', id],
    queryFn: async ({ signal }) => await api.rules.get(id, { signal }),
  })

const recent = 20

/** The newest events, of a type or of all: what a rule is tried on. */
export const recentEventsQuery = (type: string) =>
  queryOptions({
    queryKey: ['events', 'recent', type],
    queryFn: async ({ signal }) =>
      (
        await api.events.list(
          { limit: recent, ...(type === '' || type === '*' ? {} : { type }) },
          { signal },
        )
      ).items,
  })

/** What a rule that is not saved would do with an event. */
export const tryQuery = (body: RulesTestBody | undefined) =>
  queryOptions({
    queryKey: ['rules', 'try', body],
    queryFn: async ({ signal }) =>
      body === undefined ? null : await api.rules.test(body, { signal }),
    enabled: body !== undefined,
    staleTime: 60_000,
  })
