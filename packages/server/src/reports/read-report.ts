/** A day's numbers of a tenant, from counters: bounded reads, however many deliveries there are. Not for showing them. */
import type { Pool, PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { dayBounds } from '@carillon/domain/daily-report'
import { timeQuantile } from '@carillon/domain/exchange-times'
import { asId, parseId, printId, type TenantId } from '@carillon/domain/ids'
import { breakerOpenedType, breakerSource } from '../delivery/tell-breaker-opened.ts'
import * as sql from './queries.ts'
import type { Counts, ReportView } from './schema.ts'

const mostCampaigns = 50
const mostIntegrations = 20
const slowestShown = 5

const nothing: Counts = {
  created: 0,
  attempts: 0,
  sent: 0,
  delivered: 0,
  bounced: 0,
  failed: 0,
  expired: 0,
  suppressed: 0,
  canceled: 0,
  skipped: 0,
}

type Wish = {
  /** Local date. */
  readonly date: string
  /** The tenant's zone. */
  readonly zone: string
  /** Days before it that got no report. */
  readonly missed: readonly string[]
}

/** The numbers of a local day. Throws when the database does. */
export const readReport = async (
  on: Pool | PoolClient,
  tenantId: TenantId,
  { date, zone, missed }: Wish,
): Promise<ReportView> => {
  const day = dayBounds(date, zone)
  const counts = await sql.countDay(on, tenantId, day)
  const causes = await sql.countCauses(on, tenantId, day)
  const campaigns = counts.filter((row) => !sql.isTotal(row))
  return {
    date,
    timeZone: zone,
    from: toIso(day.from),
    until: toIso(day.until),
    total: countsOf(counts.find(sql.isTotal)),
    failures: failuresOf(causes),
    campaigns: campaigns.slice(0, mostCampaigns).map((row) => ({
      id: printId('campaign', asId('campaign', row.campaign)),
      name: row.name ?? '',
      ...countsOf(row),
      failures: failuresOf(causes.filter(({ campaign }) => campaign === row.campaign)),
    })),
    furtherCampaigns: Math.max(0, campaigns.length - mostCampaigns),
    ...(await readIntegrations(on, tenantId, day)),
    missed: await readMissed(on, tenantId, { missed, zone }),
  }
}

const countsOf = (row: Counts | undefined): Counts => {
  const { created, attempts, sent, delivered, bounced, failed } = row ?? nothing
  const { expired, suppressed, canceled, skipped } = row ?? nothing
  return {
    created,
    attempts,
    sent,
    delivered,
    bounced,
    failed,
    expired,
    suppressed,
    canceled,
    skipped,
  }
}

const failuresOf = (rows: readonly sql.CauseRow[]): ReportView['failures'] => {
  const byCause = Map.groupBy(rows, ({ cause }) => cause)
  return [...byCause]
    .map(([cause, own]) => ({ cause, n: own.reduce((sum, { n }) => sum + n, 0) }))
    .toSorted((one, other) => other.n - one.n)
}

const readIntegrations = async (
  on: Pool | PoolClient,
  tenantId: TenantId,
  day: ReturnType<typeof dayBounds>,
): Promise<Pick<ReportView, 'breakers' | 'slowest'>> => {
  const type = { type: breakerOpenedType, source: breakerSource }
  const opened = await sql.countOpened(on, tenantId, { ...day, ...type })
  const times = Map.groupBy(await sql.readTimes(on, tenantId, day), ({ integration_id: id }) => id)
  const slowest = [...times]
    .map(([id, own]) => ({
      id,
      p95Ms: timeQuantile(new Map(own.map(({ bucket, n }) => [bucket, n])), 0.95) ?? 0,
      exchanges: own.reduce((sum, { n }) => sum + n, 0),
    }))
    .toSorted((one, other) => other.p95Ms - one.p95Ms)
    .slice(0, slowestShown)
  const ids = opened.flatMap(({ integration }) => parseId('integration', integration) ?? [])
  const wanted = [...ids, ...slowest.map(({ id }) => id)]
  const found = await sql.readIntegrationNames(on, tenantId, wanted)
  const names = new Map(
    found.map(({ id, name }) => [printId('integration', asId('integration', id)), name]),
  )
  return {
    breakers: opened.slice(0, mostIntegrations).map((row) => ({
      ...row,
      name: names.get(row.integration) ?? '',
    })),
    slowest: slowest.map(({ id, ...times }) => {
      const integration = printId('integration', asId('integration', id))
      return { integration, name: names.get(integration) ?? '', ...times }
    }),
  }
}

const readMissed = async (
  on: Pool | PoolClient,
  tenantId: TenantId,
  { missed, zone }: Pick<Wish, 'missed' | 'zone'>,
): Promise<ReportView['missed']> => {
  if (missed.length === 0) return []
  const days = missed.map((date) => ({ date, ...dayBounds(date, zone) }))
  const rows = await sql.countDays(on, tenantId, days)
  return missed.map((date) => ({ date, ...countsOf(rows.find(({ day }) => day === date)) }))
}
