/**
 * Starts `guard.sh`, which holds the folder's lock and keeps Postgres from outliving us. Not for deciding when.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import type { Binaries } from './binaries.ts'
import type { DataFolder } from './data-folder.ts'
import { type ServerSettings, settingArguments } from './server-settings.ts'
import type { Launcher } from './server-user.ts'

export type GuardOptions = {
  readonly folder: DataFolder
  readonly launcher: Launcher
  readonly binaries: Binaries
  readonly settings: ServerSettings
  readonly disposable: boolean
}

/** How the guard ended: `code` is Postgres's own; null when a signal killed it or it never ran. */
export type GuardExit = { readonly code: number | null; readonly reason: string }

export type Guard = {
  /** Lets the guard go on: makes the cluster when there is none, sets the password when told so, starts Postgres. */
  readonly begin: (start: GuardStart) => void
  /** Closes the pipe, which makes the guard stop Postgres by a fast shutdown. */
  readonly end: () => void
  /** Resolves when Postgres and the guard have ended. Never rejects. */
  readonly exited: Promise<GuardExit>
}

type GuardStart = {
  readonly port: number
  readonly password: string
  readonly isNewPassword: boolean
}

const lockedByAnother = 75

/**
 * Starts the guard and waits for the folder's lock. Resolves to undefined when another process holds the lock. Throws
 * an Error when the guard can't be started.
 */
export const startGuard = async (options: GuardOptions): Promise<Guard | undefined> => {
  const child = await spawnGuard(options)
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('spawned the guard without pipes')
  // Writing to a guard that has just died must not crash us; `exited` tells it.
  stdin.on('error', () => stdin.destroy())
  const exited = exitOf(child)
  const failed = await Promise.race([once(stdout, 'data').then(() => undefined), exited])
  if (failed?.code === lockedByAnother) return undefined
  if (failed !== undefined) {
    throw new Error(`The guard of the embedded Postgres did not start: ${failed.reason}`)
  }
  return {
    begin: ({ port, password, isNewPassword }) => {
      stdin.write(`${port} ${password} ${isNewPassword ? 'reset' : 'keep'}\n`)
    },
    end: () => stdin.end(),
    exited,
  }
}

const spawnGuard = async (options: GuardOptions): Promise<ChildProcess> => {
  const { folder, launcher, binaries } = options
  // Handed over as text: the server's user may not be allowed to read our files.
  const script = await readFile(new URL('guard.sh', import.meta.url), 'utf8')
  await using log = await open(folder.log, 'a', 0o600)
  const [command, ...prefix] = [...launcher.prefix, 'sh', '-c', script, 'carillon-postgres']
  const paths = [folder.root, binaries.initdb, binaries.postgres]
  const args = [
    ...paths,
    options.disposable ? 'disposable' : 'kept',
    ...settingArguments(folder, options.settings),
  ]
  return spawn(command, [...prefix, ...args], {
    ...launcher.ids,
    cwd: '/',
    // A session of its own: Ctrl-C in our terminal is for us, and Postgres ends after we have finished with it.
    detached: true,
    stdio: ['pipe', 'pipe', log.fd],
  })
}

const exitOf = (child: ChildProcess): Promise<GuardExit> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, reason: String(error) }))
    child.once('exit', (code, signal) =>
      resolve({ code, reason: signal === null ? `exit code ${code}` : `signal ${signal}` }),
    )
  })
