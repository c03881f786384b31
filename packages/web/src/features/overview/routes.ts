/** The page that one sees first. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { queryClient } from '../../app/query-client.ts'
import { may, meQuery } from '../../app/session.ts'
import { textsLoader } from '../../app/texts.ts'
import { statsQuery } from './stats-query.ts'

const overviewRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  loader: async () => {
    // The numbers come side by side with the page's code; the page says what went wrong with them.
    const me = queryClient.getQueryData(meQuery.queryKey)
    if (me !== undefined && may(me, 'reports:read'))
      void Promise.allSettled([queryClient.query(statsQuery)])
    await textsLoader('overview', 'reasons')()
  },
  component: lazyRouteComponent(() => import('./overview-page.tsx'), 'OverviewPage'),
})

export const overviewRoutes = [overviewRoute] as const
