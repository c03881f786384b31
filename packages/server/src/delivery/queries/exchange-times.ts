/** The SQL that adds to the histograms of exchanges. Across tenants, as carillon_engine: a worker serves all of them. */
import type { Statement } from '../../platform/db/statement.ts'

/** $1 tenants, $2 slots, $3 integrations, $4 buckets, $5 how many. */
export const addExchangeTimesAcrossTenants: Statement = {
  name: 'add_exchange_times',
  text: `
INSERT INTO exchange_times AS t (tenant_id, slot, integration_id, bucket, n)
SELECT x.tenant_id, x.slot, x.integration_id, x.bucket, x.n::bigint
  FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::smallint[], $5::double precision[]) AS x(tenant_id, slot, integration_id, bucket, n)
 ORDER BY 1, 2, 3, 4
ON CONFLICT (tenant_id, slot, integration_id, bucket) DO UPDATE SET n = t.n + excluded.n`,
}
