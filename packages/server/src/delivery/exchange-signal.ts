/** The signal of one exchange: the worker's own, or one that also fires at the deadline when that is near. */
import type { Timers } from '../platform/timers.ts'

export type ExchangeSignal = { readonly signal: AbortSignal; readonly done: () => void }

const nothing = (): void => undefined

/**
 * `leftMs` until `send_until`: when that is further away than any exchange takes (`longestMs`) the worker's signal serves
 * all exchanges, which costs nothing; else the exchange gets its own, aborted at the deadline. Call `done` at its end.
 */
export const exchangeSignal = (
  worker: AbortSignal,
  {
    leftMs,
    longestMs,
    timers,
  }: { readonly leftMs: number; readonly longestMs: number; readonly timers: Timers },
): ExchangeSignal => {
  if (leftMs > longestMs) return { signal: worker, done: nothing }
  const controller = new AbortController()
  const stop = (): void => controller.abort(worker.reason)
  worker.addEventListener('abort', stop, { once: true })
  const cancel = timers.after(leftMs, () => controller.abort(new Error('send_until reached')))
  return {
    signal: controller.signal,
    done: () => {
      cancel()
      worker.removeEventListener('abort', stop)
    },
  }
}
