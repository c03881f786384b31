/** Waiting until somebody has nothing left to do. */

/** Those who wait: `wait` resolves when `reached` is called next, or the signal aborts. */
export const createIdle = () => {
  let waiters: (() => void)[] = []
  return {
    reached: (): void => {
      for (const resolve of waiters) resolve()
      waiters = []
    },
    wait: async (signal: AbortSignal): Promise<void> =>
      await new Promise((resolve) => {
        waiters.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  }
}
