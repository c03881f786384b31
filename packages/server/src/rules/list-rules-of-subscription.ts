/** The rules that publish to a subscription, for whoever wants to delete it. */
import type { PoolClient } from 'pg'
import type { RuleId, SubscriptionId, TenantId } from '@carillon/domain/ids'
import * as sql from './queries.ts'

/** Those rules, enabled or not, the oldest first, at most `limit`. */
export const listRulesOfSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: { readonly id: SubscriptionId; readonly limit: number },
): Promise<readonly { readonly id: RuleId; readonly name: string }[]> =>
  await sql.listRulesOfSubscription(client, tenantId, wanted)
