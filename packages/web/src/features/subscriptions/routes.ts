/** The pages of subscriptions: the list, one with its registrations and texts, functions, and what one gets oneself. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { isSubscriptionTab, type SubscriptionTab } from './tabs.ts'

const loader = textsLoader('subscriptions')

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/subscriptions',
  loader,
  validateSearch: (search: Record<string, unknown>): { q?: string } =>
    typeof search['q'] === 'string' && search['q'] !== '' ? { q: search['q'] } : {},
  component: lazyRouteComponent(() => import('./subscriptions-page.tsx'), 'SubscriptionsPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/subscriptions/$subscriptionId',
  loader,
  validateSearch: (search: Record<string, unknown>): { tab?: SubscriptionTab } =>
    isSubscriptionTab(search['tab']) ? { tab: search['tab'] } : {},
  component: lazyRouteComponent(() => import('./subscription-page.tsx'), 'SubscriptionPage'),
})

const functionsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/functions',
  loader,
  component: lazyRouteComponent(() => import('./functions-page.tsx'), 'FunctionsPage'),
})

const ownRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/my-subscriptions',
  loader,
  component: lazyRouteComponent(() => import('./my-subscriptions-page.tsx'), 'MySubscriptionsPage'),
})

export const subscriptionRoutes = [listRoute, oneRoute, functionsRoute, ownRoute] as const
