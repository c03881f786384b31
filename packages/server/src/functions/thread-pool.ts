/**
 * The threads of a process: a few, each with one version of one function, reused for its next call, exchanged when another
 * function needs the place. Waiting calls are bounded. Not for what a function may do: `start-thread.ts`.
 */
import type { FunctionThread, ThreadEnd } from './start-thread.ts'
import { functionLimits } from './function-limits.ts'
import type { FunctionInput } from './run-function.ts'
import type { Timers } from '../platform/timers.ts'

/** What a thread must have loaded for a call. */
export type ThreadSpec = {
  /** Names the file and the tenant: what one tenant's calls leave in a thread's memory no other tenant's see. */
  readonly key: string
  /** Names the state of the folder: another one needs another thread. */
  readonly version: string
  /** Starts such a thread; `onEnd` tells that it ended by itself. */
  readonly start: (onEnd: () => void) => FunctionThread
}

export type PoolEnd = ThreadEnd | { readonly kind: 'busy' }

export type ThreadPool = {
  /** Waits for a thread and calls; `busy` when too many wait already. Never rejects. */
  readonly call: (spec: ThreadSpec, input: FunctionInput, signal: AbortSignal) => Promise<PoolEnd>
  /** Ends all threads; calls under way and waiting ones end as `stopped`. */
  readonly close: () => Promise<void>
}

type Options = {
  readonly threads: number
  readonly timeoutMs: number
  readonly timers: Timers
}

type Slot = {
  readonly spec: ThreadSpec
  readonly thread: FunctionThread
  isBusy: boolean
  cancelIdle: () => void
}

type Waiting = {
  readonly spec: ThreadSpec
  readonly input: FunctionInput
  readonly signal: AbortSignal
  readonly end: (end: PoolEnd) => void
}

/** A pool without threads yet: each is started when a call needs it. */
export const createThreadPool = ({ threads, timeoutMs, timers }: Options): ThreadPool => {
  const slots = new Set<Slot>()
  const waiting = new Set<Waiting>()
  const stopping = new Set<Promise<void>>()
  let closed = false

  const remove = (slot: Slot): void => {
    slot.cancelIdle()
    slots.delete(slot)
  }
  const stop = (slot: Slot): void => {
    remove(slot)
    const gone = slot.thread.stop('closed').finally(() => stopping.delete(gone))
    stopping.add(gone)
  }
  const open = (spec: ThreadSpec): Slot => {
    const thread = spec.start(() => {
      remove(slot)
      pump()
    })
    const slot: Slot = { spec, thread, isBusy: false, cancelIdle: () => undefined }
    slots.add(slot)
    return slot
  }
  /** A thread for the call, when there is one or room for one. */
  const slotFor = (spec: ThreadSpec): Slot | undefined => {
    const idle = [...slots].filter((slot) => !slot.isBusy)
    // An older version of the same file is of no use to anybody.
    const stale = idle.filter(
      (slot) => slot.spec.key === spec.key && slot.spec.version !== spec.version,
    )
    for (const slot of stale) stop(slot)
    const same = idle.find(
      (slot) => slot.spec.key === spec.key && slot.spec.version === spec.version,
    )
    if (same !== undefined) return same
    if (slots.size < threads) return open(spec)
    const other = [...slots].find((slot) => !slot.isBusy)
    if (other === undefined) return undefined
    stop(other)
    return open(spec)
  }
  /** The call of the key with the fewest threads at work; among those the oldest: no function keeps the others out. */
  const next = (): Waiting | undefined => {
    const working = (key: string): number =>
      [...slots].filter((slot) => slot.isBusy && slot.spec.key === key).length
    const load = new Map([...waiting].map((call) => [call, working(call.spec.key)]))
    const least = Math.min(...load.values())
    return [...waiting].find((call) => load.get(call) === least)
  }
  const pump = (): void => {
    if (closed) return
    for (let call = next(); call !== undefined; call = next()) {
      const slot = slotFor(call.spec)
      if (slot === undefined) return
      waiting.delete(call)
      void work(slot, call)
    }
  }
  const work = async (slot: Slot, { input, signal, end }: Waiting): Promise<void> => {
    slot.isBusy = true
    slot.cancelIdle()
    const result = await slot.thread.call(input, { timeoutMs, signal })
    slot.isBusy = false
    if (slot.thread.isAlive() && !closed) {
      slot.cancelIdle = timers.after(functionLimits.idleMs, () => stop(slot))
    } else remove(slot)
    end(result)
    pump()
  }
  return {
    call: async (spec, input, signal) => {
      if (closed) return { kind: 'stopped', why: 'closed' }
      if (signal.aborted) return { kind: 'stopped', why: 'signal' }
      if (waiting.size >= functionLimits.waitingCalls) return { kind: 'busy' }
      const { promise, resolve } = Promise.withResolvers<PoolEnd>()
      const call: Waiting = { spec, input, signal, end: resolve }
      waiting.add(call)
      const onAbort = (): void => {
        if (waiting.delete(call)) resolve({ kind: 'stopped', why: 'signal' })
      }
      signal.addEventListener('abort', onAbort, { once: true })
      pump()
      const result = await promise
      signal.removeEventListener('abort', onAbort)
      return result
    },
    close: async () => {
      closed = true
      for (const call of waiting) call.end({ kind: 'stopped', why: 'closed' })
      waiting.clear()
      for (const slot of slots) stop(slot)
      await Promise.all(stopping)
    },
  }
}
