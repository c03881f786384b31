/** The events in one file: a saved mail, or JSON with one CloudEvent or an array. What is in an event the server checks. */
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Instant } from '@carillon/domain/clock'
import { describeError } from './describe-error.ts'
import { readMailFile } from './read-mail-file.ts'

/** Where mails are from; absent: not known. */
export type MailOrigin = {
  readonly mailbox?: { readonly email: string }
  /** When the mailbox got them. */
  readonly receivedAt?: Instant
}

export type ReadEvent =
  /** `label`: what it is, for people. */
  | { readonly ok: true; readonly json: string; readonly label: string }
  | { readonly ok: false; readonly reason: string }

/** The events of a file, or why there are none; completes the sentence "<file> …". */
export type FileEvents =
  | { readonly ok: true; readonly events: readonly ReadEvent[]; readonly notes: readonly string[] }
  | { readonly ok: false; readonly reason: string }

/** A file is held in memory as a whole. The largest mail that is read has 50 MB. */
const largestFileBytes = 100 * 1_048_576

/** Reads the file at `path`. Never rejects: what is wrong with a file is in its reason. */
export const readEventFile = async (path: string, context: MailOrigin): Promise<FileEvents> => {
  try {
    const { size } = await stat(path)
    if (size > largestFileBytes) {
      return refuse(`has ${size} bytes, more than ${largestFileBytes}. Remedy: split it.`)
    }
    return await readEventBytes(await readFile(path), { path, context })
  } catch (error) {
    return refuse(`can't be read: ${describeError(error)}`)
  }
}

/** Events in bytes. The name's ending decides between mail and JSON; without a known one (or `-`) the first character does. */
export const readEventBytes = async (
  bytes: Buffer,
  { path, context }: { readonly path: string; readonly context: MailOrigin },
): Promise<FileEvents> =>
  isJson(path, bytes) ? readJson(bytes) : await readMailFile(bytes, context)

const refuse = (reason: string): FileEvents => ({ ok: false, reason })

const isJson = (path: string, bytes: Buffer): boolean => {
  const ending = extname(path).toLowerCase()
  if (ending === '.json' || ending === '.eml') return ending === '.json'
  // A header's name has neither of these, so no mail begins with them.
  return /^\uFEFF?\s*[[{]/.test(bytes.toString('utf8', 0, 1_000))
}

const decode = (bytes: Buffer): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    // The decoder throws a TypeError for bytes that are not UTF-8, and for nothing else.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

const readJson = (bytes: Buffer): FileEvents => {
  const text = decode(bytes)
  if (text === undefined) return refuse('is not UTF-8. Remedy: save it as UTF-8.')
  try {
    const parsed: unknown = JSON.parse(text)
    return readParsed(parsed)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return refuse(
      `is no valid JSON: ${describeError(error)}. Remedy: one event {...}, or an array of events [{...}, {...}].`,
    )
  }
}

const readParsed = (parsed: unknown): FileEvents => {
  const items: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  if (items.length === 0) return refuse('holds no events: its array is empty.')
  return { ok: true, events: items.map(readItem), notes: [] }
}

const readItem = (item: unknown): ReadEvent => {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return { ok: false, reason: 'is no JSON object, so no event' }
  }
  const type = 'type' in item && typeof item.type === 'string' ? item.type : 'without a type'
  return { ok: true, json: JSON.stringify(item), label: type }
}
