/** What is looked up before an audience is walked through: its ways, and how fast each of them is. */
import type { PoolClient } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import type { Language } from '@carillon/domain/content'
import { parseDuration } from '@carillon/domain/duration'
import type { Pace } from '@carillon/domain/forecast'
import type { TenantId } from '@carillon/domain/ids'
import { requireValid } from '../platform/http/require-valid.ts'
import { resolveRoute, type StepIntegration } from './plan-campaign.ts'
import { findTenant, listRouteIntegrations } from './queries/campaigns.ts'
import type { CampaignRate, RouteStep } from './schema.ts'

/** How an audience is reached, and where it is at home. */
export type Walk = {
  readonly steps: readonly StepIntegration[]
  readonly language: Language
  readonly zone: string
}

/** The route's integrations, and what the tenant says. Throws `validation_failed`. */
export const prepareWalk = async (
  client: PoolClient,
  tenantId: TenantId,
  { route }: { readonly route?: readonly RouteStep[] | null | undefined },
): Promise<Walk> => {
  const { language, time_zone: zone } = await findTenant(client, tenantId)
  const resolved = resolveRoute(route ?? null, await listRouteIntegrations(client, tenantId))
  if (!resolved.ok) requireValid(resolved.errors)
  return { steps: resolved.ok ? resolved.steps : [], language, zone }
}

/** How fast an integration sends: its own limit, else its connector's. Undefined: nothing limits it. */
export const paceOf = (
  { connector, limits: own }: StepIntegration,
  connectors: Readonly<Record<string, Connector>>,
): Pace | undefined => {
  const rates = connectors[connector]?.limits?.rates ?? []
  const rate = own?.rate ?? rates.find(({ scope }) => scope === 'integration')
  return rate === undefined ? undefined : { n: rate.n, perMs: rate.perMs }
}

/** A campaign's own rate; undefined: it has none. */
export const paceOfRate = (rate: CampaignRate | null | undefined): Pace | undefined => {
  const perMs = rate === undefined || rate === null ? undefined : parseDuration(rate.per)
  return typeof perMs === 'number' ? { n: rate?.n ?? 1, perMs } : undefined
}
