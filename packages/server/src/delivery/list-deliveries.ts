/** Lists deliveries by filters, newest first, a page at a time. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { openStates } from '@carillon/domain/delivery-status'
import { parseId, type IdKind, type TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { viewDelivery, type DeliveryRow } from './delivery-view.ts'
import {
  listDeliveries as listAny,
  listFinalDeliveries,
  listOpenDeliveries,
} from './queries/deliveries.ts'
import type { DeliveryListQuery, DeliveryView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/**
 * A page of the tenant's deliveries. A filter that names something malformed finds nothing, as if it were missing. `ownOf`:
 * only those made for this user, whatever the filter says.
 */
export const listDeliveries = async (
  pool: Pool,
  tenantId: TenantId,
  filter: DeliveryListQuery,
  ownOf?: string,
): Promise<Page<DeliveryView>> => {
  const before = decodeCursor(filter.cursor, keyset)?.[0] ?? null
  const limit = limitOf(filter)
  const ids = {
    event: filterId('event', filter.event),
    integration: filterId('integration', filter.integration),
    rule: filterId('rule', filter.rule),
    fanOut: filterId('fanOut', filter.fanOut),
    campaign: filterId('campaign', filter.campaign),
  }
  if (ownOf !== undefined && (filter.userId ?? ownOf) !== ownOf)
    return { items: [], nextCursor: null }
  if (Object.values(ids).includes(undefined)) return { items: [], nextCursor: null }
  const values = [
    tenantId,
    ids.event,
    filter.recipient ?? null,
    ids.integration,
    filter.since ?? null,
    filter.until ?? null,
    before,
    limit + 1,
    ids.rule,
    filter.subscription ?? null,
    ownOf ?? filter.userId ?? null,
    ids.fanOut,
    ids.campaign,
    ...(filter.state === undefined ? [] : [filter.state]),
  ]
  const rows = await inTenant(
    pool,
    tenantId,
    async (client) => (await client.query<DeliveryRow>(statementFor(filter.state), values)).rows,
  )
  return toPage(rows, { limit, toItem: viewDelivery, keysetOf: (row) => [row.id] })
}

/** null: no filter; undefined: a filter that nothing can fit. */
const filterId = (kind: IdKind, text: string | undefined): string | null | undefined =>
  text === undefined ? null : parseId(kind, text)

const statementFor = (state: DeliveryListQuery['state']): string => {
  if (state === undefined) return listAny
  return openStates.some((open) => open === state) ? listOpenDeliveries : listFinalDeliveries
}
