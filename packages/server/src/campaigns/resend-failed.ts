/** Makes a campaign of exactly those whose delivery failed in another one, linked to it. History is never rewritten. */
import { toIso } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import type { CampaignId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { bodyOf, viewCampaign } from './campaign-view.ts'
import { requireEndAhead, valuesOf } from './check-campaign.ts'
import { findCampaign, insertCampaign } from './queries/campaigns.ts'
import type { SaveContext } from './save-campaign.ts'
import type { CampaignView, ResendFailedBody } from './schema.ts'

/** Throws `not_found`, `conflict` while the old one has not ended, and `validation_failed` without an end that lies ahead. */
export const resendFailed = async (
  { client, tenantId, now, by }: SaveContext,
  given: {
    readonly id: CampaignId
    readonly old: CampaignId
    readonly body: ResendFailedBody
  },
): Promise<CampaignView> => {
  const { id, old, body } = given
  const row = await findCampaign(client, tenantId, old)
  if (row === undefined) throw notFound()
  if (row.finished_at === null || row.started_at === null)
    throw appError('conflict', {
      detail: `The campaign is ${row.state}: its failed deliveries are known when it has ended.`,
    })
  const { startsAt: _old, ...base } = bodyOf(row)
  if (body.endsAt === undefined && row.ends_at <= now)
    requireValid([{ pointer: '/endsAt', detail: 'The old end has passed: give a new one.' }])
  const values = valuesOf(
    {
      ...base,
      name: body.name ?? `${row.name.slice(0, 180)} (failed ones)`,
      endsAt: body.endsAt ?? toIso(row.ends_at),
      ...(body.startsAt === undefined ? {} : { startsAt: body.startsAt }),
    },
    now,
  )
  requireEndAhead(values.ends_at, now)
  return viewCampaign(await insertCampaign(client, tenantId, { id, values, by, resendOf: old }))
}
