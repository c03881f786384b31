/** Pauses, resumes and cancels a campaign by a person's will. What follows for its waiting rows is the background's (`run-campaigns.ts`). */
import type { PoolClient } from 'pg'
import { moveCampaign as nextState, type CampaignMove } from '@carillon/domain/campaign'
import { appError } from '@carillon/domain/errors'
import type { CampaignId, TenantId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import { viewCampaign } from './campaign-view.ts'
import * as sql from './queries/campaigns.ts'
import type { CampaignView } from './schema.ts'

/** Throws `not_found`, and `conflict` where that can't be done in its state. What was done already is answered as it is. */
export const moveCampaign = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, move }: { readonly id: CampaignId; readonly move: CampaignMove },
): Promise<CampaignView> => {
  const row = await sql.lockCampaign(client, tenantId, id)
  if (row === undefined) throw notFound()
  const next = nextState(row.state, move)
  if (!next.ok) throw appError('conflict', { detail: next.reason })
  if (next.state === row.state) return viewCampaign(row)
  return viewCampaign(await sql.moveCampaign(client, tenantId, { id, state: next.state }))
}
