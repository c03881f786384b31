/** What the arguments of `ingest` name: files, the files in folders, standard input. Reads no file. */
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { describeError } from './describe-error.ts'

export type FoundFile =
  | { readonly name: string; readonly kind: 'file' | 'stdin' }
  /** `reason` completes the sentence "<name> …". */
  | { readonly name: string; readonly kind: 'missing'; readonly reason: string }

/** In the order given; a folder stands for the .eml and .json files in and below it, by name. Links are not followed there. */
export const findEventFiles = async (args: readonly string[]): Promise<readonly FoundFile[]> =>
  (await Promise.all(args.map(findOne))).flat()

const findOne = async (name: string): Promise<readonly FoundFile[]> => {
  if (name === '-') return [{ name, kind: 'stdin' }]
  try {
    if (!(await stat(name)).isDirectory()) return [{ name, kind: 'file' }]
    const entries = await readdir(name, { recursive: true, withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile() && isEventFile(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
    return files.length > 0
      ? files.map((file): FoundFile => ({ name: file, kind: 'file' }))
      : [{ name, kind: 'missing', reason: 'has no .eml and no .json files in it.' }]
  } catch (error) {
    return [{ name, kind: 'missing', reason: `can't be read: ${describeError(error)}` }]
  }
}

const isEventFile = (name: string): boolean =>
  ['.eml', '.json'].includes(extname(name).toLowerCase())
