/** Rows of tracked items, their log and their rounds as the API shows them. */
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { ItemRow, ParticipantRow } from './queries/items.ts'
import type { LogRow } from './queries/log.ts'
import type { RunRow } from './queries/rounds.ts'
import type { ItemView, LogView, ParticipantView, RunView } from './schema.ts'

const time = (at: Instant | null): string | null => (at === null ? null : toIso(at))
const integrationId = (id: string): string => printId('integration', asId('integration', id))

/** A participant; its place in the list is its order. */
export const viewParticipant = (row: ParticipantRow, at: number): ParticipantView => ({
  order: at + 1,
  name: row.name,
  email: row.email,
  status: row.status,
  url: row.url,
  viewedAt: row.viewed_at,
  signedAt: row.signed_at,
  refusedAt: row.refused_at,
})

/** An item. */
export const viewItem = (row: ItemRow): ItemView => ({
  id: printId('trackedItem', asId('trackedItem', row.id)),
  integration: integrationId(row.integration_id),
  remoteId: row.remote_id,
  reference: row.reference,
  metadata: row.metadata,
  name: row.name,
  remoteState: row.remote_state,
  localState: row.local_state,
  isStalled: row.is_stalled,
  refusal: row.refusal,
  participants: row.participants.map(viewParticipant),
  documents: row.documents.map(({ id, name = null, url = null }) => ({ id, name, url })),
  needsSync: row.needs_sync || row.hints > row.hints_done,
  lastSyncedAt: time(row.last_synced_at),
  syncAttempts: row.sync_attempts,
  lastError: row.last_error,
  sentAt: time(row.sent_at),
  signedAt: time(row.signed_at),
  refusedAt: time(row.refused_at),
  expiredAt: time(row.expired_at),
  canceledAt: time(row.canceled_at),
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

/** A line of the log. */
export const viewLog = (row: LogRow): LogView => ({
  item: row.item_id === null ? null : printId('trackedItem', asId('trackedItem', row.item_id)),
  integration: integrationId(row.integration_id),
  remoteId: row.remote_id,
  at: toIso(row.at),
  type: row.type,
  forced: row.is_forced,
  success: row.success,
  before: row.before,
  after: row.after,
  changes: row.changes.map((change) => ({ ...change })),
  note: row.note,
  error: row.error,
  durationMs: row.duration_ms,
  event: row.event_id === null ? null : printId('event', asId('event', row.event_id)),
})

/** A round. */
export const viewRun = (row: RunRow): RunView => ({
  id: printId('run', asId('run', row.id)),
  integration: integrationId(row.integration_id),
  startedAt: toIso(row.started_at),
  endedAt: time(row.ended_at),
  byHand: row.by_hand !== null,
  totalFound: row.total_found,
  success: row.success,
  failed: row.failed,
  skipped: row.skipped,
  statusChanges: row.status_changes,
  error: row.error,
})
