/** The first run: there is nobody yet. */
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { api } from '../../app/api.ts'
import { rootRoute } from '../../app/root-route.tsx'
import { textsLoader } from '../../app/texts.ts'

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  beforeLoad: async () => {
    const { needed } = await api.setup.get()
    if (!needed) redirect({ to: '/sign-in', throw: true })
  },
  loader: textsLoader('setup', 'sign-in'),
  component: lazyRouteComponent(() => import('./setup-page.tsx'), 'SetupPage'),
})

export const setupRoutes = [setupRoute] as const
