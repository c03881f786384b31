/**
 * The host: finds a subscription's function, runs it in a thread, and turns whatever comes of it into a result that can be
 * trusted. Makes no deliveries itself.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { Clock, Instant } from '@carillon/domain/clock'
import { printId, type TenantId } from '@carillon/domain/ids'
import type { Log } from '../platform/log.ts'
import type { Timers } from '../platform/timers.ts'
import { describeFailure, type Failure } from './describe-failure.ts'
import { findFunction, findTenantFunctions, type FunctionFile } from './find-function.ts'
import { createFunctionBook, keyOf, type FunctionBook } from './function-book.ts'
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
    states: async (tenantId) =>
      host.book.states(tenantId, await findTenantFunctions(folder, await options.slugOf(tenantId))),
    close: async () => await pool.close(),
  }
}

/** What a call is about, wherever it ends. */
type Run = {
  readonly host: Host
  readonly file: FunctionFile
  readonly key: string
  readonly log: Log
  readonly startedAt: Instant
  readonly startedMs: number
}

const runFile = async (
  host: Host,
  file: FunctionFile,
  input: FunctionInput,
  signal: AbortSignal,
): Promise<FunctionResult> => {
  const names = { subscription: input.subscriptionId, function: file.file }
  const log = host.log.child({ tenant: printId('tenant', input.tenantId), ...names })
  const key = keyOf(input.tenantId, file.file)
  const started = { startedAt: host.clock.now(), startedMs: host.monotonicMs() }
  const run: Run = { host, file, key, log, ...started }
  if (!file.isInside) {
    const message = `${file.file} is no file of the functions folder (a link that leads out of it?): it is not run`
    return fail(run, { message })
  }
  const root = file.root
  const version = await stampFolder(root)
  const spec: ThreadSpec = { key, version, start: (onEnd) => startRun(run, onEnd) }
  const end = await host.pool.call(spec, input, signal)
  if (end.kind === 'answered') return settle(run, end, input)
  const failure = describeFailure(end, { root, file: file.file, timeoutMs: host.timeoutMs })
  return fail(run, failure)
}

const ended = ({ host, key, startedMs }: Run, error: string | undefined): void =>
  host.book.ran(key, { at: host.clock.now(), ms: host.monotonicMs() - startedMs, error })

const settle = (
  run: Run,
  { answer }: Extract<PoolEnd, { kind: 'answered' }>,
  input: FunctionInput,
): FunctionResult => {
  const { result, notes } = readAnswer(answer, {
    input,
    fromMs: run.startedAt,
    untilMs: run.host.clock.now(),
  })
  for (const note of notes)
    run.log.warn({ note }, 'the result of a function is not as it should be')
  if (result.kind === 'failed') return fail(run, { message: result.errorMessage })
  ended(run, undefined)
  return result
}

/** Logs the failure, with the stack of what was thrown, and makes the result of it. */
const fail = (run: Run, { message, error, isOurs }: Failure): FunctionResult => {
  const thrown = error === undefined ? {} : { err: revive(error) }
  const fields = { reason: message, ...thrown }
  if (isOurs === true) run.log.warn(fields, 'a function was not run to its end')
  else run.log.error(fields, 'a function failed')
  ended(run, message)
  return { kind: 'failed', errorMessage: message }
}

/** The log prints errors; this one was text on its way here. */
const revive = ({ name, message, stack, code }: NonNullable<Failure['error']>): Error => {
  const error = new Error(message)
  error.name = name
  error.stack = stack
  return code === undefined ? error : Object.assign(error, { code })
}

/** A thread with the file of this run in it; it serves later calls of the same key too. */
const startRun = ({ host, file, key, log }: Run, onEnd: () => void): FunctionThread => {
  const contents = readFile(file.path).catch((_gone: unknown) => Buffer.alloc(0))
  const onLoaded = async (): Promise<void> => {
    const hash = createHash('sha256')
      .update(await contents)
      .digest('hex')
    host.book.loaded(key, hash.slice(0, 12), host.clock.now())
  }
  return startThread({
    url: pathToFileURL(file.path),
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
