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
export const createThreadPool = (options: Options): ThreadPool => {
  const pool = new Pool(options)
  return {
    call: async (spec, input, signal) => await pool.call(spec, input, signal),
    close: async () => await pool.close(),
  }
}

class Pool {
  readonly #o: Options
  readonly #slots = new Set<Slot>()
  readonly #waiting = new Set<Waiting>()
  readonly #stopping = new Set<Promise<void>>()
  #closed = false

  constructor(options: Options) {
    this.#o = options
  }

  async call(spec: ThreadSpec, input: FunctionInput, signal: AbortSignal): Promise<PoolEnd> {
    if (this.#closed) return { kind: 'stopped', why: 'closed' }
    if (signal.aborted) return { kind: 'stopped', why: 'signal' }
    if (this.#waiting.size >= functionLimits.waitingCalls) return { kind: 'busy' }
    const { promise, resolve } = Promise.withResolvers<PoolEnd>()
    const call: Waiting = { spec, input, signal, end: resolve }
    this.#waiting.add(call)
    const onAbort = (): void => {
      if (this.#waiting.delete(call)) resolve({ kind: 'stopped', why: 'signal' })
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#pump()
    const result = await promise
    signal.removeEventListener('abort', onAbort)
    return result
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const call of this.#waiting) call.end({ kind: 'stopped', why: 'closed' })
    this.#waiting.clear()
    for (const slot of this.#slots) this.#stop(slot)
    await Promise.all(this.#stopping)
  }

  /** Gives waiting calls the threads that are free. */
  #pump(): void {
    if (this.#closed) return
    for (let call = this.#next(); call !== undefined; call = this.#next()) {
      const slot = this.#slotFor(call.spec)
      if (slot === undefined) return
      this.#waiting.delete(call)
      void this.#work(slot, call)
    }
  }

  /** The call of the key with the fewest threads at work; among those the oldest: no function keeps the others out. */
  #next(): Waiting | undefined {
    const busy = [...this.#slots].filter((slot) => slot.isBusy)
    const working = ({ spec }: Waiting): number =>
      busy.filter((slot) => slot.spec.key === spec.key).length
    const load = new Map([...this.#waiting].map((call) => [call, working(call)]))
    const least = Math.min(...load.values())
    return [...this.#waiting].find((call) => load.get(call) === least)
  }

  /** A thread for the call, when there is one or room for one. */
  #slotFor(spec: ThreadSpec): Slot | undefined {
    const own = [...this.#slots].filter((slot) => !slot.isBusy && slot.spec.key === spec.key)
    // An older version of the same file is of no use to anybody.
    for (const slot of own) if (slot.spec.version !== spec.version) this.#stop(slot)
    const same = own.find((slot) => slot.spec.version === spec.version)
    if (same !== undefined) return same
    if (this.#slots.size < this.#o.threads) return this.#open(spec)
    const other = [...this.#slots].find((slot) => !slot.isBusy)
    if (other === undefined) return undefined
    this.#stop(other)
    return this.#open(spec)
  }

  #open(spec: ThreadSpec): Slot {
    const thread = spec.start(() => {
      this.#remove(slot)
      this.#pump()
    })
    const slot: Slot = { spec, thread, isBusy: false, cancelIdle: () => undefined }
    this.#slots.add(slot)
    return slot
  }

  async #work(slot: Slot, { input, signal, end }: Waiting): Promise<void> {
    slot.isBusy = true
    slot.cancelIdle()
    const result = await slot.thread.call(input, { timeoutMs: this.#o.timeoutMs, signal })
    slot.isBusy = false
    if (slot.thread.isAlive() && !this.#closed) {
      slot.cancelIdle = this.#o.timers.after(functionLimits.idleMs, () => this.#stop(slot))
    } else this.#remove(slot)
    end(result)
    this.#pump()
  }

  #remove(slot: Slot): void {
    slot.cancelIdle()
    this.#slots.delete(slot)
  }

  #stop(slot: Slot): void {
    this.#remove(slot)
    const gone = slot.thread.stop('closed').finally(() => this.#stopping.delete(gone))
    this.#stopping.add(gone)
  }
}
