/**
 * Leases are renewed at a third of their life, from a timer of their own, for as long as the worker holds the rows:
 * waiting, in flight, or not settled yet. A renewal that fails is no harm: the next one comes before the lease ends.
 */
import type { Timers } from '../platform/timers.ts'
import { turnText, type DeliveryStore, type Lease } from './store.ts'

export type LeaseKeeper = { readonly start: () => void; readonly stop: () => void }

export type KeepLeasesOptions = {
  readonly renew: DeliveryStore['renew']
  readonly timers: Timers
  readonly leaseMs: number
  readonly held: () => readonly Lease[]
  /** `deliveryId/fence` of rows that are somebody else's now: they were reaped. */
  readonly onLost: (lost: ReadonlySet<string>) => void
  readonly log: { readonly warn: (facts: Record<string, unknown>, message: string) => void }
}

/** Makes the keeper; rows that came since the last round are young and wait for the next one. */
export const keepLeases = (options: KeepLeasesOptions): LeaseKeeper => {
  let seen: ReadonlySet<string> = new Set()
  let cancel: (() => void) | undefined
  let stopped = false

  const renew = async (): Promise<void> => {
    const held = options.held()
    const old = held.filter((lease) => seen.has(turnText(lease)))
    seen = new Set(held.map(turnText))
    if (old.length > 0) {
      try {
        const ours = await options.renew(old, options.leaseMs)
        const still = new Set(options.held().map(turnText))
        const lost = old.map(turnText).filter((turn) => !ours.has(turn) && still.has(turn))
        if (lost.length > 0) options.onLost(new Set(lost))
      } catch (error) {
        options.log.warn({ err: error, leases: old.length }, 'lease renewal failed')
      }
    }
    schedule()
  }

  // Twice as often as a third: a row is renewed at the second round that sees it, so within a third of its lease.
  const schedule = (): void => {
    if (!stopped) cancel = options.timers.after(options.leaseMs / 6, () => void renew())
  }

  return {
    start: schedule,
    stop: () => {
      stopped = true
      cancel?.()
    },
  }
}
