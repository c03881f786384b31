/**
 * The port between the engine and the outside: given a claimed delivery, what stands in its way, or the one exchange to
 * make. The real one is `send-delivery.ts`; the simulation brings its own.
 */
import type { BreakerPolicy } from '@carillon/domain/breaker'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { Gate, RoutePolicy } from '@carillon/domain/turn'
import type { OpensAt } from './delivery-hours.ts'
import type { ClaimedDelivery, LaneView } from './store.ts'

/** A delivery about to be sent: its policies, and the exchange as a thunk that never rejects for expected things. */
export type Prepared = {
  readonly policy: RoutePolicy
  readonly channel: string
  readonly onUnknown: 'resend' | 'hold'
  readonly breakerPolicy: BreakerPolicy
  /** The integration of a step, 0-based. */
  readonly integrationOf: (step: number) => string
  readonly recipientLimit: RateLimit | undefined
  /** The delivery's hours (`TurnContext.opensAt`); absent: any time. */
  readonly opensAt?: OpensAt
  readonly next:
    | { readonly kind: 'gate'; readonly gate: Gate }
    | {
        readonly kind: 'exchange'
        readonly exchange: (now: Instant, signal: AbortSignal) => Promise<Outcome>
      }
}

export type LaneTraits = {
  /** Exchanges at the same time, per worker. */
  readonly concurrency: number
  readonly weight: number
  readonly rate: RateLimit | undefined
}

export type Sender = {
  /** Loads what the claims need and is not cached (plans, integrations), in batches. */
  readonly load: (claims: readonly ClaimedDelivery[]) => Promise<void>
  /** Everything is loaded: decides what to do with this claim, without I/O. */
  readonly prepare: (claim: ClaimedDelivery) => Prepared
  /** Says without preparing it whether a loaded claim's recipient is limited. Absent: it is prepared to find out. */
  readonly hasRecipientLimit?: (claim: ClaimedDelivery) => boolean
  /** How a lane may be served: the connector's limits with the tenant's overrides. */
  readonly traits: (lane: LaneView) => LaneTraits
}
