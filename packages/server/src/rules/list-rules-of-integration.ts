/** Which rules send through an integration: for whoever wants to delete it. */
import type { PoolClient } from 'pg'
import type { IntegrationId, RuleId, TenantId } from '@carillon/domain/ids'
import * as sql from './queries.ts'

/** At most `limit` rules, enabled or not, whose routes have this integration; oldest first. */
export const listRulesOfIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: { readonly id: IntegrationId; readonly limit: number },
): Promise<readonly { readonly id: RuleId; readonly name: string }[]> =>
  await sql.listRulesOfIntegration(client, tenantId, wanted)
