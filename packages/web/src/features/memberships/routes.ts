/** The pages about membership syncs: the list, a new one, one with its runs, one run. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const loader = textsLoader('memberships')

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/memberships',
  loader,
  component: lazyRouteComponent(() => import('./memberships-page.tsx'), 'MembershipsPage'),
})

const newRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/memberships/new',
  loader,
  component: lazyRouteComponent(() => import('./new-membership-page.tsx'), 'NewMembershipPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/memberships/$id',
  loader,
  component: lazyRouteComponent(() => import('./membership-page.tsx'), 'MembershipPage'),
})

const runRoute = createRoute({
  getParentRoute: () => oneRoute,
  path: 'runs/$runId',
  component: lazyRouteComponent(() => import('./run-panel.tsx'), 'RunPanel'),
})

export const membershipRoutes = [listRoute, newRoute, oneRoute.addChildren([runRoute])] as const
