/** Registers a user for a subscription, and takes it back. Both may be repeated. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { SubscriptionId, TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import * as sql from './queries/registrations.ts'
import { keepSubscription } from './queries/subscriptions.ts'
import { registrationKey } from './registration-key.ts'
import type { RegistrationView, SubscribeBody, UnsubscribeFields } from './registration-schema.ts'
import { viewRegistration } from './registration-view.ts'
import { createAddressReader, requireAddress } from './require-address.ts'

type Place = {
  readonly tenantId: TenantId
  readonly subscriptionId: string
  readonly userId: string
}

/** What a member may have of a subscription: more addresses than a person has, too few to bother strangers with. */
const mostOfMember = 50

/** The subscription's id; it stays until the transaction ends. Throws `not_found`. */
export const requireSubscription = async (
  client: PoolClient,
  { tenantId, subscriptionId }: Pick<Place, 'tenantId' | 'subscriptionId'>,
): Promise<SubscriptionId> => {
  const id = await keepSubscription(client, tenantId, subscriptionId)
  if (id === undefined) throw notFound()
  return id
}

/**
 * Registers the user in the caller's transaction. The same user, channel and address again, in whatever capitals: the
 * registration that is there, as it was written, switched on, in the language that is given (none given: in the one it had). Throws `not_found` for the
 * subscription, `validation_failed`, and `conflict` when a member has too many.
 */
export const subscribeUser = async (
  client: PoolClient,
  { tenantId, subscriptionId, userId, isMember }: Place & { readonly isMember: boolean },
  body: SubscribeBody,
  { connectors, newId }: { readonly connectors: ConnectorRegistry; readonly newId: IdGenerator },
): Promise<{ readonly registration: RegistrationView; readonly isNew: boolean }> => {
  const subscription = await requireSubscription(client, { tenantId, subscriptionId })
  const address = await requireAddress(client, tenantId, body, connectors)
  const [row] = await sql.saveRegistrations(client, tenantId, subscription, [
    {
      id: newId('registration'),
      userId,
      channel: body.channel,
      address,
      enabled: true,
      language: body.language ?? null,
    },
  ])
  if (row === undefined) throw new Error('an INSERT gave no row back')
  if (row.is_new && isMember) {
    const count = await sql.countRegistrationsOfUser(client, tenantId, { subscription, userId })
    requireFew(count)
  }
  return { registration: viewRegistration(row), isNew: row.is_new }
}

const requireFew = (count: number): void => {
  if (count <= mostOfMember) return
  throw appError('conflict', {
    detail: `You have ${mostOfMember} registrations for this subscription, which is the most: delete some first.`,
  })
}

/**
 * Deletes the user's registrations for the subscription, all or those of a channel or of an address; returns how many
 * there were. An address that its channel would not take any more is still found as it was written. Throws `not_found` for
 * the subscription, and `validation_failed` for a channelConfig without its channel.
 */
export const unsubscribeUser = async (
  client: PoolClient,
  { tenantId, subscriptionId, userId }: Place,
  fields: UnsubscribeFields,
  connectors: ConnectorRegistry,
): Promise<number> => {
  const { channel, channelConfig, country } = fields
  const subscription = await requireSubscription(client, { tenantId, subscriptionId })
  const wanted = { subscription, userId, channel }
  if (channelConfig === undefined) {
    return await sql.unsubscribe(client, tenantId, { ...wanted, addressKeys: undefined })
  }
  if (channel === undefined) {
    const detail = 'Say its channel too.'
    requireValid([{ pointer: '/channel', detail }])
    return 0
  }
  const read = await createAddressReader(client, tenantId, [channel], connectors)
  const parsed = read({ channel, channelConfig, country })
  const spellings = [channelConfig, ...(parsed.ok ? [parsed.address] : [])]
  const addressKeys = spellings.map((address) => registrationKey(channel, address))
  return await sql.unsubscribe(client, tenantId, { ...wanted, addressKeys })
}
