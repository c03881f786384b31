/** The integrations that a route names, for whoever makes plans. Not for showing them. */
import type { PoolClient } from 'pg'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { findForRoute, shareLockIntegrations, type RouteIntegration } from './queries.ts'

export type { RouteIntegration } from './queries.ts'

/**
 * Those of the ids that the tenant has (deleted ones are not there), and the default of each channel. `keep`: they can't
 * be deleted until the transaction ends, so that what refers to them can be written; `look`: only for looking.
 */
export const findRouteIntegrations = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly ids: readonly IntegrationId[]
    readonly channels: readonly string[]
    readonly purpose: 'keep' | 'look'
  },
): Promise<readonly RouteIntegration[]> => {
  if (wanted.purpose === 'keep') await shareLockIntegrations(client, tenantId)
  return await findForRoute(client, tenantId, wanted)
}
