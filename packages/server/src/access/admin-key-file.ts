/**
 * The file in the data folder with the platform-admin key that was generated at the first start: whoever may read it
 * (mode 0600) administers this installation. Not for keys that somebody chose: those are written nowhere.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { apiKeyOf, isKeyShaped, keyRandomBytes } from './api-key.ts'

/** Where the file is (or would be). */
export const adminKeyPath = (dataDir: string): string => join(dataDir, 'admin-api-key')

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new Error(`the API key in ${path} can't be read: run as the user who owns it`, {
      cause: error,
    })
  }
}

/**
 * The generated key, or undefined when there is no such file: for the CLI, when CARILLON_API_KEY is not set. Throws with
 * a remedy when the file can't be read or holds no key.
 */
export const readAdminKey = async (dataDir: string): Promise<string | undefined> => {
  const path = adminKeyPath(dataDir)
  const key = (await readText(path))?.trim()
  if (key === undefined || isKeyShaped(key)) return key
  throw new Error(
    `the file ${path} holds no API key: restore it, or delete it and set CARILLON_API_KEY`,
  )
}

/** Writes beside and renames, so that nobody ever reads half a key. */
const writePrivately = async (path: string, text: string): Promise<void> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/**
 * The key in the file; makes both when there is no file (mode 0600). Its caller sees to it that only one process does
 * so at a time.
 */
export const loadOrCreateAdminKey = async (dataDir: string): Promise<string> => {
  const known = await readAdminKey(dataDir)
  if (known !== undefined) return known
  const key = apiKeyOf(randomBytes(keyRandomBytes))
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writePrivately(adminKeyPath(dataDir), `${key}\n`)
  return key
}
