/** The SQL of single campaigns and lists of them: made, read, changed. One tenant each, as carillon_app. */
import type { PoolClient } from 'pg'
import { toIso, type Instant } from '@carillon/domain/clock'
import type { CampaignId, TenantId } from '@carillon/domain/ids'
import type { DailyWindow } from '@carillon/domain/window'
import type { CampaignState } from '@carillon/domain/campaign'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { AudienceFilter } from '../read-filter.ts'
import type { CampaignContent, CampaignRate, CampaignRetry, RouteStep } from '../schema.ts'

export type CampaignRow = {
  readonly tenant_id: TenantId
  readonly id: CampaignId
  readonly name: string
  readonly content: CampaignContent
  readonly filter: AudienceFilter
  readonly starts_at: Instant
  readonly ends_at: Instant
  readonly daily_window: DailyWindow | null
  readonly route: readonly RouteStep[] | null
  readonly retry: CampaignRetry | null
  readonly rate: CampaignRate | null
  readonly state: CampaignState
  readonly error: string | null
  readonly plan_id: string | null
  readonly made: number
  readonly expanded_at: Instant | null
  readonly sweep: number
  readonly fence: number
  readonly resend_of: CampaignId | null
  readonly version: number
  readonly created_by: string
  readonly created_at: Instant
  readonly updated_at: Instant
  readonly started_at: Instant | null
  readonly finished_at: Instant | null
}

/** Every column of a campaign `c` that somebody reads. */
export const campaignColumns = `c.tenant_id, c.id, c.name, c.content, c.filter, c.starts_at, c.ends_at, c.daily_window, c.route,
  c.retry, c.rate, c.state, c.error, c.plan_id, c.made::float8 AS made, c.expanded_at, c.sweep, c.fence, c.resend_of, c.version,
  c.created_by, c.created_at, c.updated_at, c.started_at, c.finished_at`

/** What people say of a campaign. */
export type CampaignValues = Pick<
  CampaignRow,
  | 'name'
  | 'content'
  | 'filter'
  | 'starts_at'
  | 'ends_at'
  | 'daily_window'
  | 'route'
  | 'retry'
  | 'rate'
>

const parametersOf = (values: CampaignValues): readonly (string | null)[] => [
  values.name,
  JSON.stringify(values.content),
  JSON.stringify(values.filter),
  toIso(values.starts_at),
  toIso(values.ends_at),
  jsonOrNull(values.daily_window),
  jsonOrNull(values.route),
  jsonOrNull(values.retry),
  jsonOrNull(values.rate),
]

const jsonOrNull = (value: unknown): string | null =>
  value === null ? null : JSON.stringify(value)

/** $1 tenant, $2 id, $3..$11 values, $12 who, $13 the campaign it repeats. */
const insertStatement: Statement = {
  name: 'insert_campaign',
  text: `
INSERT INTO campaigns AS c (tenant_id, id, name, content, filter, starts_at, ends_at, daily_window, route, retry, rate, created_by,
                            resend_of, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $6)
RETURNING ${campaignColumns}`,
}

/** Makes it, to be started when its time comes. */
export const insertCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  made: {
    readonly id: CampaignId
    readonly values: CampaignValues
    readonly by: string
    readonly resendOf?: CampaignId
  },
): Promise<CampaignRow> => {
  const values = [tenantId, made.id, ...parametersOf(made.values), made.by, made.resendOf ?? null]
  const [row] = await query<CampaignRow>(client, insertStatement, values)
  if (row === undefined) throw new Error('a campaign was made and is not there')
  return row
}

/** $1 tenant, $2 id. */
const findStatement: Statement = {
  name: 'find_campaign',
  text: `SELECT ${campaignColumns} FROM campaigns c WHERE c.tenant_id = $1 AND c.id = $2`,
}

const lockStatement: Statement = { name: 'lock_campaign', text: `${findStatement.text} FOR UPDATE` }

/** The campaign; undefined: there is none. */
export const findCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  id: CampaignId,
): Promise<CampaignRow | undefined> =>
  (await query<CampaignRow>(client, findStatement, [tenantId, id]))[0]

/** The same, and nobody changes it until the transaction ends. */
export const lockCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  id: CampaignId,
): Promise<CampaignRow | undefined> =>
  (await query<CampaignRow>(client, lockStatement, [tenantId, id]))[0]

/** $1 tenant, $2 before this id, $3 state, $4 how many. */
const listStatement = `
SELECT ${campaignColumns} FROM campaigns c
 WHERE c.tenant_id = $1 AND ($2::uuid IS NULL OR c.id < $2) AND ($3::text IS NULL OR c.state = $3)
 ORDER BY c.id DESC LIMIT $4`

/** A page, newest first. */
export const listCampaigns = async (
  client: PoolClient,
  tenantId: TenantId,
  wish: { readonly before: string | null; readonly state: string | null; readonly limit: number },
): Promise<readonly CampaignRow[]> =>
  (await client.query<CampaignRow>(listStatement, [tenantId, wish.before, wish.state, wish.limit]))
    .rows

