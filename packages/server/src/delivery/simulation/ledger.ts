/**
 * The oracle: every exchange as the outside saw it, whoever made it and whatever became of that process. Not for what the
 * database believes: that is compared with this.
 */
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import type { ClaimedDelivery } from '../store.ts'
import type { Machine } from './machine.ts'

export type Exchange = {
  readonly claim: ClaimedDelivery
  readonly machine: Machine
  readonly beganAt: Instant
  /** The provider took the message. */
  acceptedAt: Instant | undefined
  endedAt: Instant | undefined
  /** What the connector told the engine, if it lived to tell. */
  outcome: Outcome | undefined
}

export type Ledger = {
  readonly exchanges: Exchange[]
  /** By delivery. */
  readonly of: (deliveryId: string) => readonly Exchange[]
  readonly begin: (exchange: Exchange) => void
  /** Exchanges that the provider has not ended. */
  open: number
}

/** Makes an empty ledger. */
export const createLedger = (): Ledger => {
  const exchanges: Exchange[] = []
  const byDelivery = new Map<string, Exchange[]>()
  return {
    exchanges,
    open: 0,
    of: (deliveryId) => byDelivery.get(deliveryId) ?? [],
    begin: (exchange) => {
      exchanges.push(exchange)
      const { deliveryId } = exchange.claim
      const known = byDelivery.get(deliveryId)
      if (known === undefined) byDelivery.set(deliveryId, [exchange])
      else known.push(exchange)
    },
  }
}
