/** The pages about deliveries: the list with one beside it, and the bulk replays. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { readDeliverySearch } from './search.ts'

const loader = textsLoader('deliveries', 'reasons')

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/deliveries',
  validateSearch: readDeliverySearch,
  loader,
  component: lazyRouteComponent(() => import('./deliveries-page.tsx'), 'DeliveriesPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./delivery-panel.tsx'), 'DeliveryPanel'),
})

const replaysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/replays',
  loader,
  component: lazyRouteComponent(() => import('./replays-page.tsx'), 'ReplaysPage'),
})

export const deliveryRoutes = [listRoute.addChildren([oneRoute]), replaysRoute] as const
