/** The pages of suppressed addresses: the list, with one beside it, and bringing a list along. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { readSearch } from './search.ts'

const loader = textsLoader('suppressions')

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/suppressions',
  loader,
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import('./suppressions-page.tsx'), 'SuppressionsPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./suppression-panel.tsx'), 'SuppressionPanel'),
})

const importRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/suppressions/import',
  loader,
  component: lazyRouteComponent(() => import('./import-page.tsx'), 'ImportSuppressionsPage'),
})

export const suppressionRoutes = [listRoute.addChildren([oneRoute]), importRoute] as const
