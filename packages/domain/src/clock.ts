/**
 * Time as a value. Nothing in the domain reads a clock: every rule takes `now` as an argument, so that a test,
 * the simulation and the real process run the same code.
 */

declare const instantBrand: unique symbol

/** A point in time: whole or fractional milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly [instantBrand]: true }

/** What tells the time. `now()` is wall-clock time in milliseconds since the epoch. */
export type Clock = { readonly now: () => Instant }

/** Makes an Instant of epoch milliseconds. Asserts that the number is finite: a NaN deadline would never pass. */
export const instant = (epochMs: number): Instant => {
  if (!Number.isFinite(epochMs)) throw new Error(`not an instant: ${epochMs}`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand's only birthplace
  return epochMs as Instant
}

/** `at` moved by `ms` milliseconds (negative: earlier). */
export const addMs = (at: Instant, ms: number): Instant => instant(at + ms)

/** RFC 3339 in UTC, with milliseconds: the only way times leave the system. Fractions of a millisecond are cut off. */
export const toIso = (at: Instant): string =>
  at >= 0 && at < year10000 ? isoOf(Math.trunc(at)) : new Date(at).toISOString()

const dayMs = 86_400_000
const year10000 = 253_402_300_800_000

/** `00` to `99`. */
const twoDigits: readonly string[] = Array.from({ length: 100 }, (_, n) =>
  String(n).padStart(2, '0'),
)
const two = (n: number): string => twoDigits[n] ?? ''

/**
 * From 1970 to 9999, a fifth of what `Date` takes for it: every delivery writes one or two times. Source of the calendar:
 * Howard Hinnant, "chrono-compatible date algorithms", civil_from_days.
 */
const isoOf = (epochMs: number): string => {
  const days = Math.floor(epochMs / dayMs)
  const ms = epochMs - days * dayMs
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const seconds = Math.floor(ms / 1000)
  const date = `${two(Math.floor(year / 100))}${two(year % 100)}-${two(month)}-${two(day)}`
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  const rest = ms % 1000
  return `${date}T${time}.${Math.floor(rest / 100)}${two(rest % 100)}Z`
}
