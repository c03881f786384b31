/**
 * The PEC parser: turns the bytes of one message of an IMAP mailbox into one `mail.received` event. For certified mail
 * (posta elettronica certificata, RFC 6109) it reads the ENVELOPE: type, references, recipients, times. It does not
 * unwrap postacert.eml, verify signatures, or know IMAP.
 *
 * What is in a PEC mailbox, and what `pec_type` it gets:
 *
 *   X-Ricevuta: accettazione              accettazione                  the provider took the message from the sender
 *   X-Ricevuta: non-accettazione          non_accettazione              refused for its form or a virus; final
 *   X-Ricevuta: presa-in-carico           presa_in_carico               between providers, service mailboxes only
 *   X-Ricevuta: avvenuta-consegna         avvenuta_consegna             delivered to ONE recipient (pec.recipient); final
 *   X-Ricevuta: errore-consegna           errore_consegna               not delivered to one recipient; final
 *   X-Ricevuta: preavviso-errore-consegna preavviso_mancata_consegna    12 h without an answer; not final
 *     the same with errore-esteso 5.4.1   mancata_consegna              24 h without an answer; final
 *   X-Ricevuta: rilevazione-virus         rilevazione_virus             between providers, service mailboxes only
 *   X-Trasporto: posta-certificata        posta_certificata             a certified message that somebody sent
 *   X-Trasporto: errore                   unknown, pec.kind "anomaly"   ordinary mail in an anomaly envelope
 *   neither                               unknown, no `pec`             ordinary mail
 *   any other value                       unknown, pec.wire_type keeps it
 *
 * How it decides, and why:
 * - By the envelope's own headers, X-Ricevuta before X-Trasporto, never by the subject and never by a text part (real
 *   providers declare wrong charsets there). Header names and values in any case, trimmed.
 * - daticert.xml only from the envelope's own level; never for an anomaly envelope, which has none of its own but may
 *   enclose a bounced certified message that has. Broken, doubled or with a DOCTYPE: none of it is used, a warning
 *   says so, and everything the headers tell remains.
 * - `from_address` of an envelope is the real sender: daticert's mittente, else the address in From's "Per conto di:",
 *   else Reply-To (which the sender may have pointed elsewhere), else From. Of a receipt it is the provider.
 * - `direction` is outbound when the real sender is the mailbox itself and the message was not delivered back to it (a
 *   copy in a folder of sent mail); mail to oneself that came in is inbound, and so is every receipt. Without
 *   `mailbox.email` everything is inbound.
 * - `received_at` and `time`: the `receivedAt` given (IMAP INTERNALDATE); else the newest Received header, daticert's
 *   time, the Date header, in this order; else null and no `time`.
 * - `event.subject` is the message that it is about: the sending's own Message-ID where one is named, else its own.
 *
 * `event.id` dedupes: the same message in two folders, or read again after a crash, is one event.
 * - The Message-ID, in brackets. Receipts of one sending to many recipients each have their own (only
 *   `pec.identifier` is common to them), and the source names the mailbox, so nothing is lost between mailboxes.
 * - An anomaly envelope keeps the Message-ID of the mail inside it, which a certified copy of the same mail may carry
 *   as well: its id is `anomalia:<message-id>`, so that neither hides the other.
 * - Without Message-ID: `sha256:` of the raw bytes. With one over 255 characters: `sha256:` of that.
 * - Outside a PEC mailbox a sender picks the Message-ID; repeating one hides only the repetition.
 *
 * Hostile input ends in `ok: false` with a reason, in well under 2 s: see `mimeBounds` and `daticertBounds`. Nothing
 * in here is proof: `pec.signed` says that a signature is there, not that it is good.
 */
import { createHash } from 'node:crypto'
import { toIso, type Instant } from '@carillon/domain/clock'
import { envelopeDaticert, enclosesOriginal, envelopeParts } from './envelope-daticert.ts'
import type { Daticert } from './daticert.ts'
import { readMailHeaders, type MailHeaders } from './mail-headers.ts'
import { mimeBounds, mimeStructure, rootHeader, type MimePart } from './mime-structure.ts'
import { disagreements, originalSender, pecData, type PecData } from './pec-data.ts'
import { pecMarker, pecTypeOf, type PecMarker, type PecType } from './pec-type.ts'

/** Where the message was found. */
export type MailContext = {
  /** The integration's id and the mailbox's own address. */
  readonly mailbox?: { readonly id?: string; readonly email?: string }
  /** When the mailbox got it (IMAP INTERNALDATE). */
  readonly receivedAt?: Instant
}

