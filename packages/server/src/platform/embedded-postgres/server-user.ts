/**
 * Chooses the user that Postgres runs as, because it refuses to run as root, and makes the data folder its own. Not for
 * starting the server.
 */
import { execFile } from 'node:child_process'
import { chown, lchown, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BaseLogger } from 'pino'
import type { Binaries } from './binaries.ts'
import type { DataFolder } from './data-folder.ts'

/** How to start a program as the server's user: `spawn(command[0], [...command.slice(1), ...], { uid, gid })`. */
export type Launcher = {
  readonly prefix: readonly string[]
  readonly ids: { readonly uid?: number; readonly gid?: number }
}

type User = { readonly uid: number; readonly gid: number }

type Context = {
  readonly folder: DataFolder
  readonly binaries: Binaries
  readonly log: Pick<BaseLogger, 'warn'>
}

/**
 * As an ordinary user: that user. As root: the owner of the cluster if there is one, else the first that exists of
 * `carillon`, `postgres` and `nobody`; gives it the folder. Throws an Error with the remedy when that user can't reach
 * the folder or the binaries.
 */
export const chooseLauncher = async (context: Context): Promise<Launcher> => {
  const self = process.getuid?.()
  if (self !== 0) return ownLauncher(context, self)
  const user = (await clusterOwner(context.folder)) ?? (await unprivilegedUser())
  await giveFolder(context.folder, user)
  return reachingLauncher(context, user)
}

const ownLauncher = async (context: Context, self: number | undefined): Promise<Launcher> => {
  const owner = (await stat(context.folder.root)).uid
  if (self !== undefined && owner !== self) {
    throw new Error(
      `${context.folder.root} belongs to the user with id ${owner}, and this process runs as ${self}. ` +
        'Run as the same user as before (or as root), or set CARILLON_DATA_DIR to another folder.',
    )
  }
  return { prefix: [], ids: {} }
}

const clusterOwner = async (folder: DataFolder): Promise<User | undefined> => {
  const found = await stat(folder.cluster).catch(() => undefined)
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid }
}

const unprivilegedUser = async (): Promise<User> => {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const name of ['carillon', 'postgres', 'nobody']) {
    const fields = users.find((user) => user[0] === name)
    const uid = Number(fields?.[2])
    const gid = Number(fields?.[3])
    if (uid > 0 && gid > 0) return { uid, gid }
  }
  throw new Error(
    'Postgres refuses to run as root, and there is no user carillon, postgres or nobody to run it as. ' +
      'Add one (useradd --system carillon), run Carillon as an ordinary user, or set CARILLON_DATABASE_URL.',
  )
}

/** Only a copy made by root (a restored backup), or a start cut short by an older choice, has the wrong owner below. */
const giveFolder = async (folder: DataFolder, user: User): Promise<void> => {
  await chown(folder.root, user.uid, user.gid)
  for (const path of [folder.lock, folder.cluster, `${folder.cluster}.new`]) {
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && found.uid !== user.uid) await giveTree(path, user)
  }
}

const giveTree = async (path: string, user: User): Promise<void> => {
  const isFolder = (await stat(path)).isDirectory()
  const entries = isFolder ? await readdir(path, { recursive: true }) : []
  for (const entry of ['', ...entries]) await lchown(join(path, entry), user.uid, user.gid)
}

/**
 * The folder or the binaries may lie below one that only root may enter (/root, mktemp -d). Then the server gets the
 * one capability that helps: reading past folder permissions; where a container took that away from root (Docker does),
 * the wider one. Nobody can use either through SQL: no login role of ours is a superuser.
 */
const reachingLauncher = async (context: Context, user: User): Promise<Launcher> => {
  const readPast = capable(user, 'dac_read_search')
  const overridePast = capable(user, 'dac_override')
  const failures: string[] = []
  for (const launcher of [{ prefix: [], ids: user }, readPast, overridePast]) {
    const failure = await probe(context, launcher)
    if (failure !== undefined) {
      failures.push(failure)
      continue
    }
    if (launcher === overridePast) context.log.warn(user, 'postgres runs with CAP_DAC_OVERRIDE')
    return launcher
  }
  throw unreachable(context, user, failures)
}

const capable = (user: User, capability: string): Launcher => ({
  prefix: [
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
    // Postgres looks for its own program with access(2), which overlooks capabilities of ordinary users without this.
    '--securebits=+no_setuid_fixup',
  ],
  ids: {},
})

const probeMs = 10_000
const probeScript = '"$1" --version >/dev/null && : >"$2/.probe" && rm -f "$2/.probe"'

/** Really runs the binary and writes to the folder. Returns undefined when that went well, else what was said. */
const probe = (context: Context, launcher: Launcher): Promise<string | undefined> => {
  const { binaries, folder } = context
  const [command, ...args] = [
    ...launcher.prefix,
    'sh',
    '-c',
    probeScript,
    'sh',
    binaries.postgres,
    folder.root,
  ]
  const options = { ...launcher.ids, cwd: '/', timeout: probeMs }
  return new Promise((resolve) => {
    execFile(command, args, options, (error, _stdout, stderr) =>
      resolve(error === null ? undefined : stderr.trim() || error.message),
    )
  })
}

const unreachable = (context: Context, user: User, failures: readonly string[]): Error =>
  new Error(
    `Postgres refuses to run as root, and the user with id ${user.uid} can't reach ${context.folder.root} or ` +
      `${context.binaries.postgres}: ${failures.join('; ')}. Set CARILLON_DATA_DIR to a folder which that user can ` +
      'reach (and keep the program outside of /root), install setpriv (util-linux), run Carillon as an ordinary user, ' +
      'or set CARILLON_DATABASE_URL to a Postgres server of your own.',
  )
