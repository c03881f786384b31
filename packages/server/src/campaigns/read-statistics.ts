/** Statistics of a campaign, and of all: made of the counters, so that their sum is the audience at every moment. */
import type { Pool } from 'pg'
import { toIso } from '@carillon/domain/clock'
import type { CampaignId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { isoOrNull } from './campaign-view.ts'
import { findCampaign } from './queries/campaigns.ts'
import { countBegun, readCounters, type CountRow } from './queries/statistics.ts'
import type { AllStatistics, CampaignStatistics } from './schema.ts'

type Counts = Pick<AllStatistics, 'audience' | 'byState' | 'byChannel' | 'attempts' | 'byHour'>

const countsOf = (rows: readonly CountRow[]): Counts => {
  const sum = (pick: (row: CountRow) => number): number =>
    rows.reduce((all, row) => all + pick(row), 0)
  const audience = sum((row) => row.made)
  const ended = {
    sent: sum((row) => row.sent),
    delivered: sum((row) => row.delivered),
    bounced: sum((row) => row.bounced),
    failed: sum((row) => row.failed),
    expired: sum((row) => row.expired),
    suppressed: sum((row) => row.suppressed),
    canceled: sum((row) => row.canceled),
    skipped: sum((row) => row.skipped),
  }
  const open = audience - Object.values(ended).reduce((all, count) => all + count, 0)
  const sending = Math.min(open, rows[0]?.sending ?? 0)
  return {
    audience,
    byState: { pending: open - sending, sending, ...ended },
    byChannel: byChannel(rows),
    attempts: sum((row) => row.attempts),
    byHour: byHour(rows),
  }
}

const byChannel = (rows: readonly CountRow[]): Record<string, number> => {
  const channels: Record<string, number> = {}
  for (const { channel, sent, delivered } of rows) {
    if (channel === null) continue
    channels[channel] = (channels[channel] ?? 0) + sent + delivered
  }
  return channels
}

const byHour = (rows: readonly CountRow[]): Counts['byHour'] =>
  [...Map.groupBy(rows, ({ hour }) => hour)].map(([hour, own]) => ({
    hour: toIso(hour),
    sent: own.reduce((all, row) => all + row.sent + row.delivered, 0),
    failed: own.reduce((all, row) => all + row.failed, 0),
    attempts: own.reduce((all, row) => all + row.attempts, 0),
  }))

/** One campaign's. Throws `not_found`. */
export const readStatistics = async (
  pool: Pool,
  tenantId: TenantId,
  id: CampaignId,
): Promise<CampaignStatistics> => {
  const { row, counters } = await inTenant(pool, tenantId, async (client) => ({
    // Before the counters: what is finished here counts for good there.
    row: await findCampaign(client, tenantId, id),
    counters: await readCounters(client, tenantId, id),
  }))
  if (row === undefined) throw notFound()
  return {
    ...countsOf(counters),
    state: row.state,
    isExpanded: row.expanded_at !== null,
    startedAt: isoOrNull(row.started_at),
    finishedAt: isoOrNull(row.finished_at),
  }
}

/** Those of all of the tenant's campaigns together. */
export const readAllStatistics = async (pool: Pool, tenantId: TenantId): Promise<AllStatistics> =>
  await inTenant(pool, tenantId, async (client) => ({
    campaigns: await countBegun(client, tenantId),
    ...countsOf(await readCounters(client, tenantId, null)),
  }))
