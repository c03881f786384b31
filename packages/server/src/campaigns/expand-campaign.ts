/** One chunk of a campaign's audience becomes deliveries, or one step of the walk through its waiting rows. SQL in `queries/`. */
import type { Pool } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { parseDuration } from '@carillon/domain/duration'
import type { TenantId } from '@carillon/domain/ids'
import type { DailyWindow } from '@carillon/domain/window'
import type { createHours } from '../delivery/delivery-hours.ts'
import { plainArray, textArray } from '../platform/db/pg-array.ts'
import { texts, times } from '../platform/db/binary-array.ts'
import { query, type Statement } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { audienceValues } from './queries/audience.ts'
import { findPlanSteps, listRouteIntegrations, type CampaignRow } from './queries/campaigns.ts'
import * as sql from './queries/expansion.ts'
import { sweepCanceled, sweepWaiting } from './queries/progress.ts'
import { attributeTest } from './read-filter.ts'

/** Contacts a chunk: others wait half a second for it at most. */
const chunkSize = 5_000
/** Rows looked at in one step of a walk. */
const sweepSize = 5_000
/** A chunk may meet zones that were not known; more rounds than this are a bug. */
const maxRounds = 5

/** A campaign that is ours until its lease ends. */
export type ClaimedCampaign = CampaignRow & {
  readonly event_id: string | null
  /** The tenant's. */
  readonly time_zone: string
  readonly language: 'en' | 'it'
  readonly suspended: boolean
  /** The database's time. */
  readonly now: Instant
}

export type ExpandServices = {
  /** Of role engine. */
  readonly pool: Pool
  readonly shard: number
  readonly hours: ReturnType<typeof createHours>
  /** Zones met among a campaign's contacts; grows by what is added. */
  readonly zonesOf: (campaign: string) => Set<string>
}

/** `lost`: it was not ours any more, nothing was written. Lanes that got work, by their integrations. */
export type StepEnd =
  | { readonly kind: 'lost' }
  | { readonly kind: 'done'; readonly integrations: readonly string[] }

/** When the hours of each zone begin, for the statement: zones, openings, is there a window. */
const openingsOf = (
  zones: ReadonlySet<string>,
  window: DailyWindow | null,
  { hours, now }: { readonly hours: ExpandServices['hours']; readonly now: Instant },
): readonly [Buffer, Buffer, boolean] => {
  const list = window === null ? [] : [...zones]
  const opens = list.map((zone) => ({
    zone,
    at: window === null ? now : hours(JSON.stringify(window), window, zone)(now),
  }))
  return [texts(opens, ({ zone }) => zone), times(opens, ({ at }) => at), window !== null]
}

/** Our own statement's JSON: zones that it needs the openings of. */
const readZones = (json: string): readonly string[] => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what json_agg of a text column gives
  return JSON.parse(json) as readonly string[]
}

/** Makes the deliveries of the next chunk. Throws when the database does. */
export const expandCampaign = async (
  campaign: ClaimedCampaign,
  services: ExpandServices,
): Promise<StepEnd> => {
  const { pool, zonesOf } = services
  const zones = zonesOf(campaign.id)
  const steps = await stepsOf(pool, campaign)
  const some = await chosenOf(pool, campaign)
  for (let round = 0; round < maxRounds; round += 1) {
    const values = chunkValues(campaign, { steps, some, zones }, services)
    const statement = campaign.resend_of === null ? sql.expandContacts : sql.expandFailed
    // oxlint-disable-next-line no-await-in-loop -- a second round only for zones not seen before
    const [row] = await query<ChunkRow>(pool, statement, values)
    if (row?.held !== true) return { kind: 'lost' }
    const missing = readZones(row.missing)
    if (missing.length === 0) return { kind: 'done', integrations: row.integrations }
    for (const zone of missing) zones.add(zone)
  }
  throw new Error(`the time zones of campaign ${campaign.id} are not found in ${maxRounds} rounds`)
}

type ChunkRow = {
  readonly held: boolean
  readonly ended: boolean | null
  readonly made: number
  readonly integrations: readonly string[]
  readonly missing: string
}

type Steps = { readonly integrations: readonly string[]; readonly channels: readonly string[] }

