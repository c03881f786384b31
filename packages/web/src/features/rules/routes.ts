/** The pages about rules: the list with one beside it, and the builder. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const loader = textsLoader('rules', 'explain')

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/rules',
  loader,
  component: lazyRouteComponent(() => import('./rules-page.tsx'), 'RulesPage'),
})

const newRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/rules/new',
  loader,
  component: lazyRouteComponent(() => import('./new-rule-page.tsx'), 'NewRulePage'),
})

const editRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/rules/$id/edit',
  loader,
  component: lazyRouteComponent(() => import('./edit-rule-page.tsx'), 'EditRulePage'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./rule-panel.tsx'), 'RulePanel'),
})

export const ruleRoutes = [newRoute, editRoute, listRoute.addChildren([oneRoute])] as const
