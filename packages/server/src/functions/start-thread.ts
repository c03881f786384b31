/**
 * One thread with one function in it, as the server sees it: started, given one call at a time, watched, ended. It never
 * waits for the function to be good: whatever happens in there becomes a `ThreadEnd`. Not for queueing: `thread-pool.ts`.
 */
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
  type ResourceLimits,
} from 'node:worker_threads'
import type { Timers } from '../platform/timers.ts'
import { functionLimits } from './function-limits.ts'
import { printError } from './print-error.ts'
import { readLines } from './read-lines.ts'
import type { FunctionInput } from './run-function.ts'
import type { ExportForm, ThreadCall, ThreadError, ThreadReply } from './thread-protocol.ts'

type Answer = Extract<ThreadReply, { kind: 'answer' }>
export type ThreadLogLine = Extract<ThreadReply, { kind: 'log' }>

/** How a call ended. After anything but `answered` and `thrown` the thread is gone. */
export type ThreadEnd =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'thrown'; readonly error: ThreadError }
  | { readonly kind: 'not_loaded'; readonly error: ThreadError }
  /** An error outside of the call's own promise, or one that took the thread with it (memory). */
  | { readonly kind: 'broke'; readonly error: ThreadError }
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'stopped'; readonly why: 'timeout' | 'memory' | 'signal' | 'closed' }

/** How loading alone ended. */
export type LoadEnd = ThreadEnd | { readonly kind: 'loaded'; readonly form: ExportForm }

type Limits = { readonly timeoutMs: number; readonly signal: AbortSignal }

export type ThreadOptions = {
  readonly url: URL
  /** The whole `process.env` of the thread. */
  readonly env: Readonly<Record<string, string>>
  readonly timers: Timers
  /** By its `log`; between calls it is empty. */
  readonly onLog: (line: ThreadLogLine) => void
  /** What it wrote to standard output or error, line by line. */
  readonly onOutput: (line: string) => void
  readonly onLoaded: (form: ExportForm) => void
  /** It ended while no call was under way; `error` when it ended badly. */
  readonly onIdleEnd: (error: ThreadError | undefined) => void
}

export type FunctionThread = {
  /** One call at a time: a second one before the end of the first throws. */
  readonly call: (input: FunctionInput, limits: Limits) => Promise<ThreadEnd>
  /** Waits until the file is loaded and calls nothing. Instead of the first call, once. */
  readonly load: (limits: Limits) => Promise<LoadEnd>
  readonly isAlive: () => boolean
  /** Ends it; a call under way ends as `stopped`, for `why`. Resolves when it is gone. */
  readonly stop: (why: 'signal' | 'closed') => Promise<void>
}

const entry = new URL('./enter-thread.ts', import.meta.url)

/** The folder that holds the process's cache, of all versions of Node; undefined: the process has none. */
const compileCacheFolder = (): string | undefined => {
  const own = getCompileCacheDir()
  return own === undefined ? undefined : dirname(own)
}

const resourceLimits: ResourceLimits = {
  maxOldGenerationSizeMb: functionLimits.heapMb,
  maxYoungGenerationSizeMb: functionLimits.youngHeapMb,
  stackSizeMb: functionLimits.stackMb,
}

type Open = {
  readonly number: number
  /** Loading is all that is wanted. */
  readonly isLoad: boolean
  readonly end: (end: LoadEnd) => void
}

/** Starts the thread. It loads the file at once; a failure of that is the end of the first call. */
export const startThread = (options: ThreadOptions): FunctionThread => {
  const { port1: port, port2 } = new MessageChannel()
  const worker = new Worker(entry, {
    workerData: {
      data: { port: port2, url: options.url.href },
      compileCache: compileCacheFolder(),
    },
    transferList: [port2],
    env: options.env,
    execArgv: [],
    argv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits,
    name: 'carillon-function',
  })
  const state = createThreadState(options)
  listen(worker, port, state, options)
  const watch = createWatch(worker, state, options.timers)
  return {
    isAlive: state.isAlive,
    call: async (input, limits) => {
      const { number, ended } = state.open({ isLoad: false })
      const end = watch(ended, limits)
      if (state.isAlive()) post(port, { kind: 'call', number, input }, state)
      const ending = await end
      // Only `load` ends with that.
      if (ending.kind === 'loaded') throw new Error('a call ended by loading')
      return ending
    },
    load: async (limits) => await watch(state.open({ isLoad: true }).ended, limits),
    stop: async (why) => {
      state.die({ kind: 'stopped', why })
      await worker.terminate()
    },
  }
}

