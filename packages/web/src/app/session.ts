/** Who is signed in, and what that person may do here. The server decides; this only hides what would be refused. */
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { api } from './api.ts'

/** The query for who is signed in; it fails with status 401 when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => await api.me.get({ signal }),
  staleTime: 60_000,
})

type Me = Awaited<ReturnType<typeof api.me.get>>

/** The person who is signed in. Below the frame only, which has asked for it. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data

/** Has this person the scope (`rules:write`) in the tenant of the page? */
export const may = ({ scopes, platformAdmin }: Me, scope: string): boolean => {
  const resource = scope.slice(0, scope.indexOf(':'))
  return platformAdmin || ['*', scope, `${resource}:*`].some((each) => scopes.includes(each))
}

/** Does the person who is signed in have the scope, or all of them? */
export const useMay = (scope: string | readonly string[]): boolean => {
  const me = useMe()
  return [scope].flat().every((each) => may(me, each))
}
