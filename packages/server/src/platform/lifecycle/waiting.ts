/**
 * Timers that know when to stop: waiting with an AbortSignal, waiting that can be cut short, work with a deadline. The
 * only place of the server that sets timers for waiting. Not for retries of deliveries: these wait in the database.
 */

/** Resolves after `ms`, or at once when `signal` aborts. Never rejects: the caller looks at the signal. */
export const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const finish = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
  })

/** Cuts a loop's idle time short: `wake` when there is work. */
export type Waker = {
  /** Ends the wait of now, or the next one when nobody waits: a call is never lost. */
  readonly wake: () => void
  /** Waits for a wake, for `ms` to pass or for the signal, whichever is first. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** A waker for one loop. */
export const createWaker = (): Waker => {
  let current: AbortController | undefined
  let pending = false
  return {
    wake: () => {
      pending = true
      current?.abort()
    },
    wait: async (ms, signal) => {
      if (!pending && !signal.aborted) {
        const controller = new AbortController()
        current = controller
        const onAbort = (): void => controller.abort()
        signal.addEventListener('abort', onAbort)
        await sleep(ms, controller.signal)
        signal.removeEventListener('abort', onAbort)
        current = undefined
      }
      pending = false
    },
  }
}

export type Deadlined<T> = { readonly inTime: true; readonly value: T } | { readonly inTime: false }

/**
 * Runs `work` with a signal that aborts after `ms`, and does not wait for it any longer than that. When it is late its
 * result, also a rejection, is dropped. Rejects when `work` rejects in time.
 */
export const withinDeadline = async <T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Deadlined<T>> => {
  const controller = new AbortController()
  const finished = new AbortController()
  const late = sleep(ms, finished.signal).then((): Deadlined<T> => {
    controller.abort(new Error(`not done within ${ms} ms`))
    return { inTime: false }
  })
  const done = work(controller.signal).then((value): Deadlined<T> => ({ inTime: true, value }))
  try {
    return await Promise.race([done, late])
  } finally {
    finished.abort()
  }
}
