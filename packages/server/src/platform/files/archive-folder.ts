/**
 * The archive folder: files that are written once, each tenant's apart. A file has its name only when all of it is on the disk,
 * and no name leads out of the folder. Not for reading back, and not for deleting.
 */
import { randomBytes } from 'node:crypto'
import { link, lstat, mkdir, open, readFile, realpath, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { FileResult, FilesPort } from '@carillon/connectors/archive-ports'

/** Readable by the group: other programs pick the files up. */
const fileMode = 0o640
const folderMode = 0o750

/** The folder of a tenant (`name` is one path segment) below `root`. It is made with the first file. */
export const archiveFolder = (root: string, name: string): FilesPort => {
  const base = resolve(root, name)
  return {
    write: async (path, bytes) => {
      const target = resolve(base, path)
      const isInside = target.startsWith(`${base}${sep}`) && !path.includes('\0')
      if (!isInside) return { kind: 'refused', reason: 'the path leads out of the archive' }
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
  const folder = dirname(target)
  await mkdir(folder, { recursive: true, mode: folderMode })
  // A link that somebody laid into the archive must not carry a tenant's files elsewhere.
  const [realBase, realFolder] = [await realpath(base), await realpath(folder)]
  if (realFolder !== join(realBase, folder.slice(base.length)))
    return { kind: 'refused', reason: 'a part of the path is a symbolic link' }
  const there = await compare(target, bytes)
  if (there !== 'absent') return there
  const temporary = join(folder, `.${randomBytes(9).toString('hex')}.tmp`)
  try {
    await writeSynced(temporary, bytes)
    if (!(await giveName(temporary, target))) {
      const other = await compare(target, bytes)
      return other === 'absent' ? { kind: 'failed', reason: 'it was there, then gone' } : other
    }
    await syncFolder(folder)
    return { kind: 'written' }
  } finally {
    await unlink(temporary).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
    })
  }
}

const compare = async (target: string, bytes: Uint8Array): Promise<FileResult | 'absent'> => {
  const found = await lstat(target).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
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
