/** A suppression as the API shows it. */
import { toIso } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { SuppressionRow } from './queries.ts'
import type { SuppressionView } from './schema.ts'

/** A row as the API shows it. */
export const viewSuppression = (row: SuppressionRow): SuppressionView => ({
  id: printId('suppression', asId('suppression', row.id)),
  channel: row.channel,
  address: row.address,
  scope: row.scope,
  reason: row.reason,
  note: row.note,
  deliveryId:
    row.delivery_id === null ? null : printId('delivery', asId('delivery', row.delivery_id)),
  createdBy: row.created_by,
  createdAt: toIso(row.created_at),
  expiresAt: row.expires_at === null ? null : toIso(row.expires_at),
  active: row.active,
})
