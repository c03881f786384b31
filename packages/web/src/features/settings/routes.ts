/** What holds for the whole tenant. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const settingsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/settings',
  loader: textsLoader('settings'),
  component: lazyRouteComponent(() => import('./settings-page.tsx'), 'SettingsPage'),
})

export const settingsRoutes = [settingsRoute] as const
