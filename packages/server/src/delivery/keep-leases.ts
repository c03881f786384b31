/**
 * Leases are renewed at a third of their life, from a timer of their own, for as long as the worker holds the rows:
 * waiting, in flight, or not settled yet. A renewal that fails is no harm: the next one comes before the lease ends.
 */
import type { Instant } from '@carillon/domain/clock'
import type { Timers } from '../platform/timers.ts'
import { turnText, type ClaimedDelivery, type DeliveryStore, type Lease } from './store.ts'

export type LeaseKeeper = {
  readonly start: () => void
  readonly stop: () => void
  /**
   * May an exchange begin on this lease? Not on one that has run out or is about to, as far as this process knows: a
   * process that stood still does not hear at once that its rows were taken over, and would send what others send.
   */
  readonly isLive: (claim: ClaimedDelivery, now: Instant) => boolean
}

export type KeepLeasesOptions = {
  readonly renew: DeliveryStore['renew']
  readonly timers: Timers
  /** The database's time, as this process knows it. */
  readonly now: () => Instant
  readonly leaseMs: number
  readonly held: () => readonly Lease[]
  /** `deliveryId/fence` of rows that are somebody else's now: they were reaped. */
  readonly onLost: (lost: ReadonlySet<string>) => void
  /** The `send_until` of each renewed row, by `deliveryId/fence`: it may have been moved since the claim. */
  readonly onDeadlines: (ends: ReadonlyMap<string, Instant>) => void
  /** Called at every round, six times in the life of a lease: what waits is to be looked over. */
  readonly onRound: () => void
  readonly log: { readonly warn: (facts: Record<string, unknown>, message: string) => void }
}

/** Makes the keeper; rows that came since the last round are young and wait for the next one. */
export const keepLeases = (options: KeepLeasesOptions): LeaseKeeper => {
  let seen: ReadonlySet<string> = new Set()
  /** When the leases that were renewed began anew. */
  let renewedAt: ReadonlyMap<string, Instant> = new Map()
  let cancel: (() => void) | undefined
  let stopped = false

  const renew = async (): Promise<void> => {
    const held = options.held()
    const old = held.filter((lease) => seen.has(turnText(lease)))
    seen = new Set(held.map(turnText))
    const askedAt = options.now()
    if (old.length > 0) {
      try {
        const ours = await options.renew(old, options.leaseMs)
        renewedAt = new Map([...ours.keys()].map((turn) => [turn, askedAt]))
        options.onDeadlines(ours)
        const still = new Set(options.held().map(turnText))
        const lost = old.map(turnText).filter((turn) => !ours.has(turn) && still.has(turn))
        if (lost.length > 0) options.onLost(new Set(lost))
      } catch (error) {
        options.log.warn({ err: error, leases: old.length }, 'lease renewal failed')
      }
    }
    options.onRound()
    schedule()
  }

  // Twice as often as a third: a row is renewed at the second round that sees it, so within a third of its lease.
  const schedule = (): void => {
    if (!stopped) cancel = options.timers.after(options.leaseMs / 6, () => void renew())
  }

  return {
    isLive: (claim, now) => {
      const usableMs = (options.leaseMs * 5) / 6
      // Nearly every row begins on its first lease: the text of its turn needs not be made.
      if (now < claim.claimedAt + usableMs) return true
      return now < (renewedAt.get(turnText(claim)) ?? claim.claimedAt) + usableMs
    },
    start: schedule,
    stop: () => {
      stopped = true
      cancel?.()
    },
  }
}
