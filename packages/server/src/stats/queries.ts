/** The SQL of statistics: counters and bounded ranges, never a count of deliveries. One tenant each; the sampler goes across tenants. */
import type { Pool, PoolClient } from 'pg'
import type { BreakerPolicy } from '@carillon/domain/breaker'
import type { Instant } from '@carillon/domain/clock'
import type { CampaignId, IntegrationId, TenantId } from '@carillon/domain/ids'
import type { RateLimit } from '@carillon/domain/rate-limit'
import { query, type Statement } from '../platform/db/statement.ts'
import type { Sample } from './fold-samples.ts'

const counted = [
  'created',
  'attempts',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'expired',
  'suppressed',
  'canceled',
  'skipped',
] as const

const columns = counted.join(', ')
const sumsOf = (table: string): string =>
  counted.map((name) => `sum(${table}.${name})::bigint AS ${name}`).join(', ')

/**
 * Writes how the counters of today and yesterday (UTC) stand, where they have moved since the last sample. Yesterday's last
 * ones go to its last five minutes. Any number of processes may do this at once.
 */
const sampleStatement: Statement = {
  name: 'sample_counters',
  text: `
WITH now_at AS (
  SELECT (now() AT TIME ZONE 'UTC')::date AS today, date_bin('5 minutes', now(), 'epoch') AS bin
), summed AS (
  SELECT c.tenant_id, c.integration_id, c.day, ${sumsOf('c')}
    FROM delivery_counters c
   WHERE c.day = ANY (ARRAY[(now() AT TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC')::date - 1])
   GROUP BY c.tenant_id, c.integration_id, c.day
)
INSERT INTO counter_samples AS s (tenant_id, integration_id, day, at, ${columns})
SELECT n.tenant_id, n.integration_id, n.day,
       least(t.bin, ((n.day + 1)::timestamp AT TIME ZONE 'UTC') - interval '5 minutes'), ${counted.map((name) => `n.${name}`).join(', ')}
  FROM summed n CROSS JOIN now_at t
  LEFT JOIN LATERAL (SELECT ${columns} FROM counter_samples l
                      WHERE l.tenant_id = n.tenant_id AND l.day = n.day AND l.integration_id = n.integration_id
                      ORDER BY l.at DESC LIMIT 1) l ON true
 WHERE (${counted.map((name) => `n.${name}`).join(', ')}) IS DISTINCT FROM (${counted.map((name) => `l.${name}`).join(', ')})
 ORDER BY n.tenant_id, n.day, n.integration_id
ON CONFLICT (tenant_id, day, integration_id, at) DO UPDATE SET ${counted.map((name) => `${name} = excluded.${name}`).join(', ')}`,
}

/** One round of the sampler. Role: carillon_engine. */
export const sampleCountersAcrossTenants = async (pool: Pool): Promise<void> => {
  await query(pool, sampleStatement, [])
}

const forgetStatement: Statement = {
  name: 'forget_counter_samples',
  text: `DELETE FROM counter_samples WHERE day < (now() AT TIME ZONE 'UTC')::date - $1::int`,
}

/** Samples older than so many days go. */
export const forgetSamplesAcrossTenants = async (pool: Pool, days: number): Promise<void> => {
  await query(pool, forgetStatement, [days])
}

/** $1 tenant, $2 first day. The counters as they are now come as a last sample of each of their days, at $3. */
const readSamplesStatement: Statement = {
  name: 'read_counter_samples',
  text: `
SELECT integration_id, day, at, ${columns} FROM counter_samples WHERE tenant_id = $1 AND day >= $2::date
UNION ALL
SELECT c.integration_id, c.day, least($3::timestamptz, ((c.day + 1)::timestamp AT TIME ZONE 'UTC') - interval '1 microsecond'), ${sumsOf('c')}
  FROM delivery_counters c WHERE c.tenant_id = $1 AND c.day >= $2::date GROUP BY c.integration_id, c.day
 ORDER BY integration_id, day, at`,
}

