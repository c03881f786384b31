/** Waiting for something to become true, by looking again soon: for tests, never with a fixed sleep. */

/** Repeats `look` until it does not throw (returns its value) or `withinMs` is over (throws its last error). */
export const eventually = async <T>(look: () => Promise<T> | T, withinMs = 10_000): Promise<T> => {
  const until = performance.now() + withinMs
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (performance.now() > until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
