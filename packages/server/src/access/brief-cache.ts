/**
 * Remembers for at most a second what the database said, so that the hot path costs no query and a change is still seen
 * within a second. Not for anything that may be older.
 */
import type { LookedUp } from './gather-lookups.ts'

/** The contract: a revoked key is refused within a second. Counted from before the query, so that its time is in it. */
const freshForMs = 1_000
/** From this age on a hit starts the next query in the background, so that busy keys never wait for one. */
const renewAfterMs = 500

type Options<Value> = {
  readonly lookUp: (key: string) => Promise<LookedUp<Value>>
  readonly monotonicMs: () => number
  /** The most values remembered; the one looked up longest ago goes first. */
  readonly maxFound: number
  /** The most keys remembered as missing; apart from the values, so that a flood does not push those out. 0: none. */
  readonly maxMissing: number
}

type Entry<Value> = LookedUp<Value> & { isRenewing: boolean }

/** Puts the entry last and drops the first one when there are more than `max`. */
const remember = <Value>(
  map: Map<string, Value>,
  max: number,
  [key, value]: readonly [string, Value],
): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > max && oldest !== undefined) map.delete(oldest)
}

/** Looks up through an empty cache: gives the value, undefined when there is none. Rejects when `lookUp` had to and did. */
export const createBriefCache = <Value>({
  lookUp,
  monotonicMs,
  maxFound,
  maxMissing,
}: Options<Value>): ((key: string) => Promise<Value | undefined>) => {
  const found = new Map<string, Entry<Value>>()
  const missing = new Map<string, Entry<Value>>()

  const ask = async (key: string): Promise<Value | undefined> => {
    const { value, askedMs } = await lookUp(key)
    found.delete(key)
    missing.delete(key)
    const entry: Entry<Value> = { value, askedMs, isRenewing: false }
    if (value === undefined) remember(missing, maxMissing, [key, entry])
    else remember(found, maxFound, [key, entry])
    return value
  }

  const renew = (key: string, entry: Entry<Value>): void => {
    entry.isRenewing = true
    ask(key).catch(() => {
      // Whoever comes after the entry's time asks again, and gets the error then.
      entry.isRenewing = false
    })
  }

  return async (key) => {
    const entry = found.get(key) ?? missing.get(key)
    const ageMs = entry === undefined ? Infinity : monotonicMs() - entry.askedMs
    if (entry === undefined || ageMs >= freshForMs) return ask(key)
    if (ageMs >= renewAfterMs && !entry.isRenewing) renew(key, entry)
    return entry.value
  }
}
