/**
 * One look at the other side: asked without a transaction, then judged and written in one, with the event of a change of
 * state accepted in it. What another look wrote in the meantime makes it look again, so that nothing old overwrites the new.
 */
import type { Pool } from 'pg'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { TrackerResult } from '@carillon/connectors/tracker'
import type { Clock } from '@carillon/domain/clock'
import { asId } from '@carillon/domain/ids'
import type { LocalState } from '@carillon/domain/sync-status'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import { openSecrets } from '../integrations/seal-secrets.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import type { Metrics } from '../platform/metrics.ts'
import { applyLook } from './apply-look.ts'
import { paceTracker } from './pace-tracker.ts'
import { findItemRow, type ItemRow } from './queries/items.ts'
import { findTracker } from './queries/rounds.ts'

export type LookServices = {
  /** Of role engine. */
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly acceptEvents: AcceptEvents
  readonly onAccepted: (accepted: Accepted) => void
  readonly newId: IdGenerator
  readonly clock: Clock
  readonly monotonicMs: () => number
  readonly metrics: Pick<Metrics, 'itemLooks' | 'itemLookSeconds' | 'itemChanges'>
}

export type Look = {
  readonly tenantId: string
  readonly itemId: string
  /** poll, manual; a hint that waits to be followed has its own name in the log. */
  readonly type: 'poll' | 'manual'
  readonly isForced: boolean
  /** The round that it belongs to. */
  readonly round: string | null
  readonly signal: AbortSignal
}

export type LookResult = {
  /** gone: the item is not there (any more). */
  readonly outcome: 'success' | 'failed' | 'skipped' | 'gone'
  readonly transition?: { readonly from: LocalState; readonly to: LocalState }
  readonly error?: string
}

/** So often does a look begin again because another one was quicker; then it is judged as it is. */
const mostTries = 3

/** Looks at an item. Never throws for what the other side does. */
export const lookAtItem = async (look: Look, services: LookServices): Promise<LookResult> => {
  const startedMs = services.monotonicMs()
  for (let left = mostTries; ; left -= 1) {
    // oxlint-disable-next-line no-await-in-loop -- a second try only when another look was quicker
    const item = await findItemRow(services.pool, look.tenantId, look.itemId)
    if (item === undefined) return { outcome: 'gone' }
    // oxlint-disable-next-line no-await-in-loop -- see above
    const result = await ask(item, look.signal, services)
    // oxlint-disable-next-line no-await-in-loop -- see above
    const done = await write(item, result, { look, services, startedMs, isLast: left <= 1 })
    if (done === undefined) continue
    countLook(result.connector, done, startedMs, services)
    return done
  }
}

/** Once a look, however often it began again. */
const countLook = (
  connector: string,
  { outcome, transition }: LookResult,
  startedMs: number,
  { metrics, monotonicMs }: LookServices,
): void => {
  if (outcome === 'gone') return
  metrics.itemLooks.inc({ connector, outcome })
  metrics.itemLookSeconds.observe({ connector }, (monotonicMs() - startedMs) / 1_000)
  if (transition !== undefined) metrics.itemChanges.inc({ connector, state: transition.to })
}

type Asked = TrackerResult & {
  readonly statuses?: Readonly<Record<string, LocalState>>
  /** Whose words these are; `none`: the integration is gone. */
  readonly connector: string
}

/** What the other side says, or why it says nothing. */
const ask = async (
  item: ItemRow,
  signal: AbortSignal,
  { pool, keyring, connectors, http, clock }: LookServices,
): Promise<Asked> => {
  const tenantId = asId('tenant', item.tenant_id)
  const row = await findTracker(pool, tenantId, item.integration_id)
  if (row === undefined)
    return { kind: 'stop', reason: 'the integration was deleted', connector: 'none' }
  const { connector } = row
  const tracker = connectors[connector]?.tracker
  if (tracker === undefined)
    return {
      kind: 'stop',
      reason: `the connector "${connector}" of this version tracks nothing`,
      connector,
    }
  const opened = openSecrets(keyring, {
    tenantId,
    id: asId('integration', row.id),
    sealed: row.secrets,
  })
  if (!opened.ok) return { kind: 'stop', reason: opened.reason, connector }
  const { settings } = row
  const context = { settings, secrets: opened.secrets, http, now: clock.now(), signal }
  const result = await tracker.fetch(item.remote_id, context)
  return { ...result, statuses: tracker.statuses, connector }
}

const write = async (
  item: ItemRow,
  result: Asked,
  given: {
    readonly look: Look
    readonly services: LookServices
    readonly startedMs: number
    readonly isLast: boolean
  },
): Promise<LookResult | undefined> => {
  const { services, look, startedMs, isLast } = given
  const durationMs = Math.round(services.monotonicMs() - startedMs)
  const applied = await inTransaction(services.pool, async (client) =>
    applyLook(client, { item, result, look, durationMs, isLast }, services),
  )
  if (applied.kind === 'overtaken') return undefined
  await paceTracker(item, result, services)
  if (applied.accepted !== undefined) services.onAccepted(applied.accepted)
  return applied.result
}
