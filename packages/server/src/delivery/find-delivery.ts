/** One delivery with its whole timeline. */
import type { Pool } from 'pg'
import type { DeliveryId, TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { findReceipts } from '../receipts/find-receipts.ts'
import { viewDeliveryDetail, type DeliveryRow, type TurnRow } from './delivery-view.ts'
import * as sql from './queries/deliveries.ts'
import type { DeliveryDetail } from './schema.ts'

/** The delivery, or `not_found`. With `ownOf` one that was made for another user is not there. */
export const findDelivery = async (
  pool: Pool,
  tenantId: TenantId,
  deliveryId: DeliveryId,
  ownOf?: string,
): Promise<DeliveryDetail> =>
  await inTenant(pool, tenantId, async (client) => {
    const [row] = await query<DeliveryRow>(client, sql.findDelivery, [tenantId, deliveryId])
    if (row === undefined || (ownOf !== undefined && row.user_id !== ownOf)) throw notFound()
    return viewDeliveryDetail(
      row,
      await query<TurnRow>(client, sql.findTurns, [tenantId, deliveryId]),
      await findReceipts(client, tenantId, deliveryId),
    )
  })
