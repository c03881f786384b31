/** Timers as a port: the engine asks for "later" here, so that the simulation can run it on simulated time. */

export type Timers = {
  /** Calls `fn` once after `ms` milliseconds (>= 0). Returns what cancels it. */
  readonly after: (ms: number, fn: () => void) => () => void
}

/** The real ones. They do not keep the process alive: lifetime is the lifecycle's business. */
export const systemTimers: Timers = {
  after: (ms, fn) => {
    const timer = setTimeout(fn, Math.min(Math.max(0, ms), 2 ** 31 - 1))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
