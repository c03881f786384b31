/**
 * A histogram of how long exchanges took, small enough to be kept for every integration and quarter of an hour. For
 * percentiles that people read (within a quarter of the value), not for measurements.
 */

/** Upper bounds in ms, each 1.5 times the one before; the last bucket has none. */
const bounds: readonly number[] = Array.from({ length: 24 }, (_, n) => 10 * 1.5 ** n)

/** The bucket of a duration in ms: 0 to 24. */
export const timeBucket = (ms: number): number => {
  const at = bounds.findIndex((bound) => ms <= bound)
  return at === -1 ? bounds.length : at
}

/**
 * The duration in ms that a share (0..1) of the exchanges did not exceed, evenly spread within its bucket; undefined when
 * there were none. What took longer than the last bound (112 s) counts as that.
 */
export const timeQuantile = (
  counts: ReadonlyMap<number, number>,
  share: number,
): number | undefined => {
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0)
  if (total === 0) return undefined
  let below = 0
  for (const bucket of [...counts.keys()].toSorted((one, other) => one - other)) {
    const n = counts.get(bucket) ?? 0
    if (n > 0 && below + n >= share * total) {
      const [low, high] = [bounds[bucket - 1] ?? 0, bounds[bucket] ?? bounds.at(-1) ?? 0]
      return Math.round(
        Math.min(low, high) + Math.max(0, high - low) * ((share * total - below) / n),
      )
    }
    below += n
  }
  return undefined
}
