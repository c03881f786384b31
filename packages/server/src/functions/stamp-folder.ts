/**
 * A short text that changes when any file of the functions folder does: a function may import others, so all of them
 * count. Not a checksum of the contents: one look per file is enough for a change to be seen.
 */
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { functionLimits } from './function-limits.ts'

const filesOf = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const parts = await Promise.all(
    entries
      .filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map(async (entry) => {
        const path = join(folder, entry.name)
        return entry.isDirectory() ? await filesOf(path) : [path]
      }),
  )
  return parts.flat()
}

/** When it was last written, its size, and which file it is: an editor that writes anew and renames changes the last. */
const printOf = async (path: string): Promise<string> => {
  const seen = await stat(path, { bigint: true }).catch((_error: unknown) => undefined)
  // Removed in between, or a link to nothing: that it is not there is what counts.
  if (seen === undefined) return `${path}|missing`
  return `${path}|${seen.mtimeNs}|${seen.ctimeNs}|${seen.size}|${seen.ino}`
}

/** The stamp of a folder, without `node_modules` and what begins with a dot; of at most 2,000 files. */
export const stampFolder = async (folder: string): Promise<string> => {
  const files = (await filesOf(folder)).slice(0, functionLimits.watchedFiles)
  const prints = await Promise.all(files.map(printOf))
  return createHash('sha256').update(prints.join('\n')).digest('hex')
}