/**
 * $1 tenant, $2 id, $3..$11 values, $12 its plan, $13 how often the waiting rows are to be walked through (0: not on this
 * account). One that is walked through already begins anew.
 */
const updateStatement: Statement = {
  name: 'update_campaign',
  text: `
UPDATE campaigns c SET name = $3, content = $4, filter = $5, starts_at = $6, ends_at = $7, daily_window = $8, route = $9, retry = $10,
       rate = $11, plan_id = $12, version = c.version + 1, updated_at = now(),
       sweep = greatest(c.sweep, $13::smallint), sweep_cursor = CASE WHEN $13::smallint > 0 THEN NULL ELSE c.sweep_cursor END,
       due_at = CASE WHEN c.state = 'scheduled' THEN $6 WHEN $13::smallint > 0 THEN least(c.due_at, now()) ELSE c.due_at END
 WHERE c.tenant_id = $1 AND c.id = $2 RETURNING ${campaignColumns}`,
}

/** Changes it; the caller has locked it. */
export const updateCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  changed: {
    readonly id: CampaignId
    readonly values: CampaignValues
    readonly planId: string | null
    readonly sweeps: 0 | 2
  },
): Promise<CampaignRow> => {
  const [row] = await query<CampaignRow>(client, updateStatement, [
    tenantId,
    changed.id,
    ...parametersOf(changed.values),
    changed.planId,
    changed.sweeps,
  ])
  if (row === undefined) throw new Error('a locked campaign is gone')
  return row
}

/** $1 tenant, $2 id, $3 state. */
const moveStatement: Statement = {
  name: 'move_campaign',
  text: `
UPDATE campaigns c SET state = $3, version = c.version + 1, updated_at = now(), fence = c.fence + 1, due_at = now(),
       sweep = CASE WHEN c.state = 'scheduled' THEN 0 ELSE 2 END, sweep_cursor = NULL,
       finished_at = CASE WHEN c.state = 'scheduled' AND $3 = 'canceled' THEN now() END
 WHERE c.tenant_id = $1 AND c.id = $2 RETURNING ${campaignColumns}`,
}

/** Puts it into another state, whoever expands it at this moment; the caller has locked it. */
export const moveCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, state }: { readonly id: CampaignId; readonly state: 'running' | 'paused' | 'canceled' },
): Promise<CampaignRow> => {
  const [row] = await query<CampaignRow>(client, moveStatement, [tenantId, id, state])
  if (row === undefined) throw new Error('a locked campaign is gone')
  return row
}

/** $1 tenant, $2 id. */
const deleteStatement: Statement = {
  name: 'delete_campaign',
  text: `DELETE FROM campaigns WHERE tenant_id = $1 AND id = $2 AND state = 'scheduled' RETURNING 1 AS gone`,
}

/** Deletes one that has not begun; false: there is none such. */
export const deleteCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  id: CampaignId,
): Promise<boolean> => (await query(client, deleteStatement, [tenantId, id])).length > 0

/** $1 tenant. */
const tenantStatement: Statement = {
  name: 'tenant_of_campaigns',
  text: `SELECT time_zone, language FROM tenants WHERE tenant_id = $1`,
}

/** The tenant's zone and language. */
export const findTenant = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<{ readonly time_zone: string; readonly language: 'en' | 'it' }> =>
  (
    await query<{ time_zone: string; language: 'en' | 'it' }>(client, tenantStatement, [tenantId])
  )[0] ?? { time_zone: 'UTC', language: 'en' }

export type RouteIntegration = {
  readonly id: string
  /** Null: it does not send. */
  readonly channel: string | null
  readonly connector: string
  readonly name: string
  readonly enabled: boolean
  readonly is_default: boolean
  readonly limits: { readonly rate?: { readonly n: number; readonly perMs: number } } | null
}

/** $1 tenant. */
const integrationsStatement: Statement = {
  name: 'integrations_of_campaigns',
  text: `
SELECT id, channel, connector, name, enabled, is_default, limits FROM integrations
 WHERE tenant_id = $1 AND deleted_at IS NULL`,
}

/** The tenant's integrations. */
export const listRouteIntegrations = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<readonly RouteIntegration[]> =>
  await query<RouteIntegration>(client, integrationsStatement, [tenantId])

/** $1 tenant, $2 plan. */
const planStatement: Statement = {
  name: 'plan_of_campaign',
  text: `SELECT body FROM plans WHERE tenant_id = $1 AND id = $2`,
}

/** The steps of its plan, as they were resolved when it started. */
export const findPlanSteps = async (
  client: PoolClient,
  tenantId: TenantId,
  planId: string,
): Promise<readonly string[]> => {
  const [row] = await query<{ body: { steps: readonly { integrationId: string }[] } }>(
    client,
    planStatement,
    [tenantId, planId],
  )
  return (row?.body.steps ?? []).map(({ integrationId }) => integrationId)
}
