/** An integration as the API shows it: without its secrets, with its health. */
import { toIso, type Instant } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { HookUrlOf } from './hook-url.ts'
import type { IntegrationRow } from './queries.ts'
import type { ChangedIntegration, IntegrationView } from './schema.ts'
import { showBreaker, showLimits } from './stored-policies.ts'

const timeOrNull = (at: Instant | null): string | null => (at === null ? null : toIso(at))

/** The breaker part of the health. */
export const viewCircuit = (row: IntegrationRow): IntegrationView['health']['breaker'] => ({
  state: row.breaker_state ?? 'closed',
  failures: row.failures ?? 0,
  openUntil: timeOrNull(row.open_until),
  reason: row.open_reason,
})

/** A row as the API shows it. */
export const viewIntegration = (row: IntegrationRow, hookUrlOf: HookUrlOf): IntegrationView => ({
  id: printId('integration', row.id),
  connector: row.connector,
  channel: row.channel,
  name: row.name,
  settings: row.settings,
  secretNames: [...row.secret_names],
  limits: showLimits(row.limits),
  breaker: showBreaker(row.breaker),
  enabled: row.enabled,
  isDefault: row.is_default,
  onUnknown: row.on_unknown,
  hookUrl: hookUrlOf(row),
  version: row.version,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
  health: {
    breaker: viewCircuit(row),
    lastError: row.last_error,
    lastErrorAt: timeOrNull(row.last_error_at),
    pausedUntil: timeOrNull(row.paused_until),
  },
})

/** The same with the secrets that were just made for it, if any: the only time that they are shown. */
export const viewChanged = (
  row: IntegrationRow,
  generated: Readonly<Record<string, string>>,
  hookUrlOf: HookUrlOf,
): ChangedIntegration => ({
  ...viewIntegration(row, hookUrlOf),
  ...(Object.keys(generated).length === 0 ? {} : { generatedSecrets: { ...generated } }),
})

/** What is kept of such an answer for a repeated request: never a secret. */
export const withoutGenerated = ({
  generatedSecrets: _shownOnce,
  ...integration
}: ChangedIntegration): ChangedIntegration => integration
