/**
 * A limit of requests a minute, strictly: counts of the last sixty seconds, one for each. Not for pacing what we send
 * (`rate-limit.ts`): a GCRA lets twice the number through in the first minute. The SQL in `platform/rate-limit` mirrors
 * `countRequest`; a test holds both to the same answers.
 */

/** Seconds that are counted; the running one is among them. */
export const windowSeconds = 60

export type MinuteWindow = {
  /** The second (of any epoch) that the last count is for. */
  readonly second: number
  /** `windowSeconds` counts, oldest first. */
  readonly hits: readonly number[]
}

/** The counts as they stand at `second`; one from an earlier second than the window's own changes nothing. */
const movedTo = (window: MinuteWindow, second: number): MinuteWindow => {
  const by = Math.min(windowSeconds, Math.max(0, second - window.second))
  const zeros = Array.from({ length: by }, () => 0)
  return {
    second: Math.max(window.second, second),
    hits: [...window.hits.slice(by), ...zeros],
  }
}

const sumOf = (hits: readonly number[]): number => hits.reduce((sum, n) => sum + n, 0)

/**
 * Counts one request at `second`. `window` undefined: there was none before. Returns the new window, or undefined when
 * `limit` (>= 1) requests were counted in the window already: then nothing changes.
 */
export const countRequest = (
  window: MinuteWindow | undefined,
  { second, limit }: { readonly second: number; readonly limit: number },
): MinuteWindow | undefined => {
  const none = { second, hits: Array.from({ length: windowSeconds }, () => 0) }
  const moved = movedTo(window ?? none, second)
  if (sumOf(moved.hits) >= limit) return undefined
  return {
    second: moved.second,
    hits: moved.hits.map((n, at) => (at === windowSeconds - 1 ? n + 1 : n)),
  }
}

/** Seconds (0 to `windowSeconds`) from `second` on until there is room for a request; 0: there is now. */
export const secondsUntilRoom = (
  window: MinuteWindow,
  { second, limit }: { readonly second: number; readonly limit: number },
): number => {
  const { hits } = movedTo(window, second)
  let sum = sumOf(hits)
  let seconds = 0
  while (sum >= limit && seconds < windowSeconds) {
    sum -= hits[seconds] ?? 0
    seconds += 1
  }
  return seconds
}
