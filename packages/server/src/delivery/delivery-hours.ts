/** When a delivery's hours are: its plan's window in its own zone, remembered until it opens or closes next. Pure but for that memory. */
import { instant, type Instant } from '@carillon/domain/clock'
import { closesAt, nextOpening, type DailyWindow } from '@carillon/domain/window'

/** The first moment within the hours, not before `at`; undefined: none. */
export type OpensAt = (at: Instant) => Instant | undefined

/** Spans in which the answer is known: closed from `from` until `opens`, and open from there until `closes`. */
type Span = { readonly from: number; readonly opens: number; readonly closes: number }

/** Windows and zones kept; there are some hundred zones. */
const kept = 5_000

/** Makes the memory. `key` names the window (its plan). */
export const createHours = (): ((key: string, window: DailyWindow, zone: string) => OpensAt) => {
  const spans = new Map<string, Span>()
  return (key, window, zone) => (at) => {
    const name = `${key}/${zone}`
    const known = spans.get(name)
    const span =
      known !== undefined && at >= known.from && at < known.closes
        ? known
        : spanOf(window, at, zone)
    if (span === undefined) return undefined
    if (spans.size >= kept) spans.clear()
    spans.set(name, span)
    return instant(Math.max(at, span.opens))
  }
}

const spanOf = (window: DailyWindow, at: Instant, zone: string): Span | undefined => {
  const opens = nextOpening(window, at, zone)
  if (opens === undefined) return undefined
  return { from: at, opens, closes: closesAt(window, opens, zone) ?? Number.POSITIVE_INFINITY }
}
