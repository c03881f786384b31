/** The pages of contacts: the list with a contact beside it, tags, operators, imports. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const loader = textsLoader('contacts')

const filters = ['q', 'tag', 'operator', 'timezone'] as const
export type ContactSearch = { readonly [Name in (typeof filters)[number]]?: string }

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/contacts',
  loader,
  validateSearch: (search: Record<string, unknown>): ContactSearch =>
    Object.fromEntries(
      filters.flatMap((name) => {
        const value = search[name]
        // An address typed by hand may make a number of a text.
        const text = typeof value === 'number' ? String(value) : value
        return typeof text === 'string' && text !== '' ? [[name, text]] : []
      }),
    ),
  component: lazyRouteComponent(() => import('./contacts-page.tsx'), 'ContactsPage'),
})

const newRoute = createRoute({
  getParentRoute: () => listRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./contact-panel.tsx'), 'NewContactPanel'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./contact-panel.tsx'), 'ContactPanel'),
})

const tagsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/contacts/tags',
  loader,
  component: lazyRouteComponent(() => import('./tags-page.tsx'), 'TagsPage'),
})

const operatorsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/contacts/operators',
  loader,
  component: lazyRouteComponent(() => import('./operators-page.tsx'), 'OperatorsPage'),
})

const importRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/contacts/import',
  loader,
  component: lazyRouteComponent(() => import('./import-page.tsx'), 'ImportPage'),
})

const importsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/contacts/imports',
  loader,
  component: lazyRouteComponent(() => import('./imports-page.tsx'), 'ImportsPage'),
})

const oneImportRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/contacts/imports/$id',
  loader,
  component: lazyRouteComponent(() => import('./one-import-page.tsx'), 'OneImportPage'),
})

export const contactRoutes = [
  listRoute.addChildren([newRoute, oneRoute]),
  tagsRoute,
  operatorsRoute,
  importRoute,
  importsRoute,
  oneImportRoute,
] as const
