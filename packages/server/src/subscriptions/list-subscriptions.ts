/** Reading subscriptions: a page of them, or one. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries/subscriptions.ts'
import type { SubscriptionItem, SubscriptionListQuery, SubscriptionView } from './schema.ts'
import { viewItem, viewSubscription } from './subscription-view.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A page of the tenant's subscriptions, oldest first. Throws `bad_cursor`. */
export const listSubscriptions = async (
  pool: Pool,
  tenantId: TenantId,
  filter: SubscriptionListQuery,
): Promise<Page<SubscriptionItem>> => {
  const limit = limitOf(filter)
  const { enabled, isSystem, q } = filter
  const after = decodeCursor(filter.cursor, keyset)?.[0]
  const rows = await inTenant(pool, tenantId, (client) =>
    sql.listSubscriptions(client, tenantId, { enabled, isSystem, q, after, limit: limit + 1 }),
  )
  return toPage(rows, { limit, toItem: viewItem, keysetOf: (row) => [row.id] })
}

/** The subscription of this name. Throws `not_found`. */
export const findSubscription = async (
  pool: Pool,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<SubscriptionView> => {
  const row = await inTenant(pool, tenantId, (client) =>
    sql.findSubscription(client, tenantId, subscriptionId),
  )
  if (row === undefined) throw notFound()
  return viewSubscription(row)
}
