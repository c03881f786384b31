/** Keys with which programs call the API. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { keyStates, type KeyState } from './key-states.ts'

const validateSearch = ({ state }: Record<string, unknown>): { readonly state?: KeyState } => {
  const found = keyStates.find((one) => one === state)
  return found === undefined ? {} : { state: found }
}

const apiKeysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/api-keys',
  validateSearch,
  loader: textsLoader('api-keys'),
  component: lazyRouteComponent(() => import('./api-keys-page.tsx'), 'ApiKeysPage'),
})

const platformApiKeysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/platform-api-keys',
  validateSearch,
  loader: textsLoader('api-keys'),
  component: lazyRouteComponent(
    () => import('./platform-api-keys-page.tsx'),
    'PlatformApiKeysPage',
  ),
})

export const apiKeyRoutes = [apiKeysRoute, platformApiKeysRoute] as const
