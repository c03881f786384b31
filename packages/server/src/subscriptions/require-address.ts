/** Addresses with the tenant's own connectors: the defaults of its channels decide how an address is written. */
import type { PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { findRouteIntegrations } from '../integrations/find-route-integrations.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { readAddress, type GivenAddress, type ReadAddress } from './read-address.ts'

/** A reader of addresses for these channels in this tenant; pointers stand below the second argument. */
export const createAddressReader = async (
  client: PoolClient,
  tenantId: TenantId,
  channels: readonly string[],
  connectors: ConnectorRegistry,
): Promise<(given: GivenAddress, pointer?: string) => ReadAddress> => {
  const integrations = await findRouteIntegrations(client, tenantId, {
    ids: [],
    channels: [...new Set(channels)],
    purpose: 'look',
  })
  const defaults = new Map(integrations.map(({ channel, connector }) => [channel ?? '', connector]))
  return (given, pointer = '') => readAddress(given, { connectors, defaults }, pointer)
}

/** The address of one registration. Throws `validation_failed` with pointers to channel, channelConfig or country. */
export const requireAddress = async (
  client: PoolClient,
  tenantId: TenantId,
  given: GivenAddress,
  connectors: ConnectorRegistry,
): Promise<string> => {
  const read = await createAddressReader(client, tenantId, [given.channel], connectors)
  const parsed = read(given)
  if (parsed.ok) return parsed.address
  requireValid(parsed.errors)
  throw new Error('an address was refused without a reason')
}
