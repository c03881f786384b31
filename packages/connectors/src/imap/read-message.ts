/**
 * Turns one fetched message into what is stored: an event, with the verdict on its signature where it is certified mail,
 * or something unreadable. Not for fetching, and not for what a receipt does to the delivery that it is about.
 *
 * The event's id is the parser's: the Message-ID, else the hash of the bytes (`pec/parse-mail.ts` says why). Not the uid:
 * the same message in two folders, or after the server has given its uids anew, is one event. Not the hash of the bytes
 * where there is a Message-ID: the copy in a folder of sent mail differs in its trace headers; and a mail that was fed in
 * by `carillon ingest` is the same event, too.
 */
import { createHash } from 'node:crypto'
import { instant, type Instant } from '@carillon/domain/clock'
import type { SourceEvent, Unreadable } from '../source.ts'
import type { SignatureTrust, SignatureVerdict, SignedMail } from '../verify-signature.ts'
import { parseMail, type MailReceivedEvent, type ParsedMail } from './pec/parse-mail.ts'
import { signedPart } from './pec/signed-part.ts'

export type Message = {
  readonly raw: Uint8Array
  /** In bytes, as the server says. */
  readonly size: number
  /** `raw` is only the beginning. */
  readonly truncated: boolean
  readonly receivedAt: Instant | undefined
}

export type ReadContext = {
  readonly mailbox: { readonly id: string; readonly email: string }
  /** Undefined: the signatures of this mailbox are not looked at. */
  readonly trust: SignatureTrust | undefined
  readonly verify: (mail: SignedMail, trust: SignatureTrust) => Promise<SignatureVerdict>
  readonly now: Instant
}

export type ReadMessage =
  | { readonly kind: 'event'; readonly event: SourceEvent }
  | { readonly kind: 'unreadable'; readonly unreadable: Unreadable }

/** Of what can't be read this much is kept. */
export const keptBytes = 1_048_576
const maxIdBytes = 512

const sha256 = (content: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

const eventId = (id: string): string => (Buffer.byteLength(id) > maxIdBytes ? sha256(id) : id)

type Parsed = Extract<ParsedMail, { ok: true }>

const refused = (reason: string): SignatureVerdict => ({
  valid: false,
  signer: null,
  issuer: null,
  expired: false,
  reason,
})

/**
 * Headers are not signed. A good signature over an acceptance must not vouch for a header that says "delivered", and a
 * receipt without daticert.xml certifies nothing.
 */
const contradiction = ({ data }: MailReceivedEvent): string | undefined => {
  const { pec } = data
  if (pec === undefined || (pec.kind !== 'receipt' && pec.kind !== 'transport')) return undefined
  if (pec.certified === null) return 'the signed part has no daticert.xml that could be read'
  if (pec.certified.type === pec.wire_type) return undefined
  return `the signed daticert.xml says "${pec.certified.type ?? ''}", the header "${pec.wire_type}"`
}

const verdictOf = async (
  message: Message,
  { event, envelope }: Parsed,
  { verify, now }: ReadContext,
  trust: SignatureTrust,
): Promise<SignatureVerdict> => {
  const { raw } = message
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  if (event.data.pec?.signed !== true) return refused('the mail is not signed')
  if (message.truncated) return refused('the mail is too large: only its beginning was read')
  const part = signedPart(bytes, envelope.root)
  if (!part.ok) return refused(part.reason)
  if (envelope.from === undefined) return refused('the mail has no sender')
  const { content, signature } = part
  const at = message.receivedAt ?? now
  const verdict = await verify({ content, signature, from: envelope.from, at }, trust)
  const problem = verdict.valid ? contradiction(event) : undefined
  return problem === undefined ? verdict : { ...verdict, valid: false, reason: problem }
}

const dataOf = async (message: Message, parsed: Parsed, context: ReadContext) => {
  const { data } = parsed.event
  const size = message.truncated ? { size: message.size, truncated: true } : {}
  if (data.pec === undefined || context.trust === undefined) return { ...data, ...size }
  const signature = await verdictOf(message, parsed, context, context.trust)
  return { ...data, pec: { ...data.pec, signature }, ...size }
}

/** Reads one message. Never rejects for what is in it. */
export const readMessage = async (message: Message, context: ReadContext): Promise<ReadMessage> => {
  const { mailbox } = context
  const { raw, receivedAt } = message
  const given = receivedAt === undefined ? { mailbox } : { mailbox, receivedAt }
  const parsed = await parseMail(raw, given)
  if (!parsed.ok) {
    const reason = `${parsed.reason}: ${parsed.detail}`
    const kept = raw.subarray(0, keptBytes)
    return { kind: 'unreadable', unreadable: { id: sha256(raw), reason, raw: kept } }
  }
  const { id, source, type, subject, time } = parsed.event
  return {
    kind: 'event',
    event: {
      id: eventId(id),
      source,
      type,
      ...(subject === undefined ? {} : { subject }),
      ...(time === undefined ? {} : { time: instant(Date.parse(time)) }),
      data: await dataOf(message, parsed, context),
    },
  }
}
