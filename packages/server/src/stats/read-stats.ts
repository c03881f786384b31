/** A tenant's day at a glance: from counters, samples of them, and bounded ranges, so that its cost does not grow with what was sent. */
import type { Pool, PoolClient } from 'pg'
import { instant, toIso, type Instant } from '@carillon/domain/clock'
import { formatDuration } from '@carillon/domain/duration'
import { printId, type TenantId } from '@carillon/domain/ids'
import { instantsOfWallClock, wallClockMs } from '@carillon/domain/window'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { stepsOf, sumBetween, sumSpans, type Step } from './fold-samples.ts'
import { breakerNeeds, campaignNeeds, functionNeeds, sourceNeeds } from './needs.ts'
import * as sql from './queries.ts'
import type { CampaignStats, IntegrationStats, Stats } from './schema.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const fiveMinutesMs = 300_000
const shownHours = 48
/** Exchanges that the p95 is made of. */
const turnsRead = 2_000
/** Open deliveries that are told apart; beyond that the sum is "more than". */
const waitingRead = 10_000
const fanOutsRead = 500
const integrationsShown = 200
const campaignsShown = 20

/** The statistics. Throws `not_found` for a tenant that is gone. */
export const readStats = async (
  pool: Pool,
  tenantId: TenantId,
  connectors: ConnectorRegistry,
): Promise<Stats> => {
  const read = await inTenant(pool, tenantId, (client) => readRows(client, tenantId))
  const { now, zone, steps, waiting } = read
  const campaigns = read.campaigns.map((row) => viewCampaign(row, now))
  const byIntegration = Map.groupBy(waiting, (row) => row.integration_id)
  const waitingOf = new Map(
    [...byIntegration].map(([id, rows]) => [id, rows.reduce((sum, { n }) => sum + n, 0)]),
  )
  const from = Math.floor(now / hourMs) * hourMs - (shownHours - 1) * hourMs
  return {
    at: toIso(now),
    timeZone: zone,
    ...daysOf(steps, now, zone),
    waiting: viewWaiting(waiting),
    hours: sumSpans(steps, { from, stepMs: hourMs, count: shownHours }).map((counts, index) => ({
      at: toIso(instant(from + index * hourMs)),
      ...counts,
    })),
    integrations: read.integrations.map((row) =>
      viewIntegration(row, { ...read, connectors, waiting: waitingOf.get(row.id) ?? 0 }),
    ),
    campaigns,
    needsYou: [
      ...breakerNeeds(read.integrations, waitingOf),
      ...sourceNeeds(read.sources),
      ...campaignNeeds(campaigns),
      ...functionNeeds(read.functions),
    ],
  }
}

const readRows = async (client: PoolClient, tenantId: TenantId) => {
  const tenant = await sql.readZone(client, tenantId)
  if (tenant === undefined) throw notFound()
  const { now, time_zone: zone } = tenant
  // Whole days of UTC, so that the first sample of each is a difference to nothing: two local days fit into four.
  const from = toIso(instant(now - 3 * dayMs)).slice(0, 10)
  const samples = await sql.readSamples(client, tenantId, { from, now: toIso(now) })
  return {
    now,
    zone,
    steps: stepsOf(samples),
    integrations: await sql.readIntegrations(client, tenantId, integrationsShown),
    p95: await sql.readP95(client, tenantId, turnsRead),
    waiting: await sql.readWaiting(client, tenantId, waitingRead + 1),
    campaigns: await sql.readOpenCampaigns(client, tenantId, campaignsShown),
    sources: await sql.readStoppedSources(client, tenantId),
    functions: await sql.readFailedFunctions(client, tenantId, fanOutsRead),
  }
}

/** The beginning of the local day that is `daysAgo` before the one of `now`. */
const dayStart = (now: Instant, zone: string, daysAgo: number): Instant => {
  const local = Math.floor(wallClockMs(now, zone) / dayMs) * dayMs - daysAgo * dayMs
  const { instants, gapEnd } = instantsOfWallClock(local, zone)
  return instants[0] ?? gapEnd ?? instant(local)
}

const daysOf = (
  steps: readonly Step[],
  now: Instant,
  zone: string,
): Pick<Stats, 'today' | 'yesterday' | 'yesterdayWhole'> => {
  const [today, yesterday] = [dayStart(now, zone, 0), dayStart(now, zone, 1)]
  const sameTime = Math.min(today, yesterday + (now - today))
  return {
    today: { from: toIso(today), ...sumBetween(steps, today, Infinity) },
    yesterday: { from: toIso(yesterday), ...sumBetween(steps, yesterday, sameTime) },
    yesterdayWhole: { from: toIso(yesterday), ...sumBetween(steps, yesterday, today) },
  }
}