/** Samples from a day (UTC, `2026-11-22`) on, by integration, day and time, each day ending with what the counters say now. */
export const readSamples = async (
  client: PoolClient,
  tenantId: TenantId,
  { from, now }: { readonly from: string; readonly now: string },
): Promise<readonly Sample[]> =>
  await query<Sample>(client, readSamplesStatement, [tenantId, from, now])

export type IntegrationStatRow = {
  readonly id: IntegrationId
  readonly name: string
  readonly connector: string
  readonly channel: string | null
  readonly enabled: boolean
  readonly limits: { readonly rate?: RateLimit } | null
  readonly breaker: Partial<BreakerPolicy> | null
  readonly breaker_state: 'closed' | 'open' | 'half_open' | null
  readonly failures: number | null
  readonly open_until: Instant | null
  readonly open_reason: string | null
  readonly last_error: string | null
  readonly last_error_at: Instant | null
  readonly last_success_at: Instant | null
}

const integrationsStatement: Statement = {
  name: 'stats_integrations',
  text: `
SELECT i.id, i.name, i.connector, i.channel, i.enabled, i.limits, i.breaker, s.breaker_state, s.failures, s.open_until, s.open_reason,
       s.last_error, s.last_error_at, s.last_success_at
  FROM integrations i LEFT JOIN integration_states s ON s.tenant_id = i.tenant_id AND s.integration_id = i.id
 WHERE i.tenant_id = $1 AND i.deleted_at IS NULL ORDER BY i.id LIMIT $2`,
}

/** The tenant's integrations with their health, oldest first. */
export const readIntegrations = async (
  client: PoolClient,
  tenantId: TenantId,
  limit: number,
): Promise<readonly IntegrationStatRow[]> =>
  await query<IntegrationStatRow>(client, integrationsStatement, [tenantId, limit])

const p95Statement: Statement = {
  name: 'stats_p95',
  text: `
SELECT x.integration_id, round(percentile_cont(0.95) WITHIN GROUP (ORDER BY x.duration_ms))::int AS p95
  FROM (SELECT s.integration_id, s.duration_ms, s.attempt FROM settlements s
         WHERE s.tenant_id = $1 AND s.delivery_id >= carillon_uuid_floor(now() - interval '1 hour')
         ORDER BY s.delivery_id DESC LIMIT $2) x
 WHERE x.attempt IS NOT NULL GROUP BY x.integration_id`,
}

/** The 95th percentile of exchanges, in ms, by integration: of the tenant's newest turns. */
export const readP95 = async (
  client: PoolClient,
  tenantId: TenantId,
  turns: number,
): Promise<ReadonlyMap<string, number>> => {
  const rows = await query<{ integration_id: string; p95: number }>(client, p95Statement, [
    tenantId,
    turns,
  ])
  return new Map(rows.map((row) => [row.integration_id, row.p95]))
}

export type WaitingRow = {
  readonly integration_id: string
  readonly state: 'pending' | 'sending'
  readonly reason: string
  readonly n: number
}

const waitingStatement: Statement = {
  name: 'stats_waiting',
  text: `
SELECT q.integration_id, q.state,
       CASE WHEN q.when_open = 'hold' AND b.breaker_state <> 'closed' THEN 'breaker_open' ELSE q.reason END AS reason, count(*)::int AS n
  FROM (SELECT integration_id, state, reason, when_open FROM delivery_queue WHERE tenant_id = $1 LIMIT $2) q
  LEFT JOIN integration_states b ON b.tenant_id = $1 AND b.integration_id = q.integration_id
 GROUP BY 1, 2, 3`,
}

/** Open deliveries by integration, state and reason; of at most so many. */
export const readWaiting = async (
  client: PoolClient,
  tenantId: TenantId,
  limit: number,
): Promise<readonly WaitingRow[]> =>
  await query<WaitingRow>(client, waitingStatement, [tenantId, limit])

export type CampaignStatRow = {
  readonly id: CampaignId
  readonly name: string
  readonly state: 'scheduled' | 'running' | 'paused'
  readonly starts_at: Instant
  readonly ends_at: Instant
  readonly made: number
  readonly ended: number
  readonly ended_lately: number
  readonly lately_from: Instant | null
}

