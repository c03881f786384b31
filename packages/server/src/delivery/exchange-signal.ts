/** The end of one exchange: a signal that fires when its deadline is reached, wherever that is moved meanwhile. Not for total timeouts: those are the ports' own. */
import type { Instant } from '@carillon/domain/clock'
import type { Listed } from '../platform/roster.ts'
import type { Timers } from '../platform/timers.ts'
import type { ClaimedDelivery } from './store.ts'

/** Longer than the longest total timeout of an exchange (SMTP: 60 s): what ends later needs no timer. */
const longestExchangeMs = 90_000

/** A thing with a lifetime, one for each exchange: its controller costs 0.2 µs, and no listener is needed anywhere. */
export class ExchangeEnd implements Listed {
  readonly claim: ClaimedDelivery
  place = -1
  readonly #controller = new AbortController()
  readonly #timers: Timers
  readonly #now: () => Instant
  #sendUntil: Instant
  #cancel: (() => void) | undefined

  /** `now`: the database's time, in which the claim's `sendUntil` is meant. */
  constructor(claim: ClaimedDelivery, { now, timers }: { now: () => Instant; timers: Timers }) {
    this.claim = claim
    this.#timers = timers
    this.#now = now
    this.#sendUntil = claim.sendUntil
    this.#arm()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The deadline as it is now. */
  get sendUntil(): Instant {
    return this.#sendUntil
  }

  /** Somebody has moved the deadline. */
  moveTo(sendUntil: Instant): void {
    this.#sendUntil = sendUntil
    this.#arm()
  }

  abort(reason: Error): void {
    this.#controller.abort(reason)
  }

  /** The exchange has ended: nothing fires any more. */
  done(): void {
    this.#cancel?.()
  }

  #arm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    const leftMs = this.#sendUntil - this.#now()
    if (leftMs <= longestExchangeMs)
      this.#cancel = this.#timers.after(Math.max(0, leftMs), () =>
        this.abort(new Error('send_until reached')),
      )
  }
}
