/** What providers have told about one delivery, as its timeline shows it. */
import type { PoolClient } from 'pg'
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId, type DeliveryId, type TenantId } from '@carillon/domain/ids'
import type { ReceiptKind } from '@carillon/domain/receipt'
import { query } from '../platform/db/statement.ts'
import { findReceiptsOfDelivery } from './queries.ts'

export type ReceiptView = {
  readonly kind: ReceiptKind
  readonly integration: string
  /** By the provider's clock. */
  readonly at: string
  readonly receivedAt: string
  readonly reason: string | null
  readonly providerId: string | null
  /** A legal receipt whose signature is good. */
  readonly certified: boolean
  /** The event that brought it, `evt_…`. */
  readonly event: string | null
}

type ReceiptRow = {
  readonly kind: ReceiptKind
  readonly integration_id: string
  readonly occurred_at: Instant
  readonly received_at: Instant
  readonly reason: string | null
  readonly provider_id: string | null
  readonly certified: boolean
  readonly event_id: string | null
}

/** More than these are repetitions of a provider that has lost count. */
const mostShown = 200

/** The receipts, in the order in which it happened; `client` is in the tenant's transaction. */
export const findReceipts = async (
  client: PoolClient,
  tenantId: TenantId,
  deliveryId: DeliveryId,
): Promise<ReceiptView[]> => {
  const values = [tenantId, deliveryId, mostShown]
  const rows = await query<ReceiptRow>(client, findReceiptsOfDelivery, values)
  return rows.map((row) => ({
    kind: row.kind,
    integration: printId('integration', asId('integration', row.integration_id)),
    at: toIso(row.occurred_at),
    receivedAt: toIso(row.received_at),
    reason: row.reason,
    providerId: row.provider_id,
    certified: row.certified,
    event: row.event_id === null ? null : printId('event', asId('event', row.event_id)),
  }))
}
