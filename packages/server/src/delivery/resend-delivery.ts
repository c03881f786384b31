/** Sends a finished delivery once more, as a NEW delivery linked to the old one: history is never rewritten. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { DeliveryId, TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { DeliveryRow } from './delivery-view.ts'
import * as sql from './queries/deliveries.ts'
import type { LaneKey } from './store.ts'

/**
 * Makes the new delivery in the caller's transaction. Throws `not_found`; `conflict` while the old one is still open, or
 * when its event was already removed by retention. Returns the lane that got work.
 */
export const resendDelivery = async (
  client: PoolClient,
  given: {
    readonly tenantId: TenantId
    readonly old: DeliveryId
    readonly id: DeliveryId
    readonly shard: number
  },
): Promise<LaneKey> => {
  const { tenantId, old, id, shard } = given
  const [row] = await query<DeliveryRow>(client, sql.findDelivery, [tenantId, old])
  if (row === undefined) throw notFound()
  if (row.state === 'pending' || row.state === 'sending')
    throw appError('conflict', {
      detail: `The delivery is still ${row.state}: wait until it has ended, or cancel it first.`,
    })
  const [made] = await query<{ integration_id: string; priority: number }>(
    client,
    sql.resendDelivery,
    [tenantId, old, id, shard],
  )
  if (made === undefined)
    throw appError('conflict', {
      detail: 'The event of this delivery is no longer kept, so it can not be sent again.',
    })
  return { tenantId, integrationId: made.integration_id, priority: made.priority }
}
