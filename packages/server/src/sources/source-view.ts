/** A source, its runs and its quarantine as the API shows them. Pure. */
import type { Connector } from '@carillon/connectors/define-connector'
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { HookUrlOf } from '../integrations/hook-url.ts'
import type { QuarantineRow, RunRow, SourceItemRow, SourceRow } from './queries/views.ts'
import { readStored } from './read-stored.ts'
import type { QuarantineView, RunView, SourceItem, SourceView } from './schema.ts'
import { waysOf } from './source-connectors.ts'

const timeOrNull = (at: Instant | null): string | null => (at === null ? null : toIso(at))

/** The source as a whole. */
export const viewSource = (
  row: SourceRow,
  connector: Connector,
  hookUrlOf: HookUrlOf,
): SourceView => {
  const id = asId('integration', row.id)
  const ways = [...waysOf(connector)]
  const everyMs = connector.source?.everyMs?.(row.settings) ?? 300_000
  return {
    integration: printId('integration', id),
    connector: row.connector,
    ways,
    hookUrl: ways.includes('hook') ? hookUrlOf({ id, connector: row.connector }) : null,
    enabled: row.enabled,
    state: row.state ?? 'idle',
    reason: row.reason,
    stoppedByHand: row.by_hand ?? false,
    everySeconds: connector.source?.poll === undefined ? null : everyMs / 1_000,
    nextRunAt: row.enabled ? timeOrNull(row.next_poll_at) : null,
    failures: row.failures ?? 0,
    cursor: readStored(row.cursor),
    run: row.running === null ? null : printId('run', asId('run', row.running)),
    lastRunAt: timeOrNull(row.last_run_at),
    lastEventAt: timeOrNull(row.last_event_at),
    lastOkAt: timeOrNull(row.last_ok_at),
    quarantined: row.quarantined,
  }
}

/** One line of the list of sources. A schedule that is switched off is stopped. */
export const viewItem = (row: SourceItemRow, connector: Connector | undefined): SourceItem => {
  const isSchedule = row.kind === 'schedule'
  const state = row.state ?? (isSchedule && !row.enabled ? 'stopped' : 'idle')
  return {
    kind: row.kind,
    id: isSchedule
      ? printId('schedule', asId('schedule', row.id))
      : printId('integration', asId('integration', row.id)),
    name: row.name,
    connector: row.connector,
    ways: isSchedule ? ['schedule'] : [...(connector === undefined ? [] : waysOf(connector))],
    enabled: row.enabled,
    state,
    reason: row.reason,
    nextRunAt: row.enabled ? timeOrNull(row.next_at) : null,
    lastEventAt: timeOrNull(row.last_event_at),
  }
}

/** One run. */
export const viewRun = (row: RunRow): RunView => ({
  id: printId('run', asId('run', row.id)),
  startedAt: toIso(row.started_at),
  endedAt: timeOrNull(row.ended_at),
  outcome: row.outcome,
  error: row.reason,
  events: row.events,
  duplicates: row.duplicates,
  unreadable: row.unreadable,
  byHand: row.by_hand,
})

/** One thing that could not be read. */
export const viewQuarantined = (row: QuarantineRow): QuarantineView => ({
  id: printId('quarantined', asId('quarantined', row.id)),
  itemId: row.item_id,
  reason: row.reason,
  bytes: row.raw_bytes,
  receivedAt: toIso(row.received_at),
  triedAt: timeOrNull(row.tried_at),
})
