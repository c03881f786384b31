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

/** RFC 3339 in UTC, with milliseconds: the only way times leave the system. */
export const toIso = (at: Instant): string => new Date(at).toISOString()
