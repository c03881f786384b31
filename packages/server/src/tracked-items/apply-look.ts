/**
 * Writes what a look came to, in the caller's transaction: item, participants, log, round, and the event of a change of
 * state. The rules of what follows from what are `domain/sync-status.ts`'s.
 */
import type { PoolClient } from 'pg'
import type { RemoteItem, TrackerFailure, TrackerResult } from '@carillon/connectors/tracker'
import { instant, toIso, type Instant } from '@carillon/domain/clock'
import {
  decideSync,
  isFinalState,
  lookAgainAfterMs,
  stamps,
  type FieldChange,
  type LocalState,
  type Stamps,
  type SyncBefore,
  type SyncDecision,
} from '@carillon/domain/sync-status'
import type { Accepted } from '../ingest/accept-events.ts'
import type { Look, LookResult, LookServices } from './look-at-item.ts'
import {
  lockItemRow,
  writeFailedLook,
  writeParticipants,
  writeSeenItem,
  type ItemRow,
  type ParticipantRow,
} from './queries/items.ts'
import { insertLogRow } from './queries/log.ts'
import { countLook } from './queries/rounds.ts'
import { statusEvent } from './status-event.ts'

type Given = {
  /** As it was before the other side was asked. */
  readonly item: ItemRow
  readonly result: TrackerResult & { readonly statuses?: Readonly<Record<string, LocalState>> }
  readonly look: Look
  readonly durationMs: number
  /** Judge it even if the item has changed since. */
  readonly isLast: boolean
}

type Applied =
  | { readonly kind: 'overtaken' }
  | {
      readonly kind: 'applied'
      readonly result: LookResult
      readonly accepted?: Accepted
    }

/** Writes it; `overtaken`: another look has written since, and this one knows nothing newer. */
export const applyLook = async (
  client: PoolClient,
  given: Given,
  services: LookServices,
): Promise<Applied> => {
  const { look, item, result } = given
  const row = await lockItemRow(client, look.tenantId, look.itemId)
  if (row === undefined) return { kind: 'applied', result: { outcome: 'gone' } }
  if (row.version !== item.version && !given.isLast) return { kind: 'overtaken' }
  if (result.kind !== 'item') {
    return { kind: 'applied', result: await applyFailure(client, row, result, given, services) }
  }
  return await applySeen(client, row, result.item, given, services)
}

/** How it is called in the log: a look that follows a hint has the hint's name. */
const kindOf = (
  row: ItemRow,
  { type }: Look,
): { readonly type: string; readonly hinted: boolean } =>
  type === 'poll' && row.hints > row.hints_done
    ? { type: row.last_hint ?? type, hinted: true }
    : { type, hinted: false }

const applySeen = async (
  client: PoolClient,
  row: ItemRow,
  seen: RemoteItem,
  given: Given,
  services: LookServices,
): Promise<Applied> => {
  const { look, item, result } = given
  const now = services.clock.now()
  const { type, hinted } = kindOf(row, look)
  const isForced = look.isForced || hinted
  const before = beforeOf(row)
  const decided = decideSync(before, observedOf(seen, result.statuses ?? {}), { now, isForced })
  const after = afterRow(row, seen, decided)
  await writeItem(client, after, item.hints)
  const accepted =
    decided.transition === undefined
      ? undefined
      : await services.acceptEvents(client, [statusEvent(after, decided.transition, now)])
  await insertLogRow(client, look.tenantId, {
    ...lineOf(row, given, services),
    type,
    is_forced: isForced,
    success: true,
    after: after.local_state,
    changes: [...decided.changes, ...peopleChanges(row, after)],
    note: decided.note ?? null,
    error: null,
    event_id: accepted?.events[0]?.eventId ?? null,
  })
  await count(client, given, { success: 1, changes: decided.transition === undefined ? 0 : 1 })
  const outcome: LookResult = {
    outcome: 'success',
    ...(decided.transition === undefined ? {} : { transition: decided.transition }),
  }
  return { kind: 'applied', result: outcome, ...(accepted === undefined ? {} : { accepted }) }
}

const lineOf = (row: ItemRow, { durationMs }: Given, { newId }: LookServices) => ({
  id: newId('run'),
  integration_id: row.integration_id,
  item_id: row.id,
  remote_id: row.remote_id,
  before: row.local_state,
  duration_ms: durationMs,
})

const count = async (
  client: PoolClient,
  { look }: Given,
  counts: { readonly success?: 1; readonly failed?: 1; readonly changes?: number },
): Promise<void> => {
  if (look.round === null) return
  const zero = { success: 0, failed: 0, skipped: 0, changes: 0 }
  await countLook(client, look.tenantId, look.round, { ...zero, ...counts })
}

