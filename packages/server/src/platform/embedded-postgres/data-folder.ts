/**
 * The files of the embedded Postgres below Carillon's data directory: the cluster, its password, port, log and lock.
 * Not for starting anything.
 */
import { randomBytes } from 'node:crypto'
import {
  copyFile,
  mkdir,
  open,
  readFile,
  realpath,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'

/** Absolute paths. All lie in `root`, which only the server's user may enter. */
export type DataFolder = {
  readonly root: string
  readonly cluster: string
  readonly hba: string
  readonly lock: string
  readonly log: string
  readonly password: string
  readonly port: string
}

/** Past this size the log is put aside (one old one is kept): it grows only when something is wrong. */
const maxLogBytes = 10 * 1024 * 1024
const lastLineBytes = 4096

/** Makes `<dataDir>/postgres` when it is missing. Paths are resolved, because Postgres is recognised by them. */
export const openDataFolder = async (dataDir: string): Promise<DataFolder> => {
  const path = join(dataDir, 'postgres')
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new Error(`The data directory ${path} can't be made; see CARILLON_DATA_DIR.`, {
      cause: error,
    })
  })
  const root = await realpath(path)
  const inRoot = (name: string): string => join(root, name)
  return {
    root,
    cluster: inRoot('cluster'),
    hba: inRoot('pg_hba.conf'),
    lock: inRoot('lock'),
    log: inRoot('postgres.log'),
    password: inRoot('password'),
    port: inRoot('port'),
  }
}

/** The text of a file, or undefined when there is none. Other failures throw. */
export const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The password of role `carillon`, made once (256 random bits) and kept with mode 0600. `isNew` when it was made now:
 * a cluster that exists already must then be told. Call it only while holding the folder's lock.
 */
export const ensurePassword = async (
  folder: DataFolder,
): Promise<{ readonly password: string; readonly isNew: boolean }> => {
  const kept = (await readIfThere(folder.password))?.trim()
  if (kept !== undefined && /^[\w-]{40,}$/.test(kept)) return { password: kept, isNew: false }
  const password = randomBytes(32).toString('base64url')
  await writeFile(folder.password, password, { mode: 0o600, flush: true })
  return { password, isNew: true }
}

/** Who may connect: Carillon's role from this machine with its password, and nobody else. */
export const writeHba = async (folder: DataFolder): Promise<void> =>
  writeFile(folder.hba, 'host all carillon 127.0.0.1/32 scram-sha-256\n', { mode: 0o644 })

/** Puts the log aside as `postgres.log.1` when it is past 10 MB. Postgres appends, so it just goes on in the emptied file. */
export const trimLog = async (folder: DataFolder): Promise<void> => {
  const size = await stat(folder.log).then(
    (found) => found.size,
    () => 0,
  )
  if (size <= maxLogBytes) return
  await copyFile(folder.log, `${folder.log}.1`)
  await truncate(folder.log, 0)
}

/** What was written to the log since byte `from`, at most the last 4 KB: the reason of a failed start. */
export const lastLogLines = async (folder: DataFolder, from: number): Promise<string> => {
  await using file = await open(folder.log, 'r')
  const { size } = await file.stat()
  const start = Math.max(0, Math.min(from, size), size - lastLineBytes)
  const { buffer, bytesRead } = await file.read(
    Buffer.alloc(lastLineBytes),
    0,
    lastLineBytes,
    start,
  )
  return buffer.subarray(0, bytesRead).toString('utf8').trim()
}
