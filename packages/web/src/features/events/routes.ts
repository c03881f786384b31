/** The pages about events: the list with one beside it. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { readEventSearch } from './search.ts'

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/events',
  validateSearch: readEventSearch,
  loader: textsLoader('events', 'deliveries', 'reasons'),
  component: lazyRouteComponent(() => import('./events-page.tsx'), 'EventsPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./event-panel.tsx'), 'EventPanel'),
})

export const eventRoutes = [listRoute.addChildren([oneRoute])] as const
