/**
 * The clocks of a real process: the machine's, and the database's as seen from here. Deadlines are judged by the
 * database's clock, because that is the one all workers share. Not for durations: use `monotonicMs`.
 */
import { instant, type Clock, type Instant } from '@carillon/domain/clock'

/** The machine's wall clock. */
export const systemClock: Clock = { now: () => instant(Date.now()) }

/** Milliseconds that only ever grow: for measuring durations, untouched by clock changes. */
export const monotonicMs = (): number => performance.now()

/** The database's clock, estimated from the exchanges with it. */
export type DbClock = Clock & {
  /**
   * Takes in one exchange: the database said `dbNowMs` (its `clock_timestamp()`) to a query that left at `sentMs` and
   * was answered at `receivedMs`, both read from the clock given to `createDbClock`.
   */
  readonly record: (dbNowMs: number, sentMs: number, receivedMs: number) => void
  /** The local clock may have lost or won this many ms since the last exchange: the estimate is less certain by as much. */
  readonly doubt: (ms: number) => void
  /** Database minus local, in ms; undefined until something was recorded. */
  readonly offsetMs: () => number | undefined
  /** How far the estimate may be off, in ms (half the round trip); undefined until something was recorded. */
  readonly uncertaintyMs: () => number | undefined
}

type Estimate = { readonly offsetMs: number; readonly uncertaintyMs: number }

/**
 * Keeps the estimate with the smallest round trip for as long as it fits what newer exchanges prove. Each exchange
 * bounds the true offset (the database answered between sending and receiving); an old estimate outside these bounds
 * means that one of the clocks was moved, and the new exchange replaces it at once, however slow it was.
 */
export const createDbClock = (local: Clock): DbClock => {
  let estimate: Estimate | undefined
  return {
    record: (dbNowMs, sentMs, receivedMs) => {
      // The local clock was set back in between: this exchange proves nothing.
      if (receivedMs < sentMs) return
      const uncertaintyMs = (receivedMs - sentMs) / 2
      const fresh = { offsetMs: dbNowMs - (sentMs + receivedMs) / 2, uncertaintyMs }
      const stillFits =
        estimate !== undefined && Math.abs(estimate.offsetMs - fresh.offsetMs) <= uncertaintyMs
      if (estimate === undefined || !stillFits || uncertaintyMs < estimate.uncertaintyMs) {
        estimate = fresh
      }
    },
    doubt: (ms) => {
      if (estimate !== undefined && ms > 0)
        estimate = { ...estimate, uncertaintyMs: estimate.uncertaintyMs + ms }
    },
    now: (): Instant => instant(local.now() + (estimate?.offsetMs ?? 0)),
    offsetMs: () => estimate?.offsetMs,
    uncertaintyMs: () => estimate?.uncertaintyMs,
  }
}
