/** The part of the engine's statements that counts for campaigns. Not a statement by itself. */

/**
 * The campaigns' part of a statement that ends turns or moves states: the same sums as `delivery_counters`, for rows that have
 * a campaign. `from` is a CTE, `shard` a parameter, `sums` are columns with their aggregates.
 */
export const countCampaigns = (
  from: string,
  shard: string,
  sums: Readonly<Record<string, string>>,
): string => `campaigns_counted AS (
  INSERT INTO campaign_counters AS c (tenant_id, campaign, hour, integration_id, shard, ${Object.keys(sums).join(', ')})
  SELECT tenant_id, campaign, date_trunc('hour', clock_timestamp()), integration_id, ${shard}::smallint, ${Object.values(sums).join(', ')}
    FROM ${from} WHERE campaign IS NOT NULL GROUP BY tenant_id, campaign, integration_id ORDER BY tenant_id, campaign, integration_id
  ON CONFLICT (tenant_id, campaign, hour, integration_id, shard)
  DO UPDATE SET ${Object.keys(sums)
    .map((name) => `${name} = c.${name} + excluded.${name}`)
    .join(', ')}
)`
