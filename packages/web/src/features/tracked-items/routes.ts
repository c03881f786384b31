/** The pages about tracked items: the list with one beside it. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { isItemState, type ItemState } from './item-state.ts'

export type ItemFilter = {
  readonly state?: ItemState
  readonly reference?: string
  readonly needsSync?: boolean
}

const readFilter = (search: Record<string, unknown>): ItemFilter => {
  const { state, reference, needsSync } = search
  return {
    ...(isItemState(state) ? { state } : {}),
    ...(typeof reference === 'string' && reference !== '' ? { reference } : {}),
    ...(typeof needsSync === 'boolean' ? { needsSync } : {}),
  }
}

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/tracked-items',
  loader: textsLoader('tracked-items', 'reasons'),
  validateSearch: readFilter,
  component: lazyRouteComponent(() => import('./tracked-items-page.tsx'), 'TrackedItemsPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./tracked-item-panel.tsx'), 'TrackedItemPanel'),
})

export const trackedItemRoutes = [listRoute.addChildren([oneRoute])] as const
