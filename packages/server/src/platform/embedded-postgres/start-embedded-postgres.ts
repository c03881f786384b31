/**
 * Runs a real Postgres server as a part of this program: data in a folder, gone when we are gone, also by kill -9.
 * Not for databases and tables (`platform/db`), and not for servers that somebody else runs.
 */
import { stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { BaseLogger } from 'pino'
import { type Binaries, findBinaries } from './binaries.ts'
import {
  type DataFolder,
  ensurePassword,
  lastLogLines,
  openDataFolder,
  readIfThere,
  trimLog,
  writeHba,
} from './data-folder.ts'
import { acquireGuard } from './acquire-guard.ts'
import type { Guard, GuardExit, GuardOptions } from './guard.ts'
import { pickPort } from './pick-port.ts'
import {
  claimFolder,
  postmasterFile,
  releaseFolder,
  removeMisleadingPid,
  runningPostgres,
} from './predecessor.ts'
import type { ServerSettings } from './server-settings.ts'
import { chooseLauncher } from './server-user.ts'

export type EmbeddedPostgresOptions = {
  /** Carillon's data directory (made when missing); the server's files go to `postgres` in it. */
  readonly dataDir: string
  readonly log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
  /** Overrides of the server's settings, as in postgresql.conf. */
  readonly settings?: ServerSettings
  /** A fixed TCP port; absent: the one of last time, or any free one. */
  readonly port?: number
  /** Absent: those that npm brought along. */
  readonly binaries?: Binaries
  /** Removes `<dataDir>/postgres` after the server has ended, however that came. For tests. */
  readonly disposable?: boolean
  /** Called once when the server ended although nobody stopped it. Starting it again on the same folder is allowed. */
  readonly onExit?: (exit: EmbeddedPostgresExit) => void
}

export type EmbeddedPostgresExit = { readonly reason: string; readonly lastLines: string }

export type EmbeddedPostgres = {
  /** For role `carillon`, which owns database `carillon`. Holds the password: not for logs. */
  readonly url: string
  readonly port: number
  /** Fast shutdown: open connections are cut, everything committed is kept. Repeatable. */
  readonly stop: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type Context = GuardOptions & { readonly options: EmbeddedPostgresOptions }

const portAttempts = 3
const stopMs = 30_000
const trimEveryMs = 600_000

/**
 * Starts Postgres and resolves when it takes connections: within about 0.1 s, at the first start 2 s, longer while it
 * recovers from a crash. Throws an Error that says the remedy: folder in use, folder or binaries out of reach, no
 * binaries for this machine; with the last lines of the server's log when the server itself refused.
 */
export const startEmbeddedPostgres = async (
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> => {
  const binaries = options.binaries ?? (await findBinaries())
  const folder = await openDataFolder(options.dataDir)
  const launcher = await chooseLauncher({ folder, binaries, log: options.log })
  const { settings = {}, disposable = false } = options
  const context = { folder, binaries, launcher, settings, disposable, options }
  for (let attempt = 1; ; attempt += 1) {
    const started = await attemptStart(context)
    if (started.kind === 'running') return supervise(context, started)
    const mayRetry = started.kind === 'port_taken' && options.port === undefined
    if (!mayRetry || attempt === portAttempts) throw startError(folder, started.lastLines)
  }
}

type Running = {
  readonly kind: 'running'
  readonly guard: Guard
  readonly url: string
  readonly port: number
}
type NotRunning = { readonly kind: 'port_taken' | 'refused'; readonly lastLines: string }

const attemptStart = async (context: Context): Promise<Running | NotRunning> => {
  const { folder, options } = context
  const guard = await acquireGuard(context, options.log)
  try {
    await claimFolder(folder)
    await Promise.all([removeMisleadingPid(folder), writeHba(folder), trimLog(folder)])
    const { password, isNew: isNewPassword } = await ensurePassword(folder)
    const port = await pickPort(folder.port, options.port)
    const logStart = (await stat(folder.log)).size
    const before = await readIfThere(postmasterFile(folder))
    guard.begin({ port, password, isNewPassword })
    const exit = await readyOrExit(context, guard, before)
    if (exit !== undefined) return await notRunning(folder, exit, logStart)
    const url = `postgres://carillon:${password}@127.0.0.1:${port}/carillon`
    await answer(url)
    await writeFile(folder.port, `${port}\n`)
    return { kind: 'running', guard, url, port }
  } catch (error) {
    guard.end()
    await guard.exited
    await releaseFolder(folder)
    throw error
  }
}

/** Waits without a deadline: recovery may take minutes, and the server either gets ready or ends. */
const readyOrExit = async (
  { folder, options }: Context,
  guard: Guard,
  before: string | undefined,
): Promise<GuardExit | undefined> => {
  for (let waits = 1; ; waits += 1) {
    const exit = await Promise.race([guard.exited, sleep(10)])
    if (exit !== undefined) return exit
    const status = await readIfThere(postmasterFile(folder))
    if (status !== before && status?.split('\n')[7]?.trim() === 'ready') return undefined
    if (waits % 1000 === 0) options.log.warn({}, 'embedded postgres is still starting')
  }
}

const notRunning = async (
  folder: DataFolder,
  exit: GuardExit,
  logStart: number,
): Promise<NotRunning> => {
  const lastLines = `${await lastLogLines(folder, logStart)}\n(${exit.reason})`
  await releaseFolder(folder)
  const isPortTaken = lastLines.includes('Address already in use')
  return { kind: isPortTaken ? 'port_taken' : 'refused', lastLines }
}

const startError = (folder: DataFolder, lastLines: string): Error =>
  new Error(`The embedded Postgres did not start. The end of its log ${folder.log}:\n${lastLines}`)

const answer = async (url: string): Promise<void> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
  } finally {
    await client.end()
  }
}

const supervise = (context: Context, { guard, url, port }: Running): EmbeddedPostgres => {
  const { folder, options } = context
  const stopping = new AbortController()
  const trimming = setInterval(() => {
    trimLog(folder).catch((error: unknown) => options.log.warn({ err: error }, 'log not trimmed'))
  }, trimEveryMs)
  trimming.unref()
  const settle = async (): Promise<void> => {
    const exit = await guard.exited
    clearInterval(trimming)
    // Should only the guard have been killed, then its watcher still stops Postgres on this.
    guard.end()
    await releaseFolder(folder)
    if (!stopping.signal.aborted) await reportExit(context, exit)
  }
  const ended = settle()
  const stop = async (): Promise<void> => {
    stopping.abort()
    guard.end()
    await stopInTime(context, ended)
  }
  return { url, port, stop, [Symbol.asyncDispose]: stop }
}

const reportExit = async ({ folder, options }: Context, exit: GuardExit): Promise<void> => {
  const lastLines = await lastLogLines(folder, 0).catch((error: unknown) => String(error))
  const { reason } = exit
  options.log.error({ reason, lastLines }, 'embedded postgres ended by itself')
  options.onExit?.({ reason, lastLines })
}

/** A shutdown that hangs is made an immediate one; the next start recovers from the write-ahead log, nothing is lost. */
const stopInTime = async (context: Context, ended: Promise<void>): Promise<void> => {
  const late = Symbol('late')
  const waiting = new AbortController()
  const first = await Promise.race([
    ended,
    sleep(stopMs, late, { signal: waiting.signal }).catch(() => late),
  ])
  waiting.abort()
  if (first !== late) return
  const pid = await runningPostgres(context.folder)
  context.options.log.warn({ pid }, 'embedded postgres did not stop in time: immediate shutdown')
  if (pid !== undefined) process.kill(pid, 'SIGQUIT')
  await ended
}
