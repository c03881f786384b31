/**
 * Turns a mail of typed fields into the bytes that go over the wire and the envelope that belongs to them, or says
 * which field is not valid. Not for sending (`smtp-session.ts`).
 */
import type { Dkim, MailAddress, SmtpMail } from '@carillon/connectors/smtp-port'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { onceAsked } from '../once-asked.ts'

/** A message ready to be sent. `from` and `to` are the very addresses that stand in its headers. */
export type ComposedMail = {
  readonly ok: true
  readonly from: string
  readonly to: string
  readonly raw: Buffer
}
export type InvalidMail = { readonly ok: false; readonly reason: string }

/** No control characters: a header that could end early could begin another one (reliability.md T-X4). */
const controls = /(?!\t)[\p{Cc}\u2028\u2029]/u
/** RFC 5322 dot-atom; UTF-8 beside ASCII as in RFC 6531. Quoted local parts are refused: nobody has one, everybody misreads them. */
const localPart = /^[^\p{C}\p{Z}"(),.:;<>@[\\\]]+(\.[^\p{C}\p{Z}"(),.:;<>@[\\\]]+)*$/u
const domainName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/
const internationalDomain = /^[A-Za-z0-9.\-\p{L}\p{M}\p{N}]+$/u
const messageId = /^[!-;=?A-~]+@[!-;=?A-~]+$/
const selector = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/
const printableAscii = /^[\x20-\x7e\t]*$/
/** RFC 5321 §4.5.3.1; a header that can't be folded must still fit RFC 5322's line of 998. */
const limits = { localPart: 64, address: 254, header: 900 }

/** Headers that a connector may add; everything else is a typed field. `X-…` is free. */
const extraHeaders = new Set([
  'auto-submitted',
  'feedback-id',
  'in-reply-to',
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'precedence',
  'references',
  'x-auto-response-suppress',
])

/**
 * RFC 8058 wants both List-Unsubscribe headers signed; nodemailer's own list leaves out the second (channels.md §6).
 */
const signedHeaders =
  'From:To:Reply-To:Subject:Date:Message-ID:MIME-Version:Content-Type:Content-Transfer-Encoding:' +
  'In-Reply-To:References:Auto-Submitted:List-Id:List-Unsubscribe:List-Unsubscribe-Post:Feedback-ID'

/** Throws the sentence for `composeMail` to return; never leaves this file. */
class InvalidField extends Error {}

const demand = (holds: boolean, reason: string): void => {
  if (!holds) throw new InvalidField(reason)
}

/**
 * The domain as it goes over the wire, or '' when it is none. `domainToASCII` is asked about international names
 * only: it drops line breaks, and reads `127.1` as an address.
 */
const asciiDomain = (text: string): string => {
  const isAscii = /^[\x21-\x7e]*$/.test(text)
  const domain = isAscii
    ? text.toLowerCase()
    : internationalDomain.test(text)
      ? domainToASCII(text)
      : ''
  return domainName.test(domain) ? domain : ''
}

/** Parsed once: header and envelope are both written from what this returns. */
const checkedAddress = (field: string, given: MailAddress): { name: string; address: string } => {
  const name = given.name ?? ''
  demand(!controls.test(name) && name.length <= limits.header, `the name of ${field} is not valid`)
  const at = given.address.lastIndexOf('@')
  const local = given.address.slice(0, Math.max(at, 0))
  const domain = asciiDomain(given.address.slice(at + 1))
  const isValid =
    localPart.test(local) &&
    Buffer.byteLength(local) <= limits.localPart &&
    domain !== '' &&
    given.address.length <= limits.address
  demand(isValid, `the address of ${field} is not valid`)
  return { name, address: `${local}@${domain}` }
}

const checkedText = (field: string, text: string): string => {
  demand(!controls.test(text), `${field} has a control character`)
  demand(text.length <= limits.header, `${field} is longer than ${limits.header} characters`)
  return text
}

const checkedHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> => {
  const checked = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase()
    const isAllowed = extraHeaders.has(key) || /^x-[a-z0-9-]{1,70}$/.test(key)
    demand(isAllowed, `the header ${JSON.stringify(name.slice(0, 80))} can't be added`)
    demand(!checked.has(key), `the header ${name} is given twice`)
    checkedText(`the header ${name}`, value)
    demand(printableAscii.test(value), `the header ${name} may have ASCII characters only`)
    demand(value.trim() !== '', `the header ${name} is empty`)
    checked.set(key, value.trim())
  }
  return Object.fromEntries(checked)
}

/** nodemailer sends a mail UNSIGNED when it can't use the key, so the key is tried before. */
const checkedDkim = (dkim: Dkim) => {
  const domain = asciiDomain(dkim.domain)
  demand(domain !== '', 'the DKIM domain is not valid')
  demand(selector.test(dkim.selector), 'the DKIM selector is not valid')
  demand(readKey(dkim.privateKey).asymmetricKeyType === 'rsa', notRsaKey)
  return {
    domainName: domain,
    keySelector: dkim.selector,
    privateKey: dkim.privateKey,
    headerFieldNames: signedHeaders,
  }
}

const notRsaKey = 'the DKIM key is not an RSA private key in PEM'

/** Whatever OpenSSL has against the text (no key, cut, behind a passphrase): it can't sign. */
const readKey = (text: string): KeyObject => {
  try {
    return createPrivateKey(text)
  } catch (error) {
    throw new InvalidField(notRsaKey, { cause: error })
  }
}

/** Loaded with the first mail: a server that sends none saves the memory. */
const composerOf = onceAsked(async () => {
  const { createTransport } = await import('nodemailer')
  return createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
})

const checkedFields = (mail: SmtpMail) => {
  const id = mail.messageId
  demand(messageId.test(id) && id.length <= limits.address, 'the Message-ID is not valid')
  demand(!Number.isNaN(mail.date.getTime()), 'the date is not valid')
  return {
    from: checkedAddress('From', mail.from),
    to: checkedAddress('To', mail.to),
    ...(mail.replyTo !== undefined && { replyTo: checkedAddress('Reply-To', mail.replyTo) }),
    subject: checkedText('the subject', mail.subject),
    text: mail.text,
    ...(mail.html !== undefined && { html: mail.html }),
    messageId: `<${id}>`,
    date: mail.date,
    headers: checkedHeaders(mail.headers ?? {}),
    ...(mail.dkim !== undefined && { dkim: checkedDkim(mail.dkim) }),
  }
}

const compose = async (mail: SmtpMail): Promise<ComposedMail> => {
  const fields = checkedFields(mail)
  const composer = await composerOf()
  const { envelope, message } = await composer.sendMail({
    ...fields,
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const [to, ...others] = envelope.to
  const from = envelope.from
  demand(typeof from === 'string' && to !== undefined && others.length === 0, 'not one recipient')
  if (!Buffer.isBuffer(message)) throw new Error('nodemailer wrote a stream and not a buffer')
  return { ok: true, from: String(from), to: String(to), raw: message }
}

/**
 * Checks every field and writes the message: UTF-8, text and HTML as alternatives, DKIM-signed when asked. Returns
 * the reason when a field is not valid: control characters (CR, LF, NUL and the rest) in anything that becomes a
 * header, an address that is not `local@domain`, a header outside the allow-list, a DKIM key that can't sign.
 */
export const composeMail = async (mail: SmtpMail): Promise<ComposedMail | InvalidMail> => {
  try {
    return await compose(mail)
  } catch (error) {
    if (error instanceof InvalidField) return { ok: false, reason: error.message }
    throw error
  }
}
