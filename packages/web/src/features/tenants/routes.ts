/** All tenants of the installation, for platform admins. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const tenantsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/tenants',
  validateSearch: ({ q }: Record<string, unknown>): { readonly q?: string } =>
    typeof q === 'string' ? { q } : {},
  loader: textsLoader('tenants'),
  component: lazyRouteComponent(() => import('./tenants-page.tsx'), 'TenantsPage'),
})

const tenantRoute = createRoute({
  getParentRoute: () => tenantsRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./tenant-panel.tsx'), 'TenantPanel'),
})

export const tenantRoutes = [tenantsRoute.addChildren([tenantRoute])] as const
