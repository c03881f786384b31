/**
 * The states of a delivery and the only ways between them: one table. The SQL CHECK, the diagram in the docs and the
 * API's enum are generated from it. Not for why a delivery moves: that is `turn.ts`.
 */

/** Every state, open ones first. `sent` is final unless a receipt says more. */
export const deliveryStates = [
  'pending',
  'sending',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'expired',
  'suppressed',
  'canceled',
  'skipped',
] as const

export type DeliveryState = (typeof deliveryStates)[number]

/** What moves a delivery from one state to another. */
export type DeliveryMove =
  | 'claim'
  | 'retry'
  | 'hold'
  | 'release'
  | 'accept'
  | 'give_up'
  | 'deadline'
  | 'suppress'
  | 'cancel'
  | 'skip'
  | 'receipt_delivered'
  | 'receipt_bounced'
  | 'receipt_failed'
  | 'receipt_certified'

/** state x move -> state. What is not listed can't happen. */
export const deliveryTransitions = {
  pending: {
    claim: 'sending',
    hold: 'pending',
    deadline: 'expired',
    cancel: 'canceled',
    // An earlier attempt, whose outcome was not known, has arrived after all.
    receipt_delivered: 'delivered',
    receipt_certified: 'delivered',
  },
  sending: {
    retry: 'pending',
    hold: 'pending',
    release: 'pending',
    accept: 'sent',
    give_up: 'failed',
    deadline: 'expired',
    suppress: 'suppressed',
    skip: 'skipped',
    cancel: 'canceled',
  },
  sent: {
    receipt_delivered: 'delivered',
    receipt_bounced: 'bounced',
    receipt_failed: 'bounced',
    receipt_certified: 'delivered',
  },
  // A bounce may follow a delivery; the failure of certified mail can't follow its legal delivery.
  delivered: { receipt_bounced: 'bounced' },
  // Certified mail that was held to be lost after 24 hours may arrive all the same.
  bounced: { receipt_certified: 'delivered' },
  // Given up, and yet an attempt without an answer had arrived: the proof counts.
  failed: { receipt_delivered: 'delivered', receipt_certified: 'delivered' },
  expired: { receipt_delivered: 'delivered', receipt_certified: 'delivered' },
  suppressed: {},
  canceled: {},
  skipped: {},
} as const satisfies Record<DeliveryState, Partial<Record<DeliveryMove, DeliveryState>>>

/** Open states have a row in the queue; every other state is final and has its settlement on record. */
export const openStates = ['pending', 'sending'] as const satisfies readonly DeliveryState[]
export type OpenState = (typeof openStates)[number]
export type FinalState = Exclude<DeliveryState, OpenState>

export const finalStates: readonly FinalState[] = deliveryStates.filter(
  (state): state is FinalState => state !== 'pending' && state !== 'sending',
)

/** Why a pending delivery waits. */
export const pendingReasons = [
  'scheduled',
  'next_step',
  'awaiting_receipt',
  'retry',
  'rate_limited',
  'window_closed',
  'breaker_open',
  'paused',
  'digest',
  'released',
] as const
export type PendingReason = (typeof pendingReasons)[number]

/**
 * The state after a move, or a refusal that names both.
 * Takes a state and a move; returns `{ ok: true, state }` or `{ ok: false, reason }`.
 */
export const transition = (
  state: DeliveryState,
  move: DeliveryMove,
):
  | { readonly ok: true; readonly state: DeliveryState }
  | { readonly ok: false; readonly reason: string } => {
  const moves: Partial<Record<DeliveryMove, DeliveryState>> = deliveryTransitions[state]
  const next = moves[move]
  return next === undefined
    ? { ok: false, reason: `a delivery that is ${state} can't ${move}` }
    : { ok: true, state: next }
}
