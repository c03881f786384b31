/** The page that says why somebody got a message or did not. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { readExplainSearch } from './search.ts'

const explainRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/explain',
  validateSearch: readExplainSearch,
  loader: textsLoader('explain', 'deliveries', 'reasons', 'rules'),
  component: lazyRouteComponent(() => import('./explain-page.tsx'), 'ExplainPage'),
})

export const explainRoutes = [explainRoute] as const
