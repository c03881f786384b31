/** Reading registrations: those of a subscription, those of a user, or one. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { RegistrationId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries/registrations.ts'
import { findSubscription } from './queries/subscriptions.ts'
import type {
  OwnRegistrationListQuery,
  RegistrationListQuery,
  RegistrationView,
} from './registration-schema.ts'
import { viewRegistration } from './registration-view.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A page of a subscription's registrations, oldest first. Throws `not_found` for the subscription and `bad_cursor`. */
export const listRegistrationsOfSubscription = async (
  pool: Pool,
  { tenantId, subscriptionId }: { readonly tenantId: TenantId; readonly subscriptionId: string },
  query: RegistrationListQuery,
): Promise<Page<RegistrationView>> => {
  const { limit, filter } = readQuery(query)
  const rows = await inTenant(pool, tenantId, async (client) => {
    const row = await findSubscription(client, tenantId, subscriptionId)
    if (row === undefined) throw notFound()
    const wanted = { ...filter, subscription: row.id, userId: query.userId }
    const by = query.userId === undefined ? 'ofSubscription' : 'ofSubscriptionAndUser'
    return await sql.listRegistrations(client, tenantId, by, wanted)
  })
  return toPage(rows, { limit, toItem: viewRegistration, keysetOf: (row) => [row.id] })
}

/** A page of a user's registrations, oldest first; of one subscription, when the query names it. Throws as above. */
export const listRegistrationsOfUser = async (
  pool: Pool,
  { tenantId, userId }: { readonly tenantId: TenantId; readonly userId: string },
  query: OwnRegistrationListQuery,
): Promise<Page<RegistrationView>> => {
  const { limit, filter } = readQuery(query)
  const { subscriptionId } = query
  const rows = await inTenant(pool, tenantId, async (client) => {
    const row =
      subscriptionId === undefined
        ? undefined
        : await findSubscription(client, tenantId, subscriptionId)
    if (subscriptionId !== undefined && row === undefined) throw notFound()
    const wanted = { ...filter, subscription: row?.id, userId }
    return await sql.listRegistrations(client, tenantId, 'ofUser', wanted)
  })
  return toPage(rows, { limit, toItem: viewRegistration, keysetOf: (row) => [row.id] })
}

const readQuery = (query: RegistrationListQuery) => {
  const limit = limitOf(query)
  const { channel, enabled } = query
  const after = decodeCursor(query.cursor, keyset)?.[0]
  return { limit, filter: { channel, enabled, after, limit: limit + 1 } }
}

/** One registration; with `ownerId` only when it is this user's. Throws `not_found`. */
export const findRegistration = async (
  pool: Pool,
  tenantId: TenantId,
  { id, ownerId }: { readonly id: RegistrationId; readonly ownerId: string | undefined },
): Promise<RegistrationView> => {
  const row = await inTenant(pool, tenantId, (client) =>
    sql.findRegistration(client, tenantId, id, ownerId),
  )
  if (row === undefined) throw notFound()
  return viewRegistration(row)
}
