/** The route of everything that needs somebody signed in: pages are its children and are drawn inside the frame. */
import { queryOptions } from '@tanstack/react-query'
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { CarillonError } from '@carillon/client'
import { api, basePath } from './api.ts'
import { queryClient } from './query-client.ts'
import { rootRoute } from './root-route.tsx'
import { meQuery } from './session.ts'
import { noteSignedIn, wasSignedIn } from './signed-in-before.ts'

/** Asked for while the code is still under way (main.tsx), and again by the first route: one request. */
const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => await api.auth.session({ signal }),
  staleTime: 2_000,
})

/** Whoever was signed in on this device is asked for at once; for others a refused request is spared. */
export const isSignedIn = async (): Promise<boolean> => {
  if (queryClient.getQueryData(meQuery.queryKey) !== undefined) return true
  if (!wasSignedIn() && !(await queryClient.query(sessionQuery)).signedIn) return false
  try {
    await queryClient.query({ ...meQuery, staleTime: 'static' })
    noteSignedIn(true)
    return true
  } catch (error) {
    if (!(error instanceof CarillonError) || error.status !== 401) throw error
    noteSignedIn(false)
    return false
  }
}

export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  beforeLoad: async ({ location }) => {
    if (await isSignedIn()) return
    const path = basePath === '/' ? location.href : `${basePath}${location.href}`
    const href = path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`
    redirect({ href, reloadDocument: basePath !== '/', throw: true })
  },
  component: lazyRouteComponent(() => import('./frame.tsx'), 'Frame'),
})
