/** Rows of the deliveries' SQL as the API shows them: ids with prefixes, times in RFC 3339. */
import { toIso, type Instant } from '@carillon/domain/clock'
import type { DeliveryState, PendingReason } from '@carillon/domain/delivery-status'
import { asId, printId, type IdKind } from '@carillon/domain/ids'
import type { OutcomeKind } from '@carillon/domain/outcome'
import type { ReceiptView } from '../receipts/find-receipts.ts'
import type { DeliveryDetail, DeliveryView } from './schema.ts'

export type DeliveryRow = {
  readonly id: string
  readonly event_id: string
  readonly rule_id: string | null
  readonly resend_of: string | null
  /** Its subscriptionId. */
  readonly subscription: string | null
  readonly user_id: string | null
  readonly fan_out: string | null
  readonly campaign: string | null
  readonly addresses: readonly string[]
  readonly send_until: Instant
  readonly created_at: Instant
  readonly state: DeliveryState
  readonly pending_reason: PendingReason | null
  readonly due_at: Instant | null
  readonly integration_id: string
  readonly channel: string | null
  readonly step: number
  readonly attempt_count: number
  readonly possible_duplicate: boolean
  readonly sent_at: Instant | null
  readonly last_error: string | null
}

export type TurnRow = {
  readonly turn: number
  readonly state: DeliveryState
  readonly outcome: OutcomeKind | null
  readonly reason: string | null
  readonly attempt: number | null
  readonly step: number
  readonly integration_id: string
  readonly started_at: Instant
  readonly duration_ms: number | null
  readonly http_status: number | null
  readonly provider_code: string | null
  readonly provider_message: string | null
  readonly provider_ids: readonly string[] | null
  readonly possible_duplicate: boolean
  readonly next_due_at: Instant | null
  readonly settled_at: Instant
}

const id = (kind: IdKind, uuid: string): string => printId(kind, asId(kind, uuid))
const isoOrNull = (at: Instant | null): string | null => (at === null ? null : toIso(at))

/** A row of the list. */
export const viewDelivery = (row: DeliveryRow): DeliveryView => ({
  id: id('delivery', row.id),
  state: row.state,
  pendingReason: row.state === 'pending' ? row.pending_reason : null,
  channel: row.channel,
  integration: id('integration', row.integration_id),
  to: row.addresses[row.step] ?? '',
  step: row.step,
  attemptCount: row.attempt_count,
  possibleDuplicate: row.possible_duplicate,
  createdAt: toIso(row.created_at),
  dueAt: isoOrNull(row.due_at),
  sendUntil: toIso(row.send_until),
  sentAt: isoOrNull(row.sent_at),
  lastError: row.last_error,
  event: id('event', row.event_id),
  rule: row.rule_id === null ? null : id('rule', row.rule_id),
  subscription: row.subscription,
  userId: row.user_id,
  fanOut: row.fan_out === null ? null : id('fanOut', row.fan_out),
  campaign: row.campaign === null ? null : id('campaign', row.campaign),
  resendOf: row.resend_of === null ? null : id('delivery', row.resend_of),
})

/** A delivery with its turns; the attempts are those turns in which an exchange was made. */
export const viewDeliveryDetail = (
  row: DeliveryRow,
  turns: readonly TurnRow[],
  receipts: readonly ReceiptView[],
): DeliveryDetail => ({
  ...viewDelivery(row),
  route: row.addresses.map((to) => ({ to })),
  attempts: turns.flatMap((turn) =>
    turn.attempt === null || turn.outcome === null
      ? []
      : [
          {
            number: turn.attempt,
            step: turn.step,
            integration: id('integration', turn.integration_id),
            startedAt: toIso(turn.started_at),
            durationMs: turn.duration_ms ?? 0,
            outcome: turn.outcome,
            reason: turn.reason,
            httpStatus: turn.http_status,
            providerCode: turn.provider_code,
            providerMessage: turn.provider_message,
            providerIds: [...(turn.provider_ids ?? [])],
            possibleDuplicate: turn.possible_duplicate,
          },
        ],
  ),
  timeline: turns.map((turn) => ({
    turn: turn.turn,
    at: toIso(turn.settled_at),
    state: turn.state,
    step: turn.step,
    integration: id('integration', turn.integration_id),
    outcome: turn.outcome,
    reason: turn.reason,
    nextDueAt: isoOrNull(turn.next_due_at),
  })),
  receipts: [...receipts],
})
