/**
 * What follows from a receipt: how it moves its delivery, whether it has to wait, and whether the address is suppressed.
 * Receipts come late, twice and out of order; the table of states decides (`delivery-status.ts`). Not for reading them:
 * connectors do that.
 */
import type { DeliveryState } from './delivery-status.ts'
import { transition } from './delivery-status.ts'
import type { SuppressReason } from './outcome.ts'
import type { SuppressionCause } from './suppression.ts'

/**
 * - `delivered`, `read`: it arrived, was seen.
 * - `bounced`: it will not arrive.
 * - `complained`, `unsubscribed`: it arrived, and the recipient wants no more.
 * - `delayed`: the provider is still trying.
 * - `accepted`, `refused`, `failed`: of certified mail (`pec-receipt.ts`): the sender's provider took it, did not take it;
 *   it could not be delivered.
 * - `unverified`: something that claims to be one of these and has not proved it. Shown, and nothing more.
 */
export const receiptKinds = [
  'delivered',
  'read',
  'bounced',
  'complained',
  'unsubscribed',
  'delayed',
  'accepted',
  'refused',
  'failed',
  'unverified',
] as const

export type ReceiptKind = (typeof receiptKinds)[number]

const moves = {
  delivered: 'receipt_delivered',
  read: 'receipt_delivered',
  complained: 'receipt_delivered',
  unsubscribed: 'receipt_delivered',
  bounced: 'receipt_bounced',
  delayed: undefined,
  accepted: undefined,
  refused: 'receipt_failed',
  failed: 'receipt_failed',
  unverified: undefined,
} as const satisfies Record<ReceiptKind, string | undefined>

/**
 * Whoever complains or unsubscribes is not written to again, whether or not the provider says so. A bounce that does not
 * say that it is for good counts against the address, and suppresses it for a time when it repeats.
 */
const alwaysSuppresses: Partial<Record<ReceiptKind, SuppressionCause>> = {
  complained: 'complained',
  unsubscribed: 'unsubscribed',
  bounced: 'bounced',
}

export type ReceiptEffect =
  /** The delivery is being sent at this moment: what the exchange comes to is settled first. */
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'apply'
      /** The new state; absent: it stays as it is. */
      readonly state?: 'delivered' | 'bounced'
      readonly suppress?: SuppressionCause
      /** The delivery is open, and the step that the receipt is about did not bring it there: the route goes on (`notArrived`). */
      readonly denies?: true
    }

/**
 * The effect on a delivery in this state. A delivery that waits for its next try although an earlier one has arrived is
 * ended by the receipt (that is how an unknown outcome becomes known without a duplicate).
 */
export const receiptEffect = (
  state: DeliveryState,
  receipt: {
    readonly kind: ReceiptKind
    readonly suppress?: SuppressReason
    /** A legal receipt whose signature is good: that it was delivered wins over any failure, in whatever order they come. */
    readonly certified?: boolean
  },
): ReceiptEffect => {
  if (state === 'sending') return { kind: 'wait' }
  const suppress = receipt.suppress ?? alwaysSuppresses[receipt.kind]
  const isProof = receipt.certified === true && receipt.kind === 'delivered'
  const move = isProof ? 'receipt_certified' : moves[receipt.kind]
  const next = move === undefined ? undefined : transition(state, move)
  const moved = next?.ok === true ? next.state : undefined
  return {
    kind: 'apply',
    ...(moved === 'delivered' || moved === 'bounced' ? { state: moved } : {}),
    ...(suppress === undefined ? {} : { suppress }),
    ...(state === 'pending' && isDenial(move) ? { denies: true } : {}),
  }
}

const isDenial = (move: string | undefined): boolean =>
  move === 'receipt_bounced' || move === 'receipt_failed'

const firstWaitMs = 2_000
const longestWaitMs = 600_000
/** A receipt that finds no delivery in this time names none of ours. */
const givenUpAfterTries = 20

/** When to look again for the delivery of a receipt, in ms; undefined: never again (after some three hours). */
export const nextReceiptTryMs = (tries: number): number | undefined =>
  tries >= givenUpAfterTries ? undefined : Math.min(longestWaitMs, firstWaitMs * 2 ** tries)
