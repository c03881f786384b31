/** What somebody has to look at, from what statistics have read. Pure. */
import { defaultBreaker } from '@carillon/domain/breaker'
import { toIso, type Instant } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { FailedFunctionRow, IntegrationStatRow, StoppedSourceRow } from './queries.ts'
import type { CampaignStats, Need } from './schema.ts'

const isoOrNull = (at: Instant | null): string | null => (at === null ? null : toIso(at))

/**
 * A breaker that opened before its number of failures was reached was opened by a refusal (wrong credentials, no credit):
 * waiting does not help there, somebody has to change the integration.
 */
const wasRefused = ({ failures, breaker }: IntegrationStatRow): boolean =>
  (failures ?? 0) < (breaker?.failures ?? defaultBreaker.failures)

/** Open breakers, worst first: those that no waiting closes. */
export const breakerNeeds = (
  rows: readonly IntegrationStatRow[],
  waiting: ReadonlyMap<string, number>,
): readonly Need[] =>
  rows
    .filter(({ enabled, breaker_state: state }) => enabled && state !== null && state !== 'closed')
    .map((row): Need => ({
      kind: wasRefused(row) ? 'credentials_rejected' : 'breaker_open',
      subject: { type: 'integration', id: printId('integration', row.id), name: row.name },
      reason: row.open_reason ?? row.last_error ?? '',
      since: isoOrNull(row.last_error_at),
      count: waiting.get(row.id) ?? 0,
    }))
    .toSorted((one, other) => other.kind.localeCompare(one.kind))

/** Sources that bring nothing in any more. */
export const sourceNeeds = (rows: readonly StoppedSourceRow[]): readonly Need[] =>
  rows.map(({ id, name, reason, since }) => ({
    kind: 'source_stopped',
    subject: { type: 'integration', id: printId('integration', id), name },
    reason: reason ?? '',
    since: isoOrNull(since),
    count: null,
  }))

/** Running campaigns that do not reach everybody before their end, at their pace. */
export const campaignNeeds = (campaigns: readonly CampaignStats[]): readonly Need[] =>
  campaigns
    .filter(({ endsInTime }) => endsInTime === false)
    .map(({ id, name, endsAt, open, perSecond }) => ({
      kind: 'campaign_late',
      subject: { type: 'campaign', id, name },
      reason: `${open} are open, ${perSecond.toFixed(1)} end a second, and it ends at ${endsAt}`,
      since: null,
      count: open,
    }))

/** Subscriptions whose events went to nobody lately, because their function failed. */
export const functionNeeds = (rows: readonly FailedFunctionRow[]): readonly Need[] =>
  rows.map((row) => ({
    kind: 'function_failed',
    subject: { type: 'subscription', id: row.subscription_id, name: row.label },
    reason: row.reason ?? '',
    since: toIso(row.since),
    count: row.n,
  }))
