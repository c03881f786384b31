/**
 * The key file in the data directory: made once at the first start when no CARILLON_SECRET_KEY is given. Kept out of
 * database backups on purpose: a stolen backup without it opens nothing.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseSecretKeys, type SecretKey } from './secret-keys.ts'

export type KeyFile = {
  readonly keys: readonly SecretKey[]
  readonly activeId: string
  /** True when this call made the file: the moment to tell the operator to back it up. */
  readonly created: boolean
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const writeTemporary = async (path: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(32).toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Makes the file unless it is there. The complete temporary file is put in place by `link`, which fails when the name
 * is taken: of two processes that start together one wins, and nobody ever reads half a key.
 */
const createIfMissing = async (path: string): Promise<boolean> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeTemporary(temporary)
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw new Error(`cannot create the key file ${path}`, { cause: error })
  } finally {
    await unlink(temporary)
  }
}

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw new Error(`cannot look at the key file ${path}`, { cause: error })
  }
}

/**
 * The keys in the file at `path`, which is made with one new key (mode 0600) when it does not exist. The file has the
 * syntax of CARILLON_SECRET_KEY, so a rotation may write several into it. Throws with a remedy when the file can't be
 * read, holds no valid keys, or is readable by others.
 */
export const loadOrCreateKeyFile = async (path: string): Promise<KeyFile> => {
  const created = (await exists(path)) ? false : await createIfMissing(path)
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw new Error(
      `the key file ${path} can be read by other users: run "chmod 600 ${path}", or give the key as CARILLON_SECRET_KEY`,
    )
  }
  const parsed = parseSecretKeys(await readFile(path, 'utf8'))
  if (!parsed.ok) {
    throw new Error(
      `the key file ${path} is damaged (${parsed.error}): restore it from your backup; a new key would not open what is stored`,
    )
  }
  return { keys: parsed.keys, activeId: parsed.activeId, created }
}
