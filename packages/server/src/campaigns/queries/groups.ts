/** The SQL of an audience in groups: how many live in which time zone and have which addresses. One tenant each, as carillon_app. */
import type { PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { AudienceFilter } from '../read-filter.ts'
import { audienceCondition, audienceValues } from './audience.ts'

export type AudienceGroup = {
  readonly zone: string
  readonly has_email: boolean
  readonly has_phone: boolean
  readonly has_telegram: boolean
  readonly n: number
}

/** $1 tenant, $2..$5 as `audienceCondition`. */
const groupStatement: Statement = {
  name: 'group_audience',
  text: `
SELECT coalesce(c.time_zone, $5::text) AS zone, c.email IS NOT NULL AS has_email, c.phone IS NOT NULL AS has_phone,
       c.telegram_id IS NOT NULL AS has_telegram, count(*)::float8 AS n
  FROM contacts c WHERE c.tenant_id = $1 AND ${audienceCondition('$1')} GROUP BY 1, 2, 3, 4`,
}

/** Those who fit tags, operators and time zones, in one walk through them. Conditions on attributes are not in it. */
export const groupAudience = async (
  client: PoolClient,
  tenantId: TenantId,
  { filter, tenantZone }: { readonly filter: AudienceFilter; readonly tenantZone: string },
): Promise<readonly AudienceGroup[]> =>
  await query<AudienceGroup>(client, groupStatement, [
    tenantId,
    ...audienceValues(filter, tenantZone),
  ])
