/** Which membership syncs an integration is a side of: for whoever wants to delete it. */
import type { PoolClient } from 'pg'
import type { Id, IntegrationId, TenantId } from '@carillon/domain/ids'
import * as sql from './queries/syncs.ts'

/** At most `limit` syncs, enabled or not, that read or write through this integration; oldest first. */
export const listSyncsOfIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: { readonly id: IntegrationId; readonly limit: number },
): Promise<readonly { readonly id: Id<'membershipSync'>; readonly name: string }[]> =>
  await sql.listSyncsOfIntegration(client, tenantId, wanted)
