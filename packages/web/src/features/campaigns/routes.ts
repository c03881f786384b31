/** The pages of campaigns: the list, a new one, one with its ledger, and changing it. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import {
  isCampaignState,
  isDeliveryState,
  type CampaignState,
  type DeliveryState,
} from './states.ts'
import { isCampaignTab, type CampaignTab } from './tabs.ts'

const loader = textsLoader('campaigns', 'reasons')
const textOrNot = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/campaigns',
  loader,
  validateSearch: (search: Record<string, unknown>): { state?: CampaignState } =>
    isCampaignState(search['state']) ? { state: search['state'] } : {},
  component: lazyRouteComponent(() => import('./campaigns-page.tsx'), 'CampaignsPage'),
})

const newRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/campaigns/new',
  loader,
  validateSearch: (search: Record<string, unknown>): { copy?: string; tag?: string } => {
    const [copy, tag] = [textOrNot(search['copy']), textOrNot(search['tag'])]
    return { ...(copy === undefined ? {} : { copy }), ...(tag === undefined ? {} : { tag }) }
  },
  component: lazyRouteComponent(() => import('./new-campaign-page.tsx'), 'NewCampaignPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/campaigns/$id',
  loader,
  validateSearch: (
    search: Record<string, unknown>,
  ): { tab?: CampaignTab; state?: DeliveryState } => ({
    ...(isCampaignTab(search['tab']) ? { tab: search['tab'] } : {}),
    ...(isDeliveryState(search['state']) ? { state: search['state'] } : {}),
  }),
  component: lazyRouteComponent(() => import('./campaign-page.tsx'), 'CampaignPage'),
})

const editRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/campaigns/$id/edit',
  loader,
  component: lazyRouteComponent(() => import('./edit-campaign-page.tsx'), 'EditCampaignPage'),
})

export const campaignRoutes = [listRoute, newRoute, oneRoute, editRoute] as const