const beforeOf = (row: ItemRow): SyncBefore => ({
  localState: row.local_state,
  remoteState: row.remote_state,
  stamps: stampsOf(row),
  refusal:
    row.refusal === null ? undefined : { ...row.refusal, at: instant(Date.parse(row.refusal.at)) },
})

const stampsOf = (row: ItemRow): Stamps => {
  const known: Partial<Record<keyof Stamps, Instant>> = {}
  const put = (stamp: keyof Stamps, at: Instant | null): void => {
    if (at !== null) known[stamp] = at
  }
  put('sentAt', row.sent_at)
  put('signedAt', row.signed_at)
  put('refusedAt', row.refused_at)
  put('expiredAt', row.expired_at)
  put('canceledAt', row.canceled_at)
  return known
}

const observedOf = (seen: RemoteItem, statuses: Readonly<Record<string, LocalState>>) => ({
  remoteState: seen.remoteState,
  localState: Object.hasOwn(statuses, seen.remoteState) ? statuses[seen.remoteState] : undefined,
  isStalled: seen.isStalled,
  times: seen.times,
})

const iso = (at: Instant | undefined): string | null => (at === undefined ? null : toIso(at))

/** The row as it will be. */
const afterRow = (row: ItemRow, seen: RemoteItem, decided: SyncDecision): ItemRow => {
  const { after, transition, needsSync } = decided
  const at = after.stamps
  return {
    ...row,
    name: seen.name ?? row.name,
    remote_state: after.remoteState,
    local_state: after.localState,
    is_stalled: seen.isStalled ?? null,
    documents: seen.documents,
    participants: seen.participants.map((person): ParticipantRow => ({
      name: person.name ?? null,
      email: person.email ?? null,
      status: person.status,
      url: person.url ?? null,
      viewed_at: iso(person.viewedAt),
      signed_at: iso(person.signedAt),
      refused_at: iso(person.refusedAt),
    })),
    sent_at: at.sentAt ?? null,
    signed_at: at.signedAt ?? null,
    refused_at: at.refusedAt ?? null,
    expired_at: at.expiredAt ?? null,
    canceled_at: at.canceledAt ?? null,
    needs_sync: needsSync,
    transitions: row.transitions + (transition === undefined ? 0 : 1),
  }
}

/** `hints`: so many had come before the other side was asked. */
const writeItem = async (client: PoolClient, after: ItemRow, hints: number): Promise<void> => {
  const known = stampsOf(after)
  await writeSeenItem(client, after.tenant_id, after.id, {
    name: after.name,
    remoteState: after.remote_state,
    localState: after.local_state,
    isStalled: after.is_stalled,
    documents: after.documents,
    stamps: stamps.map((stamp) => iso(known[stamp])),
    needsSync: after.needs_sync,
    transitions: after.transitions,
    hintsDone: hints,
  })
  await writeParticipants(client, after.tenant_id, after.id, after.participants)
}

/** People and documents as one change each: who they are stands in the item. */
const peopleChanges = (row: ItemRow, after: ItemRow): readonly FieldChange[] => {
  const changes: FieldChange[] = []
  for (const [index, person] of after.participants.entries()) {
    const was = row.participants[index]?.status ?? null
    if (was !== person.status)
      changes.push({ field: `participants/${index}/status`, before: was, after: person.status })
  }
  const [had, has] = [row.documents.length, after.documents.length]
  if (had !== has) changes.push({ field: 'documents', before: String(had), after: String(has) })
  return changes
}

const applyFailure = async (
  client: PoolClient,
  row: ItemRow,
  failure: TrackerFailure,
  given: Given,
  services: LookServices,
): Promise<LookResult> => {
  const { look } = given
  const error = failure.reason.slice(0, 2_000)
  const askedMs = failure.kind === 'retry' ? (failure.afterMs ?? 0) : 0
  const waitMs = Math.max(askedMs, lookAgainAfterMs(row.failures + 1))
  await writeFailedLook(client, look.tenantId, row.id, { waitMs, error })
  const { type, hinted } = kindOf(row, look)
  await insertLogRow(client, look.tenantId, {
    ...lineOf(row, given, services),
    type,
    is_forced: look.isForced || hinted,
    success: false,
    after: row.local_state,
    changes: [],
    note: isFinalState(row.local_state) ? `${row.local_state} is final` : null,
    error,
    event_id: null,
  })
  await count(client, given, { failed: 1 })
  return { outcome: 'failed', error }
}
