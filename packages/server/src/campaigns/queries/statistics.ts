/** The SQL of statistics and recipients: from counters, never by counting deliveries. One tenant each, as carillon_app. */
import type { PoolClient } from 'pg'
import type { DeliveryState } from '@carillon/domain/delivery-status'
import type { Instant } from '@carillon/domain/clock'
import type { CampaignId, TenantId } from '@carillon/domain/ids'
import {
  findRows,
  pageOfWalk,
  tenant,
  type Driver,
  type WalkPlan,
} from '../../platform/db/bounded-walk.ts'
import { query, type Statement } from '../../platform/db/statement.ts'
import { causeStates } from '../schema.ts'

const finals = [
  'sent',
  'delivered',
  'bounced',
  'failed',
  'expired',
  'suppressed',
  'canceled',
  'skipped',
] as const
type Final = (typeof finals)[number]

/** Sums by hour and channel. */
export type CountRow = {
  readonly hour: Instant
  readonly channel: string | null
  readonly made: number
  readonly attempts: number
  /** Leases of now; the same in every row. */
  readonly sending: number
} & Readonly<Record<Final, number>>

const sums = ['made', 'attempts', ...finals]
  .map((name) => `sum(c.${name})::float8 AS ${name}`)
  .join(', ')

/**
 * $1 tenant, $2 campaign (NULL: all). Leases are few, and those of long ago are not in the index any more: one range of it.
 */
const countStatement: Statement = {
  name: 'count_campaign',
  text: `
SELECT c.hour, i.channel, ${sums},
       (SELECT count(*) FROM delivery_queue q
         WHERE q.state = 'sending' AND q.due_at > now() - interval '2 minutes' AND q.tenant_id = $1
           AND CASE WHEN $2::uuid IS NULL THEN q.campaign IS NOT NULL ELSE q.campaign = $2 END)::float8 AS sending
  FROM campaign_counters c LEFT JOIN integrations i ON i.tenant_id = c.tenant_id AND i.id = c.integration_id
 WHERE c.tenant_id = $1 AND ($2::uuid IS NULL OR c.campaign = $2)
 GROUP BY c.hour, i.channel ORDER BY c.hour`,
}

/** The counters of one campaign, or of all of a tenant. */
export const readCounters = async (
  client: PoolClient,
  tenantId: TenantId,
  campaign: CampaignId | null,
): Promise<readonly CountRow[]> =>
  await query<CountRow>(client, countStatement, [tenantId, campaign])

/** $1 tenant. */
const begunStatement: Statement = {
  name: 'count_begun_campaigns',
  text: `SELECT count(*)::int AS n FROM campaigns WHERE tenant_id = $1 AND started_at IS NOT NULL`,
}

/** How many have begun. */
export const countBegun = async (client: PoolClient, tenantId: TenantId): Promise<number> =>
  (await query<{ n: number }>(client, begunStatement, [tenantId]))[0]?.n ?? 0

export type RecipientRow = {
  readonly id: string
  readonly contact: string | null
  readonly addresses: readonly string[]
  readonly recipient: string
  readonly state: DeliveryState
  readonly step: number
  readonly channel: string | null
  readonly at: Instant | null
  readonly reason: string | null
  readonly attempts: number
}

const columns = `
  d.id, d.contact, d.addresses, d.recipient, coalesce(q.state, l.state) AS state, coalesce(q.step, l.step) AS step, i.channel,
  CASE WHEN q.delivery_id IS NULL THEN l.settled_at END AS at,
  CASE WHEN q.delivery_id IS NOT NULL THEN q.reason WHEN l.state IN ('sent', 'delivered') THEN NULL ELSE l.reason END AS reason,
  coalesce(q.attempt_count + CASE WHEN q.state = 'sending' THEN 1 ELSE 0 END,
           (SELECT max(a.attempt) FROM settlements a WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.id), 0)::int AS attempts`
const joins = `
  LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id
  LEFT JOIN LATERAL (SELECT s.* FROM settlements s WHERE s.tenant_id = d.tenant_id AND s.delivery_id = d.id ORDER BY s.turn DESC LIMIT 1) l ON true
  LEFT JOIN integrations i ON i.tenant_id = d.tenant_id AND i.id = coalesce(q.integration_id, l.integration_id)`

type RecipientsWanted = {
  readonly campaign: CampaignId
  readonly after: string | null
  readonly limit: number
  readonly state: DeliveryState | undefined
}

