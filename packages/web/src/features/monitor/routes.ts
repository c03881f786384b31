/** The engine room, for platform admins. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const monitorRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/monitor',
  loader: textsLoader('monitor'),
  component: lazyRouteComponent(() => import('./monitor-page.tsx'), 'MonitorPage'),
})

export const monitorRoutes = [monitorRoute] as const
