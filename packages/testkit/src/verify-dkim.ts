/**
 * Checks the DKIM signature of a mail as a receiver does (RFC 6376, relaxed/relaxed, rsa-sha256), with a public key instead
 * of DNS. Written apart from what signs, so that both must agree. Not for other canonicalisations.
 */
import { createHash, verify, type KeyObject } from 'node:crypto'

export type DkimVerdict = {
  /** Body hash and signature are right. */
  readonly isValid: boolean
  /** Names of the signed headers, in lower case. */
  readonly signed: readonly string[]
  readonly domain: string
  readonly selector: string
}

type Header = { readonly name: string; readonly value: string }

/** The header lines of a mail, unfolded, and its body; lines end in CRLF. */
const split = (raw: string): { readonly headers: readonly Header[]; readonly body: string } => {
  const text = raw.replaceAll(/\r?\n/g, '\r\n')
  const end = text.indexOf('\r\n\r\n')
  const headers = text
    .slice(0, end)
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
    .map((line) => ({
      name: line.slice(0, line.indexOf(':')),
      value: line.slice(line.indexOf(':') + 1),
    }))
  return { headers, body: text.slice(end + 4) }
}

/** RFC 6376 section 3.4.2. */
const relaxedHeader = ({ name, value }: Header): string =>
  `${name.trim().toLowerCase()}:${value.replaceAll(/[ \t\r\n]+/g, ' ').trim()}`

/** RFC 6376 section 3.4.4. */
const relaxedBody = (body: string): string => {
  const lines = body.split('\r\n').map((line) => line.replaceAll(/[ \t]+/g, ' ').replace(/ $/, ''))
  const text = lines.join('\r\n').replace(/(?:\r\n)+$/, '')
  return text === '' ? '' : `${text}\r\n`
}

const tagsOf = (value: string): ReadonlyMap<string, string> =>
  new Map(
    value.split(';').map((tag) => {
      const at = tag.indexOf('=')
      return [tag.slice(0, at).trim(), tag.slice(at + 1).replaceAll(/\s+/g, '')]
    }),
  )

/** Verifies the first DKIM-Signature of the mail. Throws when there is none. */
export const verifyDkim = (raw: string, publicKey: KeyObject): DkimVerdict => {
  const { headers, body } = split(raw)
  const own = headers.find(({ name }) => name.toLowerCase() === 'dkim-signature')
  if (own === undefined) throw new Error('the mail has no DKIM-Signature')
  const tags = tagsOf(own.value)
  const signed = (tags.get('h') ?? '').toLowerCase().split(':')
  const left = [...headers]
  // Of several headers of one name, the last counts first (section 5.4.2).
  const lines = signed.flatMap((name) => {
    const at = left.findLastIndex((header) => header.name.toLowerCase() === name)
    const [found] = at === -1 ? [] : left.splice(at, 1)
    return found === undefined ? [] : [`${relaxedHeader(found)}\r\n`]
  })
  const unsigned = { ...own, value: own.value.replace(/(^|;)(\s*b\s*=)[^;]*/, '$1$2') }
  const text = `${lines.join('')}${relaxedHeader(unsigned)}`
  const hash = createHash('sha256').update(relaxedBody(body)).digest('base64')
  const signature = Buffer.from(tags.get('b') ?? '', 'base64')
  return {
    isValid:
      tags.get('c') === 'relaxed/relaxed' &&
      tags.get('a') === 'rsa-sha256' &&
      tags.get('bh') === hash &&
      verify('sha256', Buffer.from(text), publicKey, signature),
    signed,
    domain: tags.get('d') ?? '',
    selector: tags.get('s') ?? '',
  }
}
