/**
 * Look-ups that come while one is under way wait and go together in the next query: a flood of unknown keys takes one
 * connection and not all of them. Remembers nothing (`brief-cache.ts`).
 */

/** Keys in one query. */
const largestBatch = 500

/** `askedMs`: when the query left, on the monotonic clock; the value is at least as new as that. */
export type LookedUp<Value> = { readonly value: Value | undefined; readonly askedMs: number }

type Options<Value> = {
  /** Looks all the keys up; what is missing in the answer is not there. */
  readonly lookUp: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>
  readonly monotonicMs: () => number
}

type Waiting<Value> = readonly [string, PromiseWithResolvers<LookedUp<Value>>]

/**
 * What looks one key up. It joins others that wait, but never a query that has left: that one may have read the row
 * before the change that the caller must see. Rejects with what `lookUp` rejects with.
 */
export const gatherLookUps = <Value>({
  lookUp,
  monotonicMs,
}: Options<Value>): ((key: string) => Promise<LookedUp<Value>>) => {
  const waiting = new Map<string, PromiseWithResolvers<LookedUp<Value>>>()
  let isAsking = false

  const askFor = async (batch: readonly Waiting<Value>[]): Promise<void> => {
    const askedMs = monotonicMs()
    try {
      const values = await lookUp(batch.map(([key]) => key))
      for (const [key, { resolve }] of batch) resolve({ value: values.get(key), askedMs })
    } catch (error) {
      for (const [, { reject }] of batch) reject(error)
    }
  }

  const askForAll = async (): Promise<void> => {
    isAsking = true
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, largestBatch)
      for (const [key] of batch) waiting.delete(key)
      // oxlint-disable-next-line no-await-in-loop -- one query at a time is the point
      await askFor(batch)
    }
    isAsking = false
  }

  return async (key) => {
    const own = waiting.get(key) ?? Promise.withResolvers<LookedUp<Value>>()
    waiting.set(key, own)
    if (!isAsking) void askForAll()
    return own.promise
  }
}
