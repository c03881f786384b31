/** The time, read again now and then, for what is shown relative to it. One timer for each interval. */
import { useSyncExternalStore } from 'react'

type Ticker = {
  readonly subscribe: (onTick: () => void) => () => void
  readonly read: () => number
}

const createTicker = (everyMs: number): Ticker => {
  const listeners = new Set<() => void>()
  const state: { timer: ReturnType<typeof setInterval> | undefined; nowMs: number } = {
    timer: undefined,
    nowMs: Date.now(),
  }
  return {
    read: () => state.nowMs,
    subscribe: (onTick) => {
      listeners.add(onTick)
      state.timer ??= setInterval(() => {
        state.nowMs = Date.now()
        for (const listener of listeners) listener()
      }, everyMs)
      return () => {
        listeners.delete(onTick)
        if (listeners.size > 0) return
        clearInterval(state.timer)
        state.timer = undefined
      }
    },
  }
}

const tickers = new Map<number, Ticker>()

const tickerOf = (everyMs: number): Ticker => {
  const known = tickers.get(everyMs)
  if (known !== undefined) return known
  const made = createTicker(everyMs)
  tickers.set(everyMs, made)
  return made
}

/** Milliseconds since 1970, at most `everyMs` old. */
export const useNow = (everyMs: number): number => {
  const { subscribe, read } = tickerOf(everyMs)
  return useSyncExternalStore(subscribe, read)
}
