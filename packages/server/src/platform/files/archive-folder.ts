/**
 * The archive folder: files that are written once, each tenant's apart. A file has its name only when all of it is on the disk,
 * and no name leads out of the folder. Not for reading back, and not for deleting what has its name.
 */
import { randomBytes } from 'node:crypto'
import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  unlink,
} from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { FileResult, FilesPort } from '@carillon/connectors/archive-ports'

/** Readable by the group: other programs pick the files up. */
const fileMode = 0o640
const folderMode = 0o750

/** In each tenant's folder: files while they are written. They get their names from there, whole. */
const unfinishedFolder = '.unfinished'
const temporaryName = /^\.[0-9a-f]{18}\.tmp$/
/** What is older was left by a process that was killed: writing takes seconds. */
const unfinishedMs = 3_600_000

/** The folder of a tenant (`name` is one path segment) below `root`. It is made with the first file. */
export const archiveFolder = (root: string, name: string): FilesPort => {
  const base = resolve(root, name)
  return {
    write: async (path, bytes) => {
      const target = resolve(base, path)
      const isInside = target.startsWith(`${base}${sep}`) && !path.includes('\0')
      if (!isInside) return { kind: 'refused', reason: 'the path leads out of the archive' }
      if (
        target === join(base, unfinishedFolder) ||
        target.startsWith(join(base, unfinishedFolder, sep))
      )
        return {
          kind: 'refused',
          reason: `"${unfinishedFolder}" is for files while they are written`,
        }
      try {
        return await writeOnce(base, target, bytes)
      } catch (error) {
        return { kind: 'failed', reason: `the archive folder: ${codeOf(error)}` }
      }
    },
  }
}

/** "ENOSPC": what the disk said, without our paths. What is no error of the disk is a bug. */
const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string') throw error
  return code
}

const writeOnce = async (base: string, target: string, bytes: Uint8Array): Promise<FileResult> => {
  await mkdir(base, { recursive: true, mode: folderMode })
  const folder = dirname(target)
  const unfinished = join(base, unfinishedFolder)
  for (const each of [folder, unfinished])
    if (!(await makeFolder(base, each)))
      return { kind: 'refused', reason: 'a part of the path is a symbolic link' }
  await forgetUnfinished(unfinished, Date.now() - unfinishedMs)
  const there = await compare(target, bytes)
  if (there !== 'absent') return there
  try {
    return await writeBy(unfinished, target, bytes)
  } catch (error) {
    // Something is mounted below the tenant's folder: no link leads into it.
    if (codeOf(error) !== 'EXDEV') throw error
    return await writeBy(folder, target, bytes)
  }
}

/**
 * Makes the folder, part by part: a link that somebody laid into the archive must not carry a tenant's files elsewhere, not
 * even an empty folder. False: one of the parts is a symbolic link.
 */
const makeFolder = async (base: string, folder: string): Promise<boolean> => {
  let at = base
  for (const part of folder.slice(base.length).split(sep)) {
    if (part === '') continue
    const parent = at
    at = join(parent, part)
    if (await makePart(at)) await syncFolder(parent)
    if ((await lstat(at)).isSymbolicLink()) return false
  }
  // Whoever swaps a part for a link after the look is not let through either.
  return (await realpath(folder)) === join(await realpath(base), folder.slice(base.length))
}

/** True: it was not there before. */
const makePart = async (path: string): Promise<boolean> => {
  try {
    await mkdir(path, { mode: folderMode })
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return false
  }
}

/** Deletes what a killed process has left. Should its writer live after all, it finds its file gone, and is tried again. */
const forgetUnfinished = async (folder: string, before: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!temporaryName.test(name)) continue
    const found = await unlessGone(lstat(path))
    if (found !== undefined && found.mtimeMs < before) await unlessGone(unlink(path))
  }
}

const unlessGone = async <T>(doing: Promise<T>): Promise<T | undefined> => {
  try {
    return await doing
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const writeBy = async (place: string, target: string, bytes: Uint8Array): Promise<FileResult> => {
  const temporary = join(place, `.${randomBytes(9).toString('hex')}.tmp`)
  try {
    await writeSynced(temporary, bytes)
    if (!(await giveName(temporary, target))) {
      const other = await compare(target, bytes)
      return other === 'absent' ? { kind: 'failed', reason: 'it was there, then gone' } : other
    }
    await syncFolder(dirname(target))
    return { kind: 'written' }
  } finally {
    await unlessGone(unlink(temporary))
  }
}

const compare = async (target: string, bytes: Uint8Array): Promise<FileResult | 'absent'> => {
  const found = await unlessGone(lstat(target))
  if (found === undefined) return 'absent'
  if (!found.isFile()) return { kind: 'refused', reason: `${basename(target)} is no file` }
  const isSame = found.size === bytes.length && (await readFile(target)).equals(bytes)
  return { kind: isSame ? 'same' : 'different' }
}

const writeSynced = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, 'wx', fileMode)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** False: the name is taken. A hard link never replaces anything; where there are none, a rename after the look has to do. */
const giveName = async (temporary: string, target: string): Promise<boolean> => {
  try {
    await link(temporary, target)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return false
    if (!withoutLinks.has(code)) throw error
    await rename(temporary, target)
    return true
  }
}

/** The name itself is on the disk only then. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
