/**
 * Starts a campaign whose time has come: its event and its plan become durable with its state in one transaction, so that a
 * crash neither starts it twice nor forgets it. Who is written to is `expand-campaign.ts`.
 */
import type { PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { Plan } from '@carillon/domain/plan'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import { query } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { savePlan } from '../rules/save-plan.ts'
import type { ClaimedCampaign, ExpandServices } from './expand-campaign.ts'
import { planOfCampaign, resolveRoute } from './plan-campaign.ts'
import { findCampaign, findPlanSteps, listRouteIntegrations } from './queries/campaigns.ts'
import * as sql from './queries/progress.ts'

/** Source and type of the event of a start. */
const campaignSource = 'carillon/campaigns'
const startedType = 'campaign.started'

export type StartServices = Pick<ExpandServices, 'pool'> & {
  readonly acceptEvents: AcceptEvents
  readonly onAccepted: (accepted: Accepted) => void
  readonly newId: IdGenerator
}

/**
 * Starts it, or says in its row why it can't begin. Returns whether it runs. One whose end has passed meanwhile begins as well:
 * its audience is taken, and each of its deliveries is expired. Throws when the database does.
 */
export const startCampaign = async (
  campaign: ClaimedCampaign,
  services: StartServices,
): Promise<boolean> => {
  const { pool, onAccepted } = services
  const accepted = await inTransaction(pool, async (client) => {
    const planned = await planOf(client, campaign)
    if (!planned.ok) return planned
    const planId = await savePlan(client, campaign.tenant_id, {
      plan: planned.plan,
      newId: services.newId,
    })
    const told = await services.acceptEvents(client, [eventOf(campaign)])
    const eventId = told.events[0]?.eventId
    const values = [campaign.tenant_id, campaign.id, campaign.fence, planId, eventId]
    const started = await query(client, sql.start, values)
    // Somebody else has it by now: what was written here is undone.
    if (started.length === 0) throw new Error('the lease of a campaign was lost while it started')
    return { ok: true, told } as const
  })
  if (accepted.ok) onAccepted(accepted.told)
  else await fail(campaign, services, accepted.reason)
  return accepted.ok
}

const fail = async (
  { tenant_id: tenantId, id, fence }: ClaimedCampaign,
  { pool }: StartServices,
  reason: string,
): Promise<void> => {
  await query(pool, sql.fail, [tenantId, id, fence, reason])
}

const eventOf = ({ tenant_id: tenantId, id, name, now, resend_of: repeats }: ClaimedCampaign) => {
  const campaign = printId('campaign', id)
  const resendOf = repeats === null ? {} : { resendOf: printId('campaign', repeats) }
  const data = { campaign, name, ...resendOf }
  return {
    tenantId,
    view: {
      id: campaign,
      source: campaignSource,
      type: startedType,
      subject: campaign,
      time: toIso(now),
      data,
    },
    time: now,
    dataJson: JSON.stringify(data),
  }
}

type Planned =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly reason: string }

const planOf = async (client: PoolClient, campaign: ClaimedCampaign): Promise<Planned> => {
  const integrations = await listRouteIntegrations(client, campaign.tenant_id)
  if (campaign.resend_of !== null) return await planOfRepeated(client, campaign, integrations)
  const resolved = resolveRoute(campaign.route, integrations)
  if (!resolved.ok) return { ok: false, reason: resolved.errors[0]?.detail ?? 'It has no route.' }
  return { ok: true, plan: planOfCampaign(campaign, resolved.steps, campaign.language) }
}

/** The addresses of the old deliveries belong to the old one's steps. */
const planOfRepeated = async (
  client: PoolClient,
  campaign: ClaimedCampaign,
  integrations: Awaited<ReturnType<typeof listRouteIntegrations>>,
): Promise<Planned> => {
  const { tenant_id: tenantId, resend_of: repeats } = campaign
  const old = repeats === null ? undefined : await findCampaign(client, tenantId, repeats)
  if (old === undefined || old.plan_id === null)
    return { ok: false, reason: 'The campaign that it repeats is gone.' }
  const steps = (await findPlanSteps(client, tenantId, old.plan_id)).map((id) => ({
    id,
    channel: integrations.find((one) => one.id === id)?.channel ?? '',
  }))
  return { ok: true, plan: planOfCampaign(campaign, steps, campaign.language) }
}