/** Ends what is open when its time, its memory or its caller's patience is over. */
const createWatch =
  (worker: Worker, state: ThreadState, timers: Timers) =>
  async (ended: Promise<LoadEnd>, { timeoutMs, signal }: Limits): Promise<LoadEnd> => {
    const stop = (why: Extract<ThreadEnd, { kind: 'stopped' }>['why']): void => {
      state.die({ kind: 'stopped', why })
      void worker.terminate()
    }
    const cancelTimeout = timers.after(timeoutMs, () => stop('timeout'))
    const unwatch = watchMemory(worker, timers, () => stop('memory'))
    const onAbort = (): void => stop('signal')
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) stop('signal')
    const end = await ended
    cancelTimeout()
    unwatch()
    signal.removeEventListener('abort', onAbort)
    return end
  }

/** Brings what the worker says to the state. Its last words on the port count before its end does. */
const listen = (
  worker: Worker,
  port: MessagePort,
  state: ThreadState,
  { onOutput, onIdleEnd }: ThreadOptions,
): void => {
  const take = (reply: ThreadReply): void => {
    try {
      state.take(reply)
      // A file that did not load may have left timers behind.
      if (reply.kind === 'not_loaded') void worker.terminate()
    } catch (error) {
      // The thread is the user's, and its globals are: what it says may make no sense, and must end only itself.
      state.die({ kind: 'broke', error: printError(error) })
      void worker.terminate()
    }
  }
  const end = (last: ThreadEnd, error: ThreadError | undefined): void => {
    for (
      let left = receiveMessageOnPort(port);
      left !== undefined;
      left = receiveMessageOnPort(port)
    ) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `function-thread.ts` has the other end
      take(left.message as ThreadReply)
    }
    if (state.die(last)) onIdleEnd(error)
  }
  port.on('message', take)
  worker.on('error', (thrown: unknown) => {
    const error = printError(thrown)
    end({ kind: 'broke', error }, error)
  })
  worker.on('exit', (code) => {
    end({ kind: 'exited', code }, undefined)
    port.close()
  })
  for (const stream of [worker.stdout, worker.stderr]) {
    readLines(stream, (line) => {
      if (state.mayWrite()) onOutput(line)
    })
  }
}

/** Calls `onTooMuch` once when the buffers of the thread, which V8's limits do not count, have grown too large. */
const watchMemory = (worker: Worker, timers: Timers, onTooMuch: () => void): (() => void) => {
  let cancel = (): void => undefined
  let watching = true
  const look = async (): Promise<void> => {
    const statistics = await worker.getHeapStatistics().catch((_gone: unknown) => undefined)
    if (!watching || statistics === undefined) return
    if (statistics.external_memory > functionLimits.externalBytes) onTooMuch()
    else cancel = timers.after(functionLimits.memoryLookMs, () => void look())
  }
  cancel = timers.after(functionLimits.memoryLookMs, () => void look())
  return () => {
    watching = false
    cancel()
  }
}

/** What can't be cloned (a function in the event's parameters) is the caller's mistake: the call ends, not the process. */
const post = (port: MessagePort, call: ThreadCall, state: ThreadState): void => {
  try {
    port.postMessage(call)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    state.take({
      kind: 'thrown',
      number: call.number,
      error: { name: 'Error', message: `the input can't be handed over: ${message}`, stack: '' },
    })
  }
}

type ThreadState = ReturnType<typeof createThreadState>

/** Keeps which call is open and whether the thread lives; what comes late is dropped. */
const createThreadState = (options: ThreadOptions) => {
  let alive = true
  let lastNumber = 0
  let lines = 0
  let current: Open | undefined
  const finish = (end: LoadEnd): void => {
    const open = current
    current = undefined
    open?.end(end)
  }
  const die = (end: ThreadEnd): boolean => {
    if (!alive) return false
    alive = false
    const wasIdle = current === undefined
    finish(end)
    return wasIdle
  }
  return {
    isAlive: () => alive,
    /** True when no call was under way. */
    die,
    open: ({ isLoad }: { readonly isLoad: boolean }) => {
      if (!alive || current !== undefined) throw new Error('the thread is not free')
      lastNumber += 1
      lines = 0
      const { promise, resolve } = Promise.withResolvers<LoadEnd>()
      current = { number: lastNumber, isLoad, end: resolve }
      return { number: lastNumber, ended: promise }
    },
    /** May one more line of its output go to the log? */
    mayWrite: (): boolean => {
      lines += 1
      return lines <= functionLimits.logLines
    },
    take: (reply: ThreadReply): void => {
      if (reply.kind === 'loaded') {
        options.onLoaded(reply.form)
        if (current?.isLoad === true) finish(reply)
      } else if (reply.kind === 'not_loaded') die({ kind: 'not_loaded', error: reply.error })
      else if (reply.kind === 'log') options.onLog(reply)
      else if (reply.number !== current?.number) return
      else if (reply.kind === 'thrown') finish({ kind: 'thrown', error: reply.error })
      else finish({ kind: 'answered', answer: reply })
    },
  }
}
