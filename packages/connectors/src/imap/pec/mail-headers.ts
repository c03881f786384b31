/**
 * The envelope's own headers, decoded (RFC 2047, RFC 5322 addresses) by postal-mime. It is given the header block
 * alone: no header of an enclosed message can be taken for the envelope's, and no body is paid for.
 */
import { isUtf8 } from 'node:buffer'
import PostalMime, { decodeWords, type Address, type Email } from 'postal-mime'
import type { Instant } from '@carillon/domain/clock'
import { cleanAddress, cleanMessageId, cleanText } from './clean-text.ts'
import { mimeBounds } from './mime-structure.ts'
import { mailDate } from './zoned-time.ts'

/** The headers that certified mail turns on. Addresses in lower case, message ids in angle brackets. */
export type MailHeaders = {
  /** '' when there is none. */
  readonly subject: string
  readonly messageId: string | undefined
  readonly from: string | undefined
  /** The address after "Per conto di:" in From's display name. */
  readonly onBehalfOf: string | undefined
  readonly replyTo: string | undefined
  /** To and Cc, each address once. */
  readonly to: readonly string[]
  /** When the newest Received header says it arrived. */
  readonly received: Instant | undefined
  readonly date: Instant | undefined
  /** The message bears a mark of having been delivered (Return-Path, Delivered-To or Received). */
  readonly wasDelivered: boolean
  /** The first value of any other header by its lower-case name, trimmed; undefined when absent. */
  readonly value: (name: string) => string | undefined
}

/** The limits handed to postal-mime in every call; its own defaults are far wider. */
export const postalMimeLimits = {
  forceRfc822Attachments: true,
  maxNestingDepth: 4,
  maxHeadersSize: mimeBounds.maxRootHeaderBytes,
  maxRfc822NestingDepth: 0,
} as const

const flatten = (addresses: readonly Address[]): string[] =>
  addresses.flatMap((one) => {
    const members = one.group ?? [one]
    return members.flatMap((member) => cleanAddress(member.address) ?? [])
  })

// On the raw value: unquoted, the colon of "Per conto di:" opens an address group and the name is gone after parsing.
const onBehalfOf = (from: string | undefined): string | undefined => {
  const name = decodeWords((from ?? '').slice(0, 2000))
  return cleanAddress(
    /^["\s]*per conto di\s*:?\s*["<]*([^\s<>"',;]+@[^\s<>"',;]+)/iu.exec(name)?.[1],
  )
}

/** Bytes that are not UTF-8 are taken for windows-1252: old clients put raw Latin-1 into Subject, which UTF-8 would destroy. */
const asUtf8 = (block: Uint8Array): Uint8Array | string =>
  isUtf8(block) ? block : new TextDecoder('windows-1252').decode(block)

const fromEmail = (email: Email): MailHeaders => {
  const value = (name: string): string | undefined =>
    email.headers.find((header) => header.key === name)?.value.trim()
  return {
    subject: cleanText(email.subject, 2000),
    messageId: cleanMessageId(email.messageId),
    from: flatten(email.from ? [email.from] : [])[0],
    onBehalfOf: onBehalfOf(value('from')),
    replyTo: flatten(email.replyTo ?? [])[0],
    to: [...new Set(flatten([...(email.to ?? []), ...(email.cc ?? [])]))],
    received: mailDate(value('received')?.split(';').at(-1)),
    date: mailDate(value('date')),
    wasDelivered: ['return-path', 'delivered-to', 'received'].some((name) => value(name)),
    value,
  }
}

/**
 * Reads a header block's bytes (bounded by the caller). Not ok only when postal-mime refuses them, with its words: a
 * header that it can't stand must not stop the mailbox behind it.
 */
export const readMailHeaders = async (
  block: Uint8Array,
): Promise<
  | { readonly ok: true; readonly headers: MailHeaders }
  | { readonly ok: false; readonly detail: string }
> => {
  try {
    const email = await PostalMime.parse(asUtf8(block), postalMimeLimits)
    return { ok: true, headers: fromEmail(email) }
  } catch (error) {
    return { ok: false, detail: `the header can't be read: ${cleanText(String(error), 500)}` }
  }
}
