/** Keys with which programs call the API. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const states = ['active', 'expired', 'revoked'] as const
export type KeyState = (typeof states)[number]

const apiKeysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/api-keys',
  validateSearch: ({ state }: Record<string, unknown>): { readonly state?: KeyState } => {
    const found = states.find((one) => one === state)
    return found === undefined ? {} : { state: found }
  },
  loader: textsLoader('api-keys'),
  component: lazyRouteComponent(() => import('./api-keys-page.tsx'), 'ApiKeysPage'),
})

export const apiKeyRoutes = [apiKeysRoute] as const
