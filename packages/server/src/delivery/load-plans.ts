/** What sending needs beside the claim: plans and integrations, loaded in batches and kept at hand. Plans never change; integrations carry a version. */
import type { Pool } from 'pg'
import type { BreakerPolicy } from '@carillon/domain/breaker'
import type { Language } from '@carillon/domain/content'
import { policyOf, type Plan } from '@carillon/domain/plan'
import type { RoutePolicy } from '@carillon/domain/turn'
import { query } from '../platform/db/statement.ts'
import { loadIntegrationsAcrossTenants, loadPlansAcrossTenants } from './queries/plans.ts'

export type LoadedPlan = { readonly plan: Plan; readonly policy: RoutePolicy }

export type IntegrationRow = {
  readonly tenant_id: string
  readonly id: string
  readonly connector: string
  /** Null: it does not send. */
  readonly channel: string | null
  readonly name: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
  readonly enabled: boolean
  readonly deleted: boolean
  readonly breaker: Partial<BreakerPolicy> | null
  readonly on_unknown: 'resend' | 'hold'
  readonly version: number
  readonly language: Language
  /** The tenant's. */
  readonly time_zone: string
}

type Wanted = { readonly tenantId: string; readonly id: string }

/** The plans asked for, by id. One that is not there, or that this version can't read, is missing from the map: it must not stop the others. */
export const loadPlans = async (
  pool: Pool,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<string, LoadedPlan>> => {
  const rows = await query<{ id: string; body: Plan }>(pool, loadPlansAcrossTenants, [
    wanted.map((plan) => plan.tenantId),
    wanted.map((plan) => plan.id),
  ])
  return new Map(
    rows
      .filter(({ body }) => isReadable(body))
      .map(({ id, body }) => [id, { plan: body, policy: policyOf(body) }]),
  )
}

/** Has it what every turn needs? A process of a newer version may have written something else. */
const isReadable = ({ steps, retry }: Partial<Plan>): boolean =>
  Array.isArray(steps) && steps.length > 0 && retry !== undefined

/** The integrations asked for, deleted ones too: their deliveries end as skipped with a reason. */
export const loadIntegrations = async (
  pool: Pool,
  wanted: readonly Wanted[],
): Promise<readonly IntegrationRow[]> =>
  await query<IntegrationRow>(pool, loadIntegrationsAcrossTenants, [
    wanted.map((row) => row.tenantId),
    wanted.map((row) => row.id),
  ])
