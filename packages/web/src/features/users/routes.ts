/** All accounts of the installation, for platform admins. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const usersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/users',
  validateSearch: ({ q }: Record<string, unknown>): { readonly q?: string } =>
    typeof q === 'string' ? { q } : {},
  loader: textsLoader('users', 'profile'),
  component: lazyRouteComponent(() => import('./users-page.tsx'), 'UsersPage'),
})

const userRoute = createRoute({
  getParentRoute: () => usersRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./user-panel.tsx'), 'UserPanel'),
})

export const userRoutes = [usersRoute.addChildren([userRoute])] as const