/** `data` of mail.received (contract.md §5). Addresses are in lower case, message ids in angle brackets. */
export type MailReceivedData = {
  readonly message_id: string | null
  readonly mailbox_id: string | null
  readonly mailbox_email: string | null
  /** The envelope's subject, decoded, one line; '' when there is none. */
  readonly subject: string
  readonly from_address: string | null
  /** To and Cc, at most 1,000. */
  readonly to_addresses: readonly string[]
  readonly direction: 'inbound' | 'outbound'
  readonly pec_type: PecType
  readonly received_at: string | null
  /** Present exactly when the message bears X-Ricevuta or X-Trasporto. */
  readonly pec?: PecData
}

export type MailReceivedEvent = {
  readonly id: string
  /** `mail/` + the mailbox's address, else its id, else "unknown". */
  readonly source: string
  readonly type: 'mail.received'
  readonly subject?: string
  readonly time?: string
  readonly data: MailReceivedData
}

/** Why a message can't be an event. `empty`, `not_a_message`: not mail at all; the others: over a bound. */
export type MailRefusal =
  | 'empty'
  | 'too_large'
  | 'not_a_message'
  | 'headers_too_large'
  | 'too_many_parts'
  | 'too_deep'
  | 'unparsable'

export type ParsedMail =
  | {
      readonly ok: true
      readonly event: MailReceivedEvent
      /** What was odd but did not matter; sentences for people. */
      readonly warnings: readonly string[]
      /** The envelope's From, and its parts in the bytes given: for checking its signature. */
      readonly envelope: { readonly from: string | undefined; readonly root: MimePart }
    }
  | { readonly ok: false; readonly reason: MailRefusal; readonly detail: string }

type Refusal = Extract<ParsedMail, { ok: false }>

type Envelope = {
  readonly ok: true
  readonly raw: Buffer
  readonly root: MimePart
  readonly headers: MailHeaders
}

type Certified = {
  readonly type: PecType
  readonly marker?: PecMarker
  readonly pec?: PecData
  readonly daticert?: Daticert | undefined
}

/** How many addresses of To and Cc an event holds: 60 KB of them. */
const maxAddresses = 1000

const refuse = (reason: MailRefusal, detail: string): Refusal => ({ ok: false, reason, detail })

// Any one of these makes it mail; a text that merely has a colon in its first line does not.
const mailHeader =
  /^(?:from|to|date|subject|message-id|received|return-path|delivered-to|x-ricevuta|x-trasporto)[ \t]*:/imu

const checkHeader = (
  raw: Buffer,
): { readonly ok: true; readonly end: number; readonly body: number } | Refusal => {
  const { maxRawBytes, maxRootHeaderBytes } = mimeBounds
  if (raw.length === 0) return refuse('empty', 'the message has no bytes')
  if (raw.length > maxRawBytes) return refuse('too_large', `more than ${maxRawBytes} bytes`)
  const header = rootHeader(raw)
  const head = raw.toString('latin1', 0, Math.min(header?.end ?? raw.length, maxRootHeaderBytes))
  if (!mailHeader.test(head)) {
    const binary = head.includes('\0')
    return refuse('not_a_message', binary ? 'binary data, not a mail' : 'no mail header in it')
  }
  if (header) return { ok: true, ...header }
  return refuse('headers_too_large', `more than ${maxRootHeaderBytes} bytes of headers`)
}

const readEnvelope = async (raw: Buffer): Promise<Envelope | Refusal> => {
  const header = checkHeader(raw)
  if (!header.ok) return header
  const structure = mimeStructure(raw, header)
  if (!structure.ok) return structure
  const read = await readMailHeaders(raw.subarray(0, header.end))
  if (!read.ok) return refuse('unparsable', read.detail)
  return { ok: true, raw, root: structure.root, headers: read.headers }
}

const readDaticert = async (
  { raw, headers }: Envelope,
  parts: readonly MimePart[],
  marker: PecMarker,
): Promise<{ readonly daticert?: Daticert; readonly warnings: readonly string[] }> => {
  if (marker.kind === 'anomaly' || marker.kind === 'other') return { warnings: [] }
  const read = await envelopeDaticert(raw, parts)
  if (!read.ok) return { warnings: [`daticert.xml not used: ${read.reason}`] }
  const warnings = [...read.warnings, ...disagreements(marker, headers, read.daticert)]
  return { daticert: read.daticert, warnings }
}