const viewWaiting = (rows: readonly sql.WaitingRow[]): Stats['waiting'] => {
  const sum = (some: readonly sql.WaitingRow[]): number => some.reduce((all, { n }) => all + n, 0)
  const total = sum(rows)
  const pending = rows.filter(({ state }) => state === 'pending')
  return {
    total: Math.min(total, waitingRead),
    isExact: total <= waitingRead,
    sending: sum(rows.filter(({ state }) => state === 'sending')),
    byReason: Object.fromEntries(
      [...Map.groupBy(pending, ({ reason }) => reason)].map(([reason, some]) => [
        reason,
        sum(some),
      ]),
    ),
  }
}

type Context = {
  readonly now: Instant
  readonly steps: readonly Step[]
  readonly p95: ReadonlyMap<string, number>
  readonly connectors: ConnectorRegistry
  readonly waiting: number
}

const viewIntegration = (row: sql.IntegrationStatRow, context: Context): IntegrationStats => {
  const { now, p95, waiting } = context
  const own = context.steps.filter(({ integrationId }) => integrationId === row.id)
  const from = Math.floor(now / fiveMinutesMs) * fiveMinutesMs - (hourMs - fiveMinutesMs)
  const spans = sumSpans(own, { from, stepMs: fiveMinutesMs, count: 12 })
  const lately = spans.slice(-2).reduce((sum, { attempts }) => sum + attempts, 0)
  return {
    id: printId('integration', row.id),
    name: row.name,
    connector: row.connector,
    channel: row.channel,
    enabled: row.enabled,
    breaker: {
      state: row.breaker_state ?? 'closed',
      failures: row.failures ?? 0,
      openUntil: row.open_until === null ? null : toIso(row.open_until),
      reason: row.open_reason,
    },
    minutes: spans.map(({ attempts, sent }, index) => ({
      at: toIso(instant(from + index * fiveMinutesMs)),
      attempts,
      sent,
    })),
    p95Ms: p95.get(row.id) ?? null,
    // The last full five minutes, and what there is of these.
    perSecond: round(lately / ((now - (from + 10 * fiveMinutesMs)) / 1_000)),
    limit: limitOf(row, context),
    waiting,
    lastError: row.last_error,
    lastErrorAt: row.last_error_at === null ? null : toIso(row.last_error_at),
    lastSuccessAt: row.last_success_at === null ? null : toIso(row.last_success_at),
  }
}

const round = (value: number): number => Math.round(value * 100) / 100

/** The tenant's own limit, else the connector's first. */
const limitOf = (
  { limits, connector: name }: sql.IntegrationStatRow,
  { connectors }: Context,
): IntegrationStats['limit'] => {
  const connector = Object.values(connectors).find(({ id }) => id === name)
  const rate =
    limits?.rate ?? connector?.limits?.rates?.find(({ scope }) => scope === 'integration')
  return rate === undefined ? null : { n: rate.n, per: formatDuration(rate.perMs) }
}

const viewCampaign = (row: sql.CampaignStatRow, now: Instant): CampaignStats => {
  const open = row.made - row.ended
  const seconds = Math.max(60, (now - (row.lately_from ?? now)) / 1_000)
  const perSecond = row.ended_lately / seconds
  const left = (row.ends_at - now) / 1_000
  return {
    id: printId('campaign', row.id),
    name: row.name,
    state: row.state,
    audience: row.made,
    open,
    startsAt: toIso(row.starts_at),
    endsAt: toIso(row.ends_at),
    perSecond: round(perSecond),
    endsInTime: endsInTime({ state: row.state, open, perSecond, left, seconds }),
  }
}

/** Below five minutes there is no pace to speak of. */
const paceAfterSeconds = 300

const endsInTime = (given: {
  readonly state: string
  readonly open: number
  readonly perSecond: number
  readonly left: number
  readonly seconds: number
}): boolean | null => {
  const { state, open, perSecond, left, seconds } = given
  if (state !== 'running') return null
  if (open === 0) return true
  if (seconds < paceAfterSeconds) return null
  return perSecond > 0 && open / perSecond <= left
}
