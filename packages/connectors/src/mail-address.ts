/**
 * Reads one e-mail address strictly: what passes means the same to every mail server and can't become a second
 * recipient or a header. Refuses much that RFC 5321 allows and nobody has (quoted local parts, literals, comments).
 */
import { domainToASCII } from 'node:url'

export type ParsedMailAddress =
  | { readonly ok: true; readonly address: string; readonly domain: string }
  | { readonly ok: false; readonly reason: string }

const refused = (reason: string): ParsedMailAddress => ({ ok: false, reason })

/** RFC 5322 dot-atom in ASCII: nodemailer once sent mail for a quoted local part to another domain (reliability.md 2c). */
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
/** ASCII characters that a domain can't have: `domainToASCII` parses URLs and would cut or decode some of them. */
// oxlint-disable-next-line no-control-regex -- control characters are among them
const foreignToDomains = /[\u0000-\u002C\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007F]/
/** RFC 1123 labels. */
const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads one bare address, surrounded by spaces at most. Returns it with its domain in lower-case A-labels (RFC 5890), so
 * that the header and the envelope carry the same; the local part keeps its case (RFC 5321 section 2.4). Never throws.
 */
export const parseMailAddress = (text: string): ParsedMailAddress => {
  const trimmed = text.replaceAll(/^ +| +$/g, '')
  const at = trimmed.lastIndexOf('@')
  if (at === -1) return refused('An e-mail address has an @, such as anna@example.org.')
  const local = trimmed.slice(0, at)
  if (!localPart.test(local) || local.length > 64) {
    return refused(
      'Write one bare address: letters, digits and . _ + - before the @, without name, quotes, brackets or a second address.',
    )
  }
  const domain = domainOf(trimmed.slice(at + 1))
  if (domain === undefined) return refused('The part behind the @ is not a domain name.')
  const address = `${local}@${domain}`
  // RFC 5321 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets.
  if (address.length > 254) return refused('The address is longer than 254 characters.')
  return { ok: true, address, domain }
}

const domainOf = (text: string): string | undefined => {
  if (foreignToDomains.test(text) || !text.isWellFormed()) return undefined
  const domain = domainToASCII(text).toLowerCase()
  if (domain.length > 253 || !hostName.test(domain)) return undefined
  const top = domain.slice(domain.lastIndexOf('.') + 1)
  // A last label of digits is an IPv4 address to a URL parser; a single label is a typing error, except for the own host.
  if (/^\d+$/.test(top)) return undefined
  return domain.includes('.') || domain === 'localhost' ? domain : undefined
}
