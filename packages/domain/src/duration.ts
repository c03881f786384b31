/**
 * Durations as people write them ("5m", "1h30m", "250ms") and as the code counts them (milliseconds). Not for points
 * in time (`clock.ts`) and not for local hours (`window.ts`).
 */
import { Type } from 'typebox'

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** The longest duration: 366 days, a leap year. Anything longer is a typing mistake or a job for a date. */
export const maxDurationMs = 366 * 86_400_000

// No look-ahead: the same text is the JSON Schema `pattern`, which must also work in RE2. Emptiness is caught by the length.
const pattern = '^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$'
const shape = new RegExp(pattern)
const maxLength = 40

/** JSON Schema of a duration in a body: the form only; `parseDuration` also holds it to 1 ms .. 366 d. */
export const DurationText = Type.String({
  minLength: 2,
  maxLength,
  pattern,
  title: 'Duration',
  description:
    'A duration: numbers with d, h, m, s, ms, largest unit first, from 1ms to 366d, for example 250ms, 30s, 5m, 1h30m.',
  examples: ['30s', '5m', '1h30m'],
})

/**
 * Reads a duration. Returns whole milliseconds, 1 .. 366 d, or `{ error }` with a sentence that says the remedy.
 * Units come largest first and each once: "1h30m", not "30m1h".
 */
export const parseDuration = (text: string): number | { readonly error: string } => {
  const found = text.length > 1 && text.length <= maxLength ? shape.exec(text) : null
  if (found === null) {
    return {
      error:
        'is not a duration: write whole numbers with d, h, m, s or ms, largest unit first, such as 30s, 5m, 1h30m',
    }
  }
  let ms = 0
  for (const [at, [unit, size]] of units.entries()) {
    ms += Number((found[at + 1] ?? '').slice(0, -unit.length)) * size
  }
  if (ms < 1) return { error: 'is too short: the shortest duration is 1ms' }
  if (ms > maxDurationMs) return { error: 'is too long: the longest duration is 366d' }
  return ms
}

/** Writes whole milliseconds (1 .. 366 d) so that `parseDuration` reads the same number: 5400000 -> "1h30m". */
export const formatDuration = (ms: number): string => {
  if (!Number.isInteger(ms) || ms < 1 || ms > maxDurationMs) {
    throw new Error(`not a duration in whole milliseconds from 1 to 366 days: ${ms}`)
  }
  let rest = ms
  let text = ''
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest %= size
  }
  return text
}