const certify = async (envelope: Envelope): Promise<Certified> => {
  const { headers, root } = envelope
  const marker = pecMarker(headers.value('x-ricevuta'), headers.value('x-trasporto'))
  if (!marker) return { type: 'unknown' }
  const parts = envelopeParts(root)
  const { daticert, warnings } = await readDaticert(envelope, parts, marker)
  const type = pecTypeOf(marker, daticert?.errorDetail)
  const pec = pecData({
    marker,
    type,
    headers,
    hasOriginal: enclosesOriginal(parts),
    signed: root.type === 'multipart/signed',
    warnings,
    daticert,
  })
  return { type, marker, pec, daticert }
}

const isEnvelope = (marker: PecMarker | undefined): boolean =>
  marker?.kind === 'transport' || marker?.kind === 'anomaly'

const fromAddress = (headers: MailHeaders, { marker, daticert }: Certified): string | null => {
  const sender =
    marker && isEnvelope(marker) ? originalSender(marker, headers, daticert) : undefined
  return sender ?? headers.from ?? null
}

const directionOf = (
  headers: MailHeaders,
  certified: Certified,
  mailboxEmail: string | undefined,
): 'inbound' | 'outbound' => {
  const { marker, daticert } = certified
  const own = mailboxEmail !== undefined && fromAddress(headers, certified) === mailboxEmail
  if (!own || (marker && !isEnvelope(marker))) return 'inbound'
  const recipients = [...headers.to, ...(daticert?.recipients ?? []).map(({ address }) => address)]
  const delivered = marker !== undefined || headers.wasDelivered
  return delivered && recipients.includes(mailboxEmail) ? 'inbound' : 'outbound'
}

const sha256 = (content: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

const eventId = ({ raw, headers }: Envelope, marker: PecMarker | undefined): string => {
  const { messageId } = headers
  if (messageId === undefined) return sha256(raw)
  const id = marker?.kind === 'anomaly' ? `anomalia:${messageId}` : messageId
  return id.length > 255 ? sha256(id) : id
}

const receivedAt = (
  context: MailContext,
  headers: MailHeaders,
  daticert: Daticert | undefined,
): string | null => {
  const at = context.receivedAt ?? headers.received ?? daticert?.issuedAt ?? headers.date
  return at === undefined ? null : toIso(at)
}

const toEvent = (
  envelope: Envelope,
  certified: Certified,
  context: MailContext,
): MailReceivedEvent => {
  const { headers } = envelope
  const { type, pec, marker, daticert } = certified
  const email = context.mailbox?.email?.trim().toLowerCase() || undefined
  const id = context.mailbox?.id
  const time = receivedAt(context, headers, daticert)
  const subject = pec?.reference_message_id ?? headers.messageId
  return {
    id: eventId(envelope, marker),
    source: `mail/${email ?? id ?? 'unknown'}`,
    type: 'mail.received',
    ...(subject === undefined ? {} : { subject }),
    ...(time === null ? {} : { time }),
    data: {
      message_id: headers.messageId ?? null,
      mailbox_id: id ?? null,
      mailbox_email: email ?? null,
      subject: headers.subject,
      from_address: fromAddress(headers, certified),
      to_addresses: headers.to.slice(0, maxAddresses),
      direction: directionOf(headers, certified, email),
      pec_type: type,
      received_at: time,
      ...(pec ? { pec } : {}),
    },
  }
}

const addressWarnings = ({ to }: MailHeaders): string[] =>
  to.length <= maxAddresses
    ? []
    : [`To and Cc name ${to.length} addresses; ${maxAddresses} are kept`]

/**
 * Parses one message. `raw`: its bytes as IMAP gives them (CRLF) or as a file has them (LF), at most 50 MB. Resolves to
 * the event with warnings, or to the reason why there is none; it never rejects for what is in the message.
 */
export const parseMail = async (
  raw: Uint8Array,
  context: MailContext = {},
): Promise<ParsedMail> => {
  const envelope = await readEnvelope(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength))
  if (!envelope.ok) return envelope
  const certified = await certify(envelope)
  const event = toEvent(envelope, certified, context)
  const warnings = [...(certified.pec?.warnings ?? []), ...addressWarnings(envelope.headers)]
  const { headers, root } = envelope
  return { ok: true, event, warnings, envelope: { from: headers.from, root } }
}
