/** One campaign, and pages of them, newest first. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { CampaignId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { viewCampaign } from './campaign-view.ts'
import * as sql from './queries/campaigns.ts'
import { readProgress, type ProgressRow } from './queries/statistics.ts'
import type { CampaignItem, CampaignListQuery, CampaignView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A page of the tenant's campaigns. */
export const listCampaigns = async (
  pool: Pool,
  tenantId: TenantId,
  wish: CampaignListQuery,
): Promise<Page<CampaignItem>> => {
  const before = decodeCursor(wish.cursor, keyset)?.[0] ?? null
  const limit = limitOf(wish)
  const { rows, progress } = await inTenant(pool, tenantId, async (client) => {
    const page = { before, state: wish.state ?? null, limit: limit + 1 }
    const found = await sql.listCampaigns(client, tenantId, page)
    const ids = found.map(({ id }) => id)
    return { rows: found, progress: await readProgress(client, tenantId, ids) }
  })
  const toItem = (row: sql.CampaignRow): CampaignItem => ({
    ...viewCampaign(row),
    progress: progressOf(progress.find(({ campaign }) => campaign === row.id)),
  })
  return toPage(rows, { limit, toItem, keysetOf: (row) => [row.id] })
}

const progressOf = (row: ProgressRow | undefined): CampaignItem['progress'] => {
  const { made = 0, arrived = 0, failed = 0, ended = 0 } = row ?? {}
  return { audience: made, arrived, failed, open: made - ended }
}

/** The campaign. Throws `not_found`. */
export const findCampaign = async (
  pool: Pool,
  tenantId: TenantId,
  id: CampaignId,
): Promise<CampaignView> => {
  const row = await inTenant(pool, tenantId, (client) => sql.findCampaign(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewCampaign(row)
}
