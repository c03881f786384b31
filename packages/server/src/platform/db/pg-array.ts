/**
 * Array parameters as text, for `unnest($1::uuid[], ...)`: building the literal once is several times cheaper than the
 * driver's generic conversion, and these are the hottest parameters we send. Not for SQL text: values only.
 */

/** A literal for uuid[], int[], float8[], boolean[]: values whose text needs no quoting. null becomes NULL. */
export const plainArray = (
  values: readonly (string | number | boolean | null | undefined)[],
): string => `{${values.map((value) => value ?? 'NULL').join(',')}}`

/** A literal for text[], json[] and the like: each value quoted and escaped. null or undefined becomes NULL. */
export const textArray = (values: readonly (string | null | undefined)[]): string =>
  `{${values.map(quoted).join(',')}}`

/** A literal for timestamptz[] from epoch milliseconds. */
export const timeArray = (values: readonly (number | null | undefined)[]): string =>
  `{${values.map((value) => (value === null || value === undefined ? 'NULL' : `"${isoMicros(value)}"`)).join(',')}}`

const quoted = (value: string | null | undefined): string => {
  if (value === null || value === undefined) return 'NULL'
  return needsEscape.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : `"${value}"`
}

const needsEscape = /[\\"]/

/** Keeps fractions of a millisecond: Postgres counts in microseconds, and a due time must survive the round trip. */
const isoMicros = (epochMs: number): string => {
  const micros = Math.round(epochMs * 1000)
  const whole = Math.floor(micros / 1000)
  const iso = new Date(whole).toISOString()
  const rest = micros - whole * 1000
  return rest === 0 ? iso : iso.replace('Z', `${String(rest).padStart(3, '0')}Z`)
}
