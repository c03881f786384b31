/** One's own account. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const profileRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/profile',
  loader: textsLoader('profile'),
  component: lazyRouteComponent(() => import('./profile-page.tsx'), 'ProfilePage'),
})

export const profileRoutes = [profileRoute] as const
