/** Why deliveries of a campaign did not arrive: their last words, counted. Bounded, and says so when there are more. */
import type { Pool } from 'pg'
import type { CampaignId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { findCampaign } from './queries/campaigns.ts'
import { readCauses as readRows } from './queries/statistics.ts'
import type { CausesAnswer } from './schema.ts'

/** Of each state: a fifth of a second from the index. */
const mostOfEach = 20_000
const mostCauses = 100

/** The causes, most first. Throws `not_found`. */
export const readCauses = async (
  pool: Pool,
  tenantId: TenantId,
  campaign: CampaignId,
): Promise<CausesAnswer> => {
  const rows = await inTenant(pool, tenantId, async (client) => {
    if ((await findCampaign(client, tenantId, campaign)) === undefined) throw notFound()
    return await readRows(client, tenantId, { campaign, each: mostOfEach })
  })
  const byState = Map.groupBy(rows, ({ state }) => state)
  const sums = [...byState.values()].map((own) => own.reduce((sum, { n }) => sum + n, 0))
  return {
    items: rows.slice(0, mostCauses).map(({ n, ...cause }) => ({ ...cause, deliveries: n })),
    examined: sums.reduce((sum, n) => sum + n, 0),
    isComplete: sums.every((n) => n < mostOfEach) && rows.length <= mostCauses,
  }
}
