/**
 * A message of Carillon itself to one address (a password reset, an invitation), through the tenant's default integration
 * of a channel, as a delivery like any other. It sets off no rule. What must not be read by others (a link that lets in)
 * belongs into the text, which only the plan holds, and not into the event's data, which whoever reads events sees.
 */
import type { PoolClient } from 'pg'
import { asId, type TenantId } from '@carillon/domain/ids'
import { ruleRetry } from '@carillon/domain/retry'
import type { LaneKey } from '../delivery/store.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { savePlan } from '../rules/save-plan.ts'
import * as sql from './queries.ts'

export type Notice = {
  readonly channel: string
  readonly address: string
  /** Of the event that the delivery belongs to. */
  readonly type: string
  readonly about: string
  readonly data: Readonly<Record<string, unknown>>
  /** Liquid templates over the event: text of others goes into `data`, never in here. */
  readonly subject: string
  readonly text: string
  readonly sendForMs: number
}

/** Queues it in the caller's transaction; undefined when the tenant has no default integration of that channel. */
export const sendNotice = async (
  client: PoolClient,
  notice: Notice,
  {
    tenantId,
    newId,
    shard,
  }: { readonly tenantId: TenantId; readonly newId: IdGenerator; readonly shard: number },
): Promise<LaneKey | undefined> => {
  const { channel, address, type, about, data, subject, text, sendForMs } = notice
  const [found] = await sql.findForRoute(client, tenantId, { ids: [], channels: [channel] })
  if (found === undefined) return undefined
  const integrationId = asId('integration', found.id)
  const planId = await savePlan(client, tenantId, {
    plan: {
      steps: [{ integrationId, to: '' }],
      content: { subject, text },
      retry: ruleRetry,
      fallback: 'at_once',
      whenOpen: 'hold',
      sendForMs,
      priority: 0,
    },
    newId,
  })
  await sql.queueTest(client, tenantId, {
    eventId: newId('event'),
    source: 'carillon',
    type,
    subject: about,
    dataJson: JSON.stringify(data),
    deliveryId: newId('delivery'),
    planId,
    address,
    sendForMs,
    integrationId,
    whenOpen: 'hold',
    shard,
  })
  return { tenantId, integrationId, priority: 0 }
}