const campaignsStatement: Statement = {
  name: 'stats_campaigns',
  text: `
SELECT c.id, c.name, c.state, c.starts_at, c.ends_at, coalesce(n.made, 0)::float8 AS made, coalesce(n.ended, 0)::float8 AS ended,
       coalesce(n.lately, 0)::float8 AS ended_lately, greatest(c.started_at, date_trunc('hour', now()) - interval '1 hour') AS lately_from
  FROM (SELECT * FROM campaigns c WHERE c.tenant_id = $1 AND c.finished_at IS NULL AND c.state IN ('scheduled', 'running', 'paused')
         ORDER BY c.id DESC LIMIT $2) c
  LEFT JOIN LATERAL (
    SELECT sum(x.made) AS made, sum(x.ended) AS ended, sum(x.ended) FILTER (WHERE x.hour >= date_trunc('hour', now()) - interval '1 hour') AS lately
      FROM (SELECT k.hour, k.made, k.sent + k.delivered + k.bounced + k.failed + k.expired + k.suppressed + k.canceled + k.skipped AS ended
              FROM campaign_counters k WHERE k.tenant_id = c.tenant_id AND k.campaign = c.id) x) n ON true
 ORDER BY c.id DESC`,
}

/** The newest open campaigns, with their sums. */
export const readOpenCampaigns = async (
  client: PoolClient,
  tenantId: TenantId,
  limit: number,
): Promise<readonly CampaignStatRow[]> =>
  await query<CampaignStatRow>(client, campaignsStatement, [tenantId, limit])

export type FailedFunctionRow = {
  readonly subscription_id: string
  readonly label: string
  readonly n: number
  readonly reason: string | null
  readonly since: Instant
}

const functionsStatement: Statement = {
  name: 'stats_failed_functions',
  text: `
SELECT s.subscription_id, s.label, count(*)::int AS n, (array_agg(f.error_message ORDER BY f.id DESC))[1] AS reason, max(f.created_at) AS since
  FROM (SELECT * FROM fan_outs f WHERE f.tenant_id = $1 AND f.id >= carillon_uuid_floor(now() - interval '1 day') ORDER BY f.id DESC LIMIT $2) f
  JOIN subscriptions s ON s.tenant_id = f.tenant_id AND s.id = f.subscription
 WHERE f.state = 'failed' GROUP BY s.subscription_id, s.label ORDER BY max(f.created_at) DESC LIMIT 10`,
}

/** Subscriptions whose expansion failed among the day's newest fan-outs: `function_failed` and the like. */
export const readFailedFunctions = async (
  client: PoolClient,
  tenantId: TenantId,
  fanOuts: number,
): Promise<readonly FailedFunctionRow[]> =>
  await query<FailedFunctionRow>(client, functionsStatement, [tenantId, fanOuts])

export type StoppedSourceRow = {
  readonly id: IntegrationId
  readonly name: string
  readonly reason: string | null
  readonly since: Instant | null
}

const sourcesStatement: Statement = {
  name: 'stats_stopped_sources',
  text: `
SELECT i.id, i.name, s.reason,
       (SELECT max(r.ended_at) FROM source_runs r WHERE r.tenant_id = s.tenant_id AND r.integration_id = s.integration_id AND r.outcome = 'stop') AS since
  FROM source_states s JOIN integrations i ON i.tenant_id = s.tenant_id AND i.id = s.integration_id
 WHERE s.tenant_id = $1 AND s.state = 'stopped' AND NOT s.by_hand AND i.enabled AND i.deleted_at IS NULL ORDER BY i.id LIMIT 50`,
}

/** Sources that stopped by themselves: nothing comes in until somebody changes them. */
export const readStoppedSources = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<readonly StoppedSourceRow[]> =>
  await query<StoppedSourceRow>(client, sourcesStatement, [tenantId])

const zoneStatement: Statement = {
  name: 'stats_zone',
  text: 'SELECT time_zone, now() AS now FROM tenants WHERE tenant_id = $1',
}

/** The tenant's time zone, and the database's time. */
export const readZone = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<{ readonly time_zone: string; readonly now: Instant } | undefined> =>
  (await query<{ time_zone: string; now: Instant }>(client, zoneStatement, [tenantId]))[0]
