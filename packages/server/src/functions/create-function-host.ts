/**
 * The host: finds a subscription's function, runs it in a thread, and turns whatever comes of it into a result that can be
 * trusted. Makes no deliveries itself.
 */
import { createHash } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { Clock } from '@carillon/domain/clock'
import { printId, type TenantId } from '@carillon/domain/ids'
import type { Log } from '../platform/log.ts'
import type { Timers } from '../platform/timers.ts'
import { describeFailure, type Failure } from './describe-failure.ts'
import { findAllFunctions, findFunction, type FunctionFile } from './find-function.ts'
import { createFunctionBook, type FunctionBook } from './function-book.ts'
import { readAnswer } from './read-answer.ts'
import type { FunctionHost, FunctionInput, FunctionResult } from './run-function.ts'
import { stampFolder } from './stamp-folder.ts'
import { startThread, type FunctionThread, type ThreadLogLine } from './start-thread.ts'
import { createThreadPool, type PoolEnd, type ThreadPool, type ThreadSpec } from './thread-pool.ts'

export type FunctionHostOptions = {
  /** The functions folder; it need not be there. */
  readonly folder: string
  readonly timeoutMs: number
  /** The most functions that run at a time. */
  readonly threads: number
  /** The environment of every function. */
  readonly env: Readonly<Record<string, string>>
  /** The slug of a tenant, for its own folder; undefined when it is not there. */
  readonly slugOf: (tenantId: TenantId) => Promise<string | undefined>
  readonly log: Log
  readonly clock: Clock
  readonly timers: Timers
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number
}

type Host = FunctionHostOptions & { readonly pool: ThreadPool; readonly book: FunctionBook }

/** A host without threads: the first call starts one. `close()` it, or its threads keep the process. */
export const createFunctionHost = (options: FunctionHostOptions): FunctionHost => {
  const { folder, threads, timeoutMs, timers } = options
  const pool = createThreadPool({ threads, timeoutMs, timers })
  const host: Host = { ...options, pool, book: createFunctionBook() }
  const find = async (subscriptionId: string, tenantId: TenantId) =>
    await findFunction(folder, { subscriptionId, tenantSlug: await options.slugOf(tenantId) })
  return {
    has: async (subscriptionId, tenantId) => (await find(subscriptionId, tenantId)) !== undefined,
    run: async (input, signal) => {
      const file = await find(input.subscriptionId, input.tenantId)
      return file === undefined ? { kind: 'not_found' } : await runFile(host, file, input, signal)
    },
    states: async () => host.book.states(await findAllFunctions(folder)),
    close: async () => await pool.close(),
  }
}

const runFile = async (
  host: Host,
  file: FunctionFile,
  input: FunctionInput,
  signal: AbortSignal,
): Promise<FunctionResult> => {
  const log = host.log.child({
    tenant: printId('tenant', input.tenantId),
    subscription: input.subscriptionId,
    function: file.file,
  })
  if (!file.isInside) {
    const message = `${file.file} is no file of the functions folder (a link that leads out of it?): it is not run`
    return fail(host, file, { message, log, ms: 0 })
  }
  const startedMs = host.monotonicMs()
  const root = await realpath(host.folder)
  const spec = await specOf(host, { file, root, log, tenantId: input.tenantId })
  const end = await host.pool.call(spec, input, signal)
  const ms = host.monotonicMs() - startedMs
  if (end.kind === 'answered') return settle(host, file, { end, input, log, ms })
  const { timeoutMs } = host
  return fail(host, file, {
    ...describeFailure(end, { root, file: file.file, timeoutMs }),
    log,
    ms,
  })
}

type Answered = {
  readonly end: Extract<PoolEnd, { kind: 'answered' }>
  readonly input: FunctionInput
  readonly log: Log
  readonly ms: number
}

const settle = (
  host: Host,
  file: FunctionFile,
  { end, input, log, ms }: Answered,
): FunctionResult => {
  const { result, notes } = readAnswer(end.answer, input)
  for (const note of notes) log.warn({ note }, 'the result of a function is not as it should be')
  if (result.kind === 'failed') return fail(host, file, { message: result.errorMessage, log, ms })
  host.book.ran(file.file, { at: host.clock.now(), ms, error: undefined })
  return result
}

/** Logs the failure, with the stack of what was thrown, and makes the result of it. */
const fail = (
  host: Host,
  file: FunctionFile,
  { message, error, log, ms }: Failure & { readonly log: Log; readonly ms: number },
): FunctionResult => {
  const thrown = error === undefined ? {} : { err: revive(error) }
  log.error({ reason: message, ...thrown }, 'a function failed')
  host.book.ran(file.file, { at: host.clock.now(), ms, error: message })
  return { kind: 'failed', errorMessage: message }
}

/** The log prints errors; this one was text on its way here. */
const revive = ({ name, message, stack, code }: NonNullable<Failure['error']>): Error => {
  const error = new Error(message)
  error.name = name
  error.stack = stack
  return code === undefined ? error : Object.assign(error, { code })
}

type Wanted = {
  readonly file: FunctionFile
  readonly root: string
  readonly log: Log
  readonly tenantId: TenantId
}

/** What a thread must have loaded: the file, for this tenant, in the state in which the folder is now. */
const specOf = async (
  host: Host,
  { file: { file, path }, root, log, tenantId }: Wanted,
): Promise<ThreadSpec> => ({
  key: `${tenantId}/${file}`,
  version: await stampFolder(root),
  start: (onEnd) => startFunctionThread(host, { file, path, log, onEnd }),
})

type Starting = {
  readonly file: string
  readonly path: string
  /** Names the tenant, the subscription and the file: the same for all calls of a thread. */
  readonly log: Log
  readonly onEnd: () => void
}

const startFunctionThread = (host: Host, { file, path, log, onEnd }: Starting): FunctionThread => {
  const contents = readFile(path).catch((_gone: unknown) => Buffer.alloc(0))
  const onLoaded = async (): Promise<void> => {
    const hash = createHash('sha256')
      .update(await contents)
      .digest('hex')
    host.book.loaded(file, hash.slice(0, 12), host.clock.now())
  }
  return startThread({
    url: pathToFileURL(path),
    env: host.env,
    timers: host.timers,
    onLog: (line) => writeLine(log, line),
    onOutput: (line) => log.info({ line }, 'output of a function'),
    onLoaded: () => void onLoaded(),
    onIdleEnd: (error) => {
      if (error !== undefined)
        log.error(
          { err: revive(error) },
          'a function failed after its answer (a missing await?): its thread is replaced',
        )
      onEnd()
    },
  })
}

const writeLine = (log: Log, { level, message, fields }: ThreadLogLine): void => {
  const given: unknown = fields === undefined ? undefined : JSON.parse(fields)
  log[level](given === undefined ? {} : { fields: given }, message)
}
