/** The page about sources: everything that brings events in. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/sources',
  loader: textsLoader('integrations', 'reasons'),
  component: lazyRouteComponent(() => import('./sources-page.tsx'), 'SourcesPage'),
})

export const sourceRoutes = [listRoute] as const
