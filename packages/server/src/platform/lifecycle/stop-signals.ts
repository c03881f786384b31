/**
 * SIGTERM and SIGINT: the first one stops the process gracefully, a second one aborts at once. Only listens: what
 * stopping means is the caller's.
 */
import type { EventEmitter } from 'node:events'
import type { Log } from '../log.ts'

type Options = {
  /** `process`, or an emitter of a test. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>
  readonly log: Log
  /** The first signal. Must not throw. */
  readonly onStop: (signal: string) => void
  /** The second signal: leave now, with a code other than 0. */
  readonly onAbort: (signal: string) => void
}

const signals = ['SIGTERM', 'SIGINT'] as const

/** Begins to listen; gives the function that ends it. */
export const listenForStop = ({ source, log, onStop, onAbort }: Options): (() => void) => {
  let asked = false
  const listener = (signal: string): void => {
    if (asked) {
      log.warn({ signal }, 'asked to stop again: leaving at once')
      onAbort(signal)
      return
    }
    asked = true
    log.info({ signal }, 'stopping')
    onStop(signal)
  }
  for (const signal of signals) source.on(signal, listener)
  return () => {
    for (const signal of signals) source.off(signal, listener)
  }
}
