/** Makes, changes and deletes campaigns. Their texts are checked before (`check-campaign.ts`): that takes longer than a transaction may. */
import type { PoolClient } from 'pg'
import { lockedFields } from '@carillon/domain/campaign'
import type { Instant } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import type { CampaignId, TenantId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { canonicalJson, savePlan } from '../rules/save-plan.ts'
import { bodyOf, viewCampaign } from './campaign-view.ts'
import { requireEndAhead, valuesOf, windowOf } from './check-campaign.ts'
import { planOfCampaign, resolveRoute } from './plan-campaign.ts'
import * as sql from './queries/campaigns.ts'
import type { CampaignBody, CampaignPatchBody, CampaignView } from './schema.ts'

export type SaveContext = {
  readonly client: PoolClient
  readonly tenantId: TenantId
  readonly newId: IdGenerator
  readonly now: Instant
  /** Who does it. */
  readonly by: string
}

/** Makes one, to be started when its time comes. Throws `validation_failed`. */
export const createCampaign = async (
  { client, tenantId, now, by }: SaveContext,
  id: CampaignId,
  body: CampaignBody,
): Promise<CampaignView> => {
  const values = valuesOf(body, now)
  requireEndAhead(values.ends_at, now)
  await requireRoute(client, tenantId, values)
  return viewCampaign(await sql.insertCampaign(client, tenantId, { id, values, by }))
}

const requireRoute = async (
  client: PoolClient,
  tenantId: TenantId,
  { route }: sql.CampaignValues,
): Promise<void> => {
  const resolved = resolveRoute(route, await sql.listRouteIntegrations(client, tenantId))
  if (!resolved.ok) requireValid(resolved.errors)
}

export type CampaignChange = {
  readonly id: CampaignId
  /** PUT sets what is left out to its default, PATCH leaves it. */
  readonly kind: 'replace' | 'patch'
  readonly body: CampaignPatchBody
}

/**
 * Changes it. Before its start everything; while it runs the name, end, hours, retry and content, which then count for all
 * that is not sent yet; after it the name. Throws `not_found`, `validation_failed`, and `conflict` for another version or for a
 * field that can't be changed any more.
 */
export const updateCampaign = async (
  context: SaveContext,
  { id, kind, body: { version, ...body } }: CampaignChange,
): Promise<CampaignView> => {
  const { client, tenantId, now } = context
  const row = await sql.lockCampaign(client, tenantId, id)
  if (row === undefined) throw notFound()
  if (version !== undefined && version !== row.version)
    throw appError('conflict', {
      detail: `Version ${version} was changed meanwhile; it is version ${row.version} now. Read it again.`,
    })
  const values = valuesOf(merged(row, kind, body), kind === 'replace' ? now : row.starts_at)
  const changed = differences(row, values)
  const locked = lockedFields(row.state, changed)
  if (locked.length > 0)
    throw appError('conflict', {
      detail: `A campaign that is ${row.state} can't change ${locked.join(', ')}.`,
    })
  if (changed.includes('endsAt') || row.state === 'scheduled') requireEndAhead(values.ends_at, now)
  if (changed.includes('route')) await requireRoute(client, tenantId, values)
  const planId = await planOf(context, row, values)
  const isRetimed = changed.includes('endsAt') || changed.includes('dailyWindow')
  const sweeps = row.plan_id !== null && isRetimed ? 2 : 0
  return viewCampaign(await sql.updateCampaign(client, tenantId, { id, values, planId, sweeps }))
}

/** What the campaign would be made of with the change. Days alone are set into the hours that there are. */
const merged = (
  row: sql.CampaignRow,
  kind: CampaignChange['kind'],
  body: Omit<CampaignPatchBody, 'version'>,
): CampaignBody => {
  const { dailyWindow, weekdays, ...others } = body
  const base = bodyOf(row)
  const own = kind === 'patch' && dailyWindow === undefined ? base.dailyWindow : dailyWindow
  const window = windowOf({ dailyWindow: own, weekdays })
  const kept =
    kind === 'patch' ? base : { name: base.name, content: base.content, endsAt: base.endsAt }
  const { startsAt: _given, ...rest } = { ...kept, ...others }
  const startsAt = others.startsAt ?? (kind === 'patch' ? base.startsAt : undefined)
  return {
    ...rest,
    ...(startsAt === undefined ? {} : { startsAt }),
    dailyWindow: window === null ? null : { ...bodyWindow(window) },
  }
}

const bodyWindow = ({
  from,
  to,
  weekdays,
  holidays,
}: NonNullable<ReturnType<typeof windowOf>>) => ({
  from,
  to,
  ...(weekdays === undefined ? {} : { weekdays: [...weekdays] }),
  ...(holidays === undefined ? {} : { holidays: [...holidays] }),
})

const names: readonly (readonly [string, keyof sql.CampaignValues])[] = [
  ['name', 'name'],
  ['content', 'content'],
  ['filter', 'filter'],
  ['startsAt', 'starts_at'],
  ['endsAt', 'ends_at'],
  ['dailyWindow', 'daily_window'],
  ['route', 'route'],
  ['retry', 'retry'],
  ['rate', 'rate'],
]

const differences = (row: sql.CampaignRow, values: sql.CampaignValues): readonly string[] =>
  names.flatMap(([name, key]) =>
    canonicalJson(row[key]) === canonicalJson(values[key]) ? [] : [name],
  )

/** Its plan once it runs; what is in it counts for all that is claimed from now on. */
const planOf = async (
  { client, tenantId, newId }: SaveContext,
  row: sql.CampaignRow,
  values: sql.CampaignValues,
): Promise<string | null> => {
  if (row.plan_id === null) return null
  const [ids, integrations, { language }] = [
    await sql.findPlanSteps(client, tenantId, row.plan_id),
    await sql.listRouteIntegrations(client, tenantId),
    await sql.findTenant(client, tenantId),
  ]
  const steps = ids.map((id) => ({
    id,
    channel: integrations.find((one) => one.id === id)?.channel ?? '',
  }))
  return await savePlan(client, tenantId, { plan: planOfCampaign(values, steps, language), newId })
}

/** Deletes one that has not begun. Throws `not_found`, and `conflict` when it has. */
export const deleteCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  id: CampaignId,
): Promise<void> => {
  if (await sql.deleteCampaign(client, tenantId, id)) return
  const row = await sql.findCampaign(client, tenantId, id)
  if (row === undefined) throw notFound()
  throw appError('conflict', {
    detail: `The campaign is ${row.state}: only one that has not begun can be deleted. Cancel it instead.`,
  })
}
