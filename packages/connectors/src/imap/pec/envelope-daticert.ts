/**
 * Finds and decodes the one daticert.xml that certifies an envelope: a direct child of the signed multipart/mixed.
 * Deeper parts never count, whatever they are called; neither does anything inside a message/rfc822.
 */
import PostalMime from 'postal-mime'
import { cleanText } from './clean-text.ts'
import { parseDaticert, type DaticertResult } from './daticert.ts'
import { fieldValue, type MimePart } from './mime-structure.ts'
import { postalMimeLimits } from './mail-headers.ts'

// 1 MiB of file with line ends: base64 takes 1.4 times the bytes, quoted-printable of nothing but non-ASCII 3.1 times.
const maxBase64Bytes = 1.5 * 1024 * 1024
const maxEncodedBytes = 3.25 * 1024 * 1024
// Some mailers pad every line, so a file has at most this many signs. postal-mime allocates a buffer for each: 2 million
// of them in 4 MB took 8 s and 1.9 GB.
const maxPadding = 40_000

/** The parts of the envelope itself: the children of multipart/signed's content, or of an unsigned multipart. */
export const envelopeParts = (root: MimePart): readonly MimePart[] => {
  if (root.type !== 'multipart/signed') return root.children
  return root.children.find((part) => part.type.startsWith('multipart/'))?.children ?? []
}

const parameters = (value: string | undefined): string => {
  const semicolon = (value ?? '').indexOf(';')
  return semicolon < 0 ? '' : (value ?? '').slice(semicolon)
}

/**
 * One part as a message of its own that postal-mime must treat as a file: its names and transfer encoding are the
 * part's, its type is not (a daticert.xml declared text/plain would come back as text).
 */
const asFile = async (
  part: MimePart,
  body: Uint8Array,
): Promise<{ readonly name: string; readonly bytes: Uint8Array }> => {
  const disposition = parameters(fieldValue(part.fields, 'content-disposition'))
  const head = [
    `Content-Type: application/octet-stream${parameters(fieldValue(part.fields, 'content-type'))}`,
    `Content-Disposition: attachment${disposition}`,
    `Content-Transfer-Encoding: ${fieldValue(part.fields, 'content-transfer-encoding') ?? '7bit'}`,
  ]
  const message = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body])
  const email = await PostalMime.parse(message, postalMimeLimits)
  const [file] = email.attachments
  const content = file?.content ?? ''
  const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content)
  return { name: (file?.filename ?? '').trim().toLowerCase(), bytes }
}

const isFile = (part: MimePart): boolean =>
  !part.type.startsWith('multipart/') && !part.type.startsWith('message/')

const namedDaticert = async (parts: readonly MimePart[]): Promise<MimePart[]> => {
  const found: MimePart[] = []
  for (const part of parts.filter(isFile)) {
    // The name alone: the body may be 40 MB of something else.
    // oxlint-disable-next-line no-await-in-loop -- parts are few, and one after the other keeps memory bounded
    const { name } = await asFile(part, new Uint8Array())
    if (name === 'daticert.xml') found.push(part)
  }
  return found
}

const isDecodable = (part: MimePart, body: Uint8Array): boolean => {
  const encoding = fieldValue(part.fields, 'content-transfer-encoding') ?? ''
  if (!/base64/iu.test(encoding)) return body.length <= maxEncodedBytes
  if (body.length > maxBase64Bytes) return false
  let padding = 0
  for (const byte of body) padding += byte === 0x3d ? 1 : 0
  return padding <= maxPadding
}

const refuse = (reason: string): DaticertResult => ({ ok: false, reason })

const readDaticert = async (
  raw: Uint8Array,
  parts: readonly MimePart[],
): Promise<DaticertResult> => {
  const [part, second] = await namedDaticert(parts)
  if (!part) return refuse('missing at the level of the envelope')
  if (second) return refuse('there more than once')
  const body = raw.subarray(part.bodyStart, part.bodyEnd)
  if (!isDecodable(part, body)) return refuse('larger than 1 MiB, or not a file in its encoding')
  const { bytes } = await asFile(part, body)
  return parseDaticert(bytes)
}

/**
 * Takes the message's bytes and the envelope's parts and returns what daticert.xml says, or why there is nothing to
 * trust: missing, there twice (which of them is certified can't be told), over 1 MiB, or broken.
 */
export const envelopeDaticert = async (
  raw: Uint8Array,
  parts: readonly MimePart[],
): Promise<DaticertResult> => {
  try {
    return await readDaticert(raw, parts)
  } catch (error) {
    // postal-mime throws on what it refuses; the receipt is still one without its daticert.xml.
    return refuse(`its part can't be decoded: ${cleanText(String(error), 200)}`)
  }
}

/** Is the original message (postacert.eml) enclosed in the envelope? */
export const enclosesOriginal = (parts: readonly MimePart[]): boolean =>
  parts.some((part) => part.type === 'message/rfc822')
