/** The tree of all pages: each feature adds its routes here and its places to app/navigation.ts. */
import { createRouter } from '@tanstack/react-router'
import { campaignRoutes } from '../features/campaigns/routes.ts'
import { deliveryRoutes } from '../features/deliveries/routes.ts'
import { eventRoutes } from '../features/events/routes.ts'
import { explainRoutes } from '../features/explain/routes.ts'
import { contactRoutes } from '../features/contacts/routes.ts'
import { integrationRoutes } from '../features/integrations/routes.ts'
import { membershipRoutes } from '../features/memberships/routes.ts'
import { overviewRoutes } from '../features/overview/routes.ts'
import { profileRoutes } from '../features/profile/routes.ts'
import { ruleRoutes } from '../features/rules/routes.ts'
import { scheduleRoutes } from '../features/schedules/routes.ts'
import { setupRoutes } from '../features/setup/routes.ts'
import { signInRoutes } from '../features/sign-in/routes.ts'
import { welcomeRoutes } from '../features/welcome/routes.ts'
import { sourceRoutes } from '../features/sources/routes.ts'
import { trackedItemRoutes } from '../features/tracked-items/routes.ts'
import { apiKeyRoutes } from '../features/api-keys/routes.ts'
import { auditRoutes } from '../features/audit/routes.ts'
import { peopleRoutes } from '../features/people/routes.ts'
import { settingsRoutes } from '../features/settings/routes.ts'
import { signInProviderRoutes } from '../features/sign-in-providers/routes.ts'
import { tenantRoutes } from '../features/tenants/routes.ts'
import { userRoutes } from '../features/users/routes.ts'
import { subscriptionRoutes } from '../features/subscriptions/routes.ts'
import { suppressionRoutes } from '../features/suppressions/routes.ts'
import { monitorRoutes } from '../features/monitor/routes.ts'
import { basePath } from './api.ts'
import { appRoute } from './app-route.ts'
import { PageWaiting } from './page-waiting.tsx'
import { rootRoute } from './root-route.tsx'

const routeTree = rootRoute.addChildren([
  ...setupRoutes,
  ...signInRoutes,
  appRoute.addChildren([
    ...deliveryRoutes,
    ...eventRoutes,
    ...explainRoutes,
    ...ruleRoutes,

    ...campaignRoutes,
    ...contactRoutes,
    ...subscriptionRoutes,
    ...suppressionRoutes,
    ...integrationRoutes,
    ...scheduleRoutes,
    ...membershipRoutes,
    ...overviewRoutes,
    ...profileRoutes,
    ...monitorRoutes,
    ...userRoutes,
    ...tenantRoutes,
    ...signInProviderRoutes,
    ...settingsRoutes,
    ...peopleRoutes,
    ...auditRoutes,
    ...apiKeyRoutes,
    ...welcomeRoutes,
    ...sourceRoutes,
    ...trackedItemRoutes,
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: basePath,
  defaultPreload: 'intent',
  defaultPendingComponent: PageWaiting,
  defaultPendingMs: 150,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only interfaces merge with the router's
  interface Register {
    router: typeof router
  }
}