/** The one index of the campaign that has those in this state, or all. */
const planRecipients = (
  { campaign, state }: RecipientsWanted,
  [after, place]: Parameters<WalkPlan>,
): readonly Driver[] => {
  const own = place(campaign)
  const behind = after === null ? undefined : place(after)
  const by = (from: string, id: string): Driver => ({
    name: 'campaign',
    rows: (limit) =>
      `SELECT ${id} AS id FROM ${from} AND f.campaign = ${own}::uuid${behind === undefined ? '' : ` AND ${id} > ${behind}::uuid`} ORDER BY ${id} LIMIT ${limit}`,
    checks: [],
  })
  const mine = `f.tenant_id = ${tenant}`
  if (state === undefined) return [by(`deliveries f WHERE ${mine}`, 'f.id')]
  if (state === 'pending') {
    // Leases among them are few.
    return [by(`delivery_queue f WHERE ${mine} AND f.state = 'pending'`, 'f.delivery_id')]
  }
  if (state === 'sending') {
    const leases = `(SELECT * FROM delivery_queue WHERE tenant_id = ${tenant} AND state = 'sending' OFFSET 0)`
    return [by(`${leases} f WHERE true`, 'f.delivery_id')]
  }
  const ended = `settlements f WHERE ${mine} AND f.state = '${state}' AND f.state <> 'pending'`
  return [by(ended, 'f.delivery_id')]
}

/** A page of a campaign's recipients, in the order in which they were made. */
export const listRecipients = async (
  client: PoolClient,
  tenantId: TenantId,
  wish: RecipientsWanted,
): Promise<readonly RecipientRow[]> => {
  const plan: WalkPlan = (...where) => planRecipients(wish, where)
  const { after, limit } = wish
  const search = { tenantId, plan, order: 'ASC', after, limit } as const
  const { rows } = await findRows<RecipientRow>(client, search, (walk) => {
    const { head, from } = pageOfWalk(walk)
    return `${head} SELECT ${columns}, w.scan_end FROM ${from} LEFT JOIN deliveries d ON d.tenant_id = ${tenant} AND d.id = w.id ${joins}
 WHERE d.id IS NOT NULL OR w.id IS NULL ORDER BY w.id NULLS LAST`
  })
  return rows
}

export type CauseRow = {
  readonly state: (typeof causeStates)[number]
  readonly channel: string | null
  readonly reason: string | null
  readonly n: number
}

/**
 * $1 tenant, $2 campaign, $3 states, $4 how many of each are looked at: a range of `settlements_by_campaign` a state. The
 * address goes from the words of a suppression: with it each would be a cause of its own.
 */
const causesStatement: Statement = {
  name: 'causes_of_campaign',
  text: `
SELECT f.state, i.channel, c.reason, count(*)::float8 AS n
  FROM unnest($3::text[]) AS wanted(state)
 CROSS JOIN LATERAL (
   SELECT s.state, s.integration_id, s.reason FROM settlements s
    WHERE s.tenant_id = $1 AND s.campaign = $2 AND s.state = wanted.state AND s.state <> 'pending'
    ORDER BY s.delivery_id LIMIT $4) f
  LEFT JOIN integrations i ON i.tenant_id = $1 AND i.id = f.integration_id
 CROSS JOIN LATERAL (
   SELECT CASE WHEN f.state = 'suppressed'
               THEN regexp_replace(f.reason, '^\\S+ is on the suppression list: ', 'on the suppression list: ')
               ELSE f.reason END AS reason) c
 GROUP BY f.state, i.channel, c.reason ORDER BY n DESC, f.state, c.reason`,
}

/** Causes with how many deliveries ended by each, most first. */
export const readCauses = async (
  client: PoolClient,
  tenantId: TenantId,
  { campaign, each }: { readonly campaign: CampaignId; readonly each: number },
): Promise<readonly CauseRow[]> =>
  await query<CauseRow>(client, causesStatement, [tenantId, campaign, [...causeStates], each])

export type ProgressRow = {
  readonly campaign: CampaignId
  readonly made: number
  readonly arrived: number
  readonly failed: number
  readonly ended: number
}

/** $1 tenant, $2 campaigns. */
const progressStatement: Statement = {
  name: 'progress_of_campaigns',
  text: `
SELECT c.campaign, sum(c.made)::float8 AS made, sum(c.sent + c.delivered)::float8 AS arrived, sum(c.failed + c.bounced)::float8 AS failed,
       sum(${finals.map((name) => `c.${name}`).join(' + ')})::float8 AS ended
  FROM campaign_counters c WHERE c.tenant_id = $1 AND c.campaign = ANY ($2::uuid[]) GROUP BY c.campaign`,
}

/** How far these campaigns are, as far as they have begun. */
export const readProgress = async (
  client: PoolClient,
  tenantId: TenantId,
  campaigns: readonly CampaignId[],
): Promise<readonly ProgressRow[]> =>
  await query<ProgressRow>(client, progressStatement, [tenantId, campaigns])