const stepsOf = async (
  pool: Pool,
  { tenant_id: tenantId, plan_id: planId }: ClaimedCampaign,
): Promise<Steps> =>
  await inTenant(pool, tenantId, async (client) => {
    const integrations = planId === null ? [] : await findPlanSteps(client, tenantId, planId)
    const known = await listRouteIntegrations(client, tenantId)
    const channels = integrations.map((id) => known.find((one) => one.id === id)?.channel ?? '')
    return { integrations, channels }
  })

/** Those of the next chunk that fit the conditions on attributes, and where it ends; undefined: there are no conditions. */
type Chosen = { readonly last: string | null; readonly ids: readonly string[] } | undefined

const chosenOf = async (pool: Pool, campaign: ClaimedCampaign): Promise<Chosen> => {
  const fits = attributeTest(campaign.filter)
  if (fits === undefined || campaign.resend_of !== null) return undefined
  const rows = await query<CandidateRow>(pool, sql.readChunk, [
    campaign.tenant_id,
    ...audienceValues(campaign.filter, campaign.time_zone),
    campaign.id,
    campaign.fence,
    chunkSize,
  ])
  const ids = rows.filter(({ attributes }) => fits(attributes)).map(({ id }) => id)
  const last = rows.at(-1)
  // A chunk that is not full ends where looking stopped. Without anybody the statement finds that out by itself.
  return { last: (rows.length < chunkSize ? last?.reach : last?.id) ?? null, ids }
}

type CandidateRow = {
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly reach: string
}

const chunkValues = (
  campaign: ClaimedCampaign,
  given: { readonly steps: Steps; readonly some: Chosen; readonly zones: ReadonlySet<string> },
  { shard, hours }: ExpandServices,
): unknown[] => {
  const { steps, some, zones } = given
  const isResend = campaign.resend_of !== null
  const filter = isResend ? {} : campaign.filter
  return [
    campaign.tenant_id,
    ...audienceValues(filter, campaign.time_zone),
    campaign.id,
    campaign.fence,
    chunkSize,
    ...openingsOf(zones, campaign.daily_window, { hours, now: campaign.now }),
    plainArray(steps.integrations),
    paceMs(campaign),
    steps.integrations.length > 1 ? 'fallback' : 'hold',
    shard,
    some?.last ?? null,
    some === undefined ? null : plainArray(some.ids),
    textArray(steps.channels),
  ]
}

/** Milliseconds between two messages. */
const paceMs = ({ rate }: ClaimedCampaign): number => {
  const ms = rate === null ? 0 : parseDuration(rate.per)
  return rate === null || typeof ms !== 'number' ? 0 : ms / rate.n
}

/** One step of the walk through what waits, after its state, end or hours have changed. Throws when the database does. */
export const sweepCampaign = async (
  campaign: ClaimedCampaign,
  services: ExpandServices,
): Promise<StepEnd> => {
  const { zonesOf, hours, shard } = services
  const at = [campaign.tenant_id, campaign.id, campaign.fence, sweepSize]
  if (campaign.state === 'canceled') return await sweep(services, sweepCanceled, [...at, shard])
  const zones = zonesOf(campaign.id)
  for (let round = 0; round < maxRounds; round += 1) {
    const openings = openingsOf(zones, campaign.daily_window, { hours, now: campaign.now })
    // oxlint-disable-next-line no-await-in-loop -- a second round only for zones not seen before
    const end = await sweep(services, sweepWaiting, [...at, ...openings])
    if (end.missing.length === 0) return end
    for (const zone of end.missing) zones.add(zone)
  }
  throw new Error(`the time zones of campaign ${campaign.id} are not found in ${maxRounds} rounds`)
}

const sweep = async (
  { pool }: ExpandServices,
  statement: Statement,
  values: unknown[],
): Promise<{
  readonly kind: 'done'
  readonly integrations: readonly string[]
  readonly missing: readonly string[]
}> => {
  const [row] = await query<{ integrations: readonly string[]; missing: string }>(
    pool,
    statement,
    values,
  )
  const { integrations = [], missing = '[]' } = row ?? {}
  return { kind: 'done', integrations, missing: readZones(missing) }
}

/** Whose tenant a campaign is, for the caller's lanes. */
export const lanesOf = (
  tenantId: TenantId,
  end: StepEnd,
): readonly {
  readonly tenantId: string
  readonly integrationId: string
  readonly priority: number
}[] =>
  end.kind === 'lost'
    ? []
    : end.integrations.map((integrationId) => ({ tenantId, integrationId, priority: 1 }))
