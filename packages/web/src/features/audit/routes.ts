/** Who changed what. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const names = ['actor', 'action', 'kind', 'object', 'since', 'until'] as const

export type AuditSearch = Partial<Readonly<Record<(typeof names)[number], string>>>

const validateSearch = (search: Record<string, unknown>): AuditSearch =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = search[name]
      return typeof value === 'string' && value !== '' ? [[name, value] as const] : []
    }),
  )

const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/audit',
  validateSearch,
  loader: textsLoader('audit'),
  component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage'),
})

const platformAuditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/platform-audit',
  validateSearch,
  loader: textsLoader('audit'),
  component: lazyRouteComponent(() => import('./platform-audit-page.tsx'), 'PlatformAuditPage'),
})

export const auditRoutes = [auditRoute, platformAuditRoute] as const
