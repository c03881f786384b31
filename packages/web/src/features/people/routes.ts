/** The people of a tenant: members and invitations. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

export type PeopleSearch = { readonly q?: string; readonly role?: 'admin' | 'member' }

const peopleRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/people',
  validateSearch: ({ q, role }: Record<string, unknown>): PeopleSearch => ({
    ...(typeof q === 'string' ? { q } : {}),
    ...(role === 'admin' || role === 'member' ? { role } : {}),
  }),
  loader: textsLoader('people'),
  component: lazyRouteComponent(() => import('./people-page.tsx'), 'PeoplePage'),
})

const memberRoute = createRoute({
  getParentRoute: () => peopleRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./member-panel.tsx'), 'MemberPanel'),
})

export const peopleRoutes = [peopleRoute.addChildren([memberRoute])] as const
