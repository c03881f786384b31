/** With which providers people may sign in. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const providersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/sign-in-providers',
  loader: textsLoader('sign-in-providers'),
  component: lazyRouteComponent(() => import('./providers-page.tsx'), 'ProvidersPage'),
})

export const signInProviderRoutes = [providersRoute] as const
