/** The pages about integrations: the list, the choice of a connector, a new one, one with all that is known of it. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { isIntegrationTab, type IntegrationTab } from './integration-tabs.ts'

const loader = textsLoader('integrations', 'forms', 'reasons')
const textOrNot = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/integrations',
  loader,
  validateSearch: (search: Record<string, unknown>): { q?: string; channel?: string } => ({
    ...(textOrNot(search['q']) === undefined ? {} : { q: String(search['q']) }),
    ...(textOrNot(search['channel']) === undefined ? {} : { channel: String(search['channel']) }),
  }),
  component: lazyRouteComponent(() => import('./integrations-page.tsx'), 'IntegrationsPage'),
})

const chooseRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/integrations/new',
  loader,
  component: lazyRouteComponent(() => import('./choose-connector-page.tsx'), 'ChooseConnectorPage'),
})

const newRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/integrations/new/$connector',
  loader,
  component: lazyRouteComponent(() => import('./new-integration-page.tsx'), 'NewIntegrationPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/integrations/$id',
  loader,
  validateSearch: (search: Record<string, unknown>): { tab?: IntegrationTab } =>
    isIntegrationTab(search['tab']) ? { tab: search['tab'] } : {},
  component: lazyRouteComponent(() => import('./integration-page.tsx'), 'IntegrationPage'),
})

export const integrationRoutes = [listRoute, chooseRoute, newRoute, oneRoute] as const
