/** Parts of statements about steps that accepted a message and wait for its receipt. Not statements by themselves. */

import { countCampaigns } from './queries/count-campaigns.ts'

/** Bits of `delivery_queue.dead` from this one on say which steps accepted the message; those below, which are dead. */
export const acceptedShift = 16

/** Has a step accepted the message, and no receipt denied it? `row` names the queue's row. */
const isAccepted = (row: string): string => `${row}.dead >= ${2 ** acceptedShift}`

/** Has this step? */
export const isAcceptedBy = (row: string, step: string): string =>
  `(${row}.dead >> (${acceptedShift} + ${step})) & 1 = 1`

/** Is the row's own step dead? Then nothing is sent there, and no breaker matters (`domain/route-progress.ts`). */
export const isAtDeadStep = (row: string): string => `(${row}.dead >> ${row}.step) & 1 = 1`

const inEndState = (state: string): string => `count(*) FILTER (WHERE end_state = '${state}')`

/** The CTE `counted`: the rows of `ended` in the counters of their integrations. `shard` is a parameter. */
export const countEnded = (end: 'expired' | 'canceled', shard: string): string => `counted AS (
  INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, ${end}, sent)
  SELECT tenant_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, integration_id, ${shard}::smallint,
         ${inEndState(end)}, ${inEndState('sent')}
    FROM ended GROUP BY tenant_id, integration_id ORDER BY tenant_id, integration_id
  ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET ${end} = c.${end} + excluded.${end}, sent = c.sent + excluded.sent
)`

/**
 * The CTE `ended`: the waiting rows of the CTE `gone` with the state in which they end, by the way that it is counted for. What a
 * provider accepted ends as sent, by the step that accepted it last; the others as `otherwise`, where they stood.
 */
export const endedAs = (otherwise: 'expired' | 'canceled'): string => `ended AS (
  SELECT g.tenant_id, g.delivery_id, g.fence, g.reason, g.possible_duplicate, g.campaign,
         CASE WHEN a.step IS NULL THEN '${otherwise}' ELSE 'sent' END AS end_state,
         CASE WHEN a.step IS NULL THEN '' ELSE 'accepted by the provider; ' END AS prelude,
         coalesce(a.integration_id, g.integration_id) AS integration_id, coalesce(a.step, g.step) AS step
    FROM gone g LEFT JOIN LATERAL (
      SELECT s.integration_id, s.step FROM settlements s
       WHERE ${isAccepted('g')} AND s.tenant_id = g.tenant_id AND s.delivery_id >= g.delivery_id AND s.delivery_id <= g.delivery_id
         AND s.outcome = 'accepted' AND ${isAcceptedBy('g', 's.step')}
       ORDER BY s.delivery_id DESC, s.turn DESC LIMIT 1) a ON true
)`

/** The CTEs `counted` and `campaigns_counted`: the same for rows that may be of a campaign. */
export const countEndedOfAll = (end: 'expired' | 'canceled', shard: string): string =>
  `${countEnded(end, shard)}, ${countCampaigns('ended', shard, { [end]: inEndState(end), sent: inEndState('sent') })}`
