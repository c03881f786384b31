/** The pages of suppressed addresses: the list, with one beside it, and bringing a list along. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const loader = textsLoader('suppressions')

export const reasons = [
  'invalid',
  'gone',
  'blocked',
  'complained',
  'unsubscribed',
  'bounced',
  'manual',
] as const
export type Reason = (typeof reasons)[number]
const isReason = (value: unknown): value is Reason => reasons.some((reason) => reason === value)

export type SuppressionSearch = {
  readonly channel?: string
  readonly address?: string
  readonly reason?: Reason
  readonly ended?: true
}

const textOf = (value: unknown): string | undefined => {
  // An address typed by hand may make a number of a text.
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

const readSearch = (search: Record<string, unknown>): SuppressionSearch => {
  const [channel, address] = [textOf(search['channel']), textOf(search['address'])]
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(address === undefined ? {} : { address }),
    ...(isReason(search['reason']) ? { reason: search['reason'] } : {}),
    ...(search['ended'] === true ? { ended: true } : {}),
  }
}

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/suppressions',
  loader,
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import('./suppressions-page.tsx'), 'SuppressionsPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./suppression-panel.tsx'), 'SuppressionPanel'),
})

const importRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/suppressions/import',
  loader,
  component: lazyRouteComponent(() => import('./import-page.tsx'), 'ImportSuppressionsPage'),
})

export const suppressionRoutes = [listRoute.addChildren([oneRoute]), importRoute] as const
