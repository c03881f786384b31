/**
 * Array parameters as text, for short lists: building the literal once is several times cheaper than the driver's generic
 * conversion. Not for the hot path (`binary-array.ts`), and not for SQL text: values only.
 */

/** A literal for uuid[], int[], float8[], boolean[]: values whose text needs no quoting. null becomes NULL. */
export const plainArray = (
  values: readonly (string | number | boolean | null | undefined)[],
): string => `{${values.map((value) => value ?? 'NULL').join(',')}}`

/** A literal for text[], json[] and the like: each value quoted and escaped. null or undefined becomes NULL. */
export const textArray = (values: readonly (string | null | undefined)[]): string =>
  `{${values.map(quoted).join(',')}}`

const quoted = (value: string | null | undefined): string => {
  if (value === null || value === undefined) return 'NULL'
  return needsEscape.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : `"${value}"`
}

const needsEscape = /[\\"]/
