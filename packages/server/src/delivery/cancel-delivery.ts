/** Ends a waiting delivery by a person's will. */
import type { Pool } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { DeliveryId, TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { DeliveryRow } from './delivery-view.ts'
import * as sql from './queries/deliveries.ts'

/** Cancels it. Throws `not_found`; `conflict` when it is being sent at this moment or has ended. `by` names who, for the timeline. */
export const cancelDelivery = async (
  pool: Pool,
  given: {
    readonly tenantId: TenantId
    readonly id: DeliveryId
    readonly by: string
    readonly shard: number
  },
): Promise<void> => {
  const { tenantId, id, by, shard } = given
  await inTenant(pool, tenantId, async (client) => {
    const gone = await query(client, sql.cancelDelivery, [tenantId, id, by, shard])
    if (gone.length > 0) return
    const [row] = await query<DeliveryRow>(client, sql.findDelivery, [tenantId, id])
    if (row === undefined) throw notFound()
    throw appError('conflict', {
      detail:
        row.state === 'sending'
          ? 'The delivery is being sent at this moment and can not be called back.'
          : `The delivery has already ended: ${row.state}.`,
    })
  })
}
