/**
 * The line of the user's file at which loading failed, for the errors that do not carry it: a missing import, and a syntax
 * error in plain JavaScript. Runs in the function's thread.
 */
import { readFileSync, statSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { ThreadError } from './thread-protocol.ts'

/** The error with "path:line" at the head of its stack, where it can be found; else as it was. */
export const locateLoadError = (error: ThreadError, url: string): ThreadError => {
  const place =
    error.code === 'ERR_MODULE_NOT_FOUND' ? importPlace(error.message) : syntaxPlace(error, url)
  return place === undefined ? error : { ...error, stack: `${place}\n${error.stack}` }
}

/** "Cannot find module '/f/lib/x.ts' imported from /f/A.ts": the line of A.ts that names x.ts. */
const importPlace = (message: string): string | undefined => {
  const [, missing, importer] = /'([^']+)' imported from (.+)$/m.exec(message) ?? []
  const lastPart = missing?.split('/').at(-1)
  if (importer === undefined || lastPart === undefined) return undefined
  const line = linesOf(importer).findIndex((text) => /['"`]/.test(text) && text.includes(lastPart))
  return line === -1 ? undefined : `${importer}:${line + 1}`
}

const linesOf = (path: string): readonly string[] =>
  // The place is a help, no more: of a file that is not there, or is a folder, there is none.
  statSync(path, { throwIfNoEntry: false })?.isFile() === true
    ? readFileSync(path, 'utf8').split('\n')
    : []

/** V8 keeps the place of a syntax error to itself; the parser of types tells it. */
const syntaxPlace = ({ name, stack }: ThreadError, url: string): string | undefined => {
  if (name !== 'SyntaxError' || /^(?:file:\/\/)?\/[^\n]*:\d+\n/.test(stack)) return undefined
  const path = fileURLToPath(url)
  try {
    stripTypeScriptTypes(linesOf(path).join('\n'), { sourceUrl: url })
    return undefined
  } catch (parsed) {
    const found = parsed instanceof Error ? /:(\d+)\n/.exec(parsed.stack ?? '') : null
    return found?.[1] === undefined ? undefined : `${path}:${found[1]}`
  }
}
