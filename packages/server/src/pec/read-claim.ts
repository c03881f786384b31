/**
 * What a mail claims about one of our deliveries, and why it is or is not believed. Pure: from the event's data and what
 * we know of the delivery. Not for finding the delivery, nor for what follows (`correlate-pec.ts`).
 */
import { createHash } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { instant, type Instant } from '@carillon/domain/clock'
import { parseId, type DeliveryId } from '@carillon/domain/ids'
import type { SuppressReason } from '@carillon/domain/outcome'
import { pecFactKind, type PecFactKind } from '@carillon/domain/pec-receipt'

const text = Type.Union([Type.String(), Type.Null()])

/** The members of mail.received that count here; the connector writes them (`connectors/imap/read-message.ts`). */
const receiptMail = Type.Object({
  pec_type: Type.String(),
  pec: Type.Object({
    kind: Type.Literal('receipt'),
    wire_type: Type.String(),
    identifier: text,
    reference_message_id: text,
    error: text,
    error_detail: text,
    recipient: text,
    recipients: Type.Array(Type.Object({ address: Type.String(), type: Type.String() })),
    timestamp: text,
    certified: Type.Union([
      Type.Null(),
      Type.Object({ type: text, reference_message_id: text, sender: text }),
    ]),
    signature: Type.Optional(Type.Object({ valid: Type.Boolean(), reason: text })),
  }),
})

const check = Compile(receiptMail)

export type ReceiptMail = Static<typeof receiptMail>

/** The data of an event as a receipt of certified mail; undefined: it is none. */
export const asReceiptMail = (data: unknown): ReceiptMail | undefined =>
  check.Check(data) ? data : undefined

/** Our Message-IDs are `<dlv_…@domain>` (the smtp connector makes them): the delivery that the mail says it is about. */
export const claimedDelivery = ({ pec }: ReceiptMail): DeliveryId | undefined => {
  const reference = pec.certified?.reference_message_id ?? pec.reference_message_id ?? ''
  const [, own] = /^<?([^@<>]+)@[^@<>]+>?$/u.exec(reference) ?? []
  return own === undefined ? undefined : parseId('delivery', own)
}

/** A mail that we sent: from whom, to whom. Both lower case. */
export type SentMail = { readonly from: string; readonly to: string }

export type Part = {
  readonly key: string
  readonly kind: PecFactKind
  readonly at: Instant
  readonly reason: string
  readonly suppress: SuppressReason | undefined
}

export type Claim =
  | { readonly kind: 'proven'; readonly part: Part }
  | { readonly kind: 'unverified'; readonly reason: string }
  /** Between providers, or of another recipient of the same mail: nothing to show. */
  | { readonly kind: 'none' }

const unverified = ({ pec }: ReceiptMail, why: string): Claim => ({
  kind: 'unverified',
  reason: `A mail claims "${pec.wire_type}" and is not believed: ${why}`,
})

const isExternal = ({ pec }: ReceiptMail, to: string): boolean =>
  pec.recipients.some(({ address, type }) => address === to && type === 'esterno')

const wordsOf = (mail: ReceiptMail, { to }: SentMail): string => {
  const { pec } = mail
  const words = [pec.wire_type, pec.error, pec.error_detail].filter((word) => word !== null)
  // No receipt of delivery will ever come for these: better said than waited for.
  if (mail.pec_type === 'accettazione' && isExternal(mail, to))
    words.push('the recipient’s mailbox is not certified: no receipt of delivery will come')
  return words.join(': ')
}

/** A mailbox that does not exist: the registry says so, or the code that Aruba gives with "altro". */
const suppressOf = ({ pec, pec_type: type }: ReceiptMail): SuppressReason | undefined =>
  type === 'errore_consegna' &&
  (pec.error === 'no-dest' || /^\s*5\.1\.1(?![\d.])/u.test(pec.error_detail ?? ''))
    ? 'invalid'
    : undefined

const keyOf = ({ pec }: ReceiptMail, kind: PecFactKind): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, pec.timestamp, pec.identifier, pec.recipient]))
    .digest('base64url')

/** Is it about the recipient of our mail? Acceptance and refusal are about all of them, the rest about one. */
const isAbout = ({ pec, pec_type: type }: ReceiptMail, to: string): boolean =>
  type === 'accettazione' || type === 'non_accettazione'
    ? pec.recipients.some(({ address }) => address.toLowerCase() === to)
    : pec.recipient?.toLowerCase() === to

/**
 * Everything that must hold before a receipt counts: a good signature, over a daticert.xml that names our Message-ID,
 * our sender and our recipient. Somebody else's real receipt, for a mail that merely bears our Message-ID, has another
 * certified sender.
 */
export const judgeClaim = (mail: ReceiptMail, sent: SentMail): Claim => {
  const { pec } = mail
  const kind = pecFactKind(mail.pec_type)
  if (kind === undefined) return { kind: 'none' }
  if (pec.signature?.valid !== true)
    return unverified(mail, pec.signature?.reason ?? 'signatures of this mailbox are not checked')
  const { certified, timestamp } = pec
  if (certified === null || timestamp === null)
    return unverified(mail, 'it has no certified data that could be read')
  if (certified.type !== pec.wire_type)
    return unverified(mail, `what is signed says "${certified.type ?? ''}"`)
  if (certified.reference_message_id === null)
    return unverified(mail, 'what is signed names no mail of ours')
  if (certified.sender?.toLowerCase() !== sent.from)
    return unverified(mail, `what is signed is about a mail from ${certified.sender ?? 'nobody'}`)
  if (!isAbout(mail, sent.to))
    return unverified(mail, `it is about ${pec.recipient ?? 'other recipients'}, not ${sent.to}`)
  const at = instant(Date.parse(timestamp))
  const reason = wordsOf(mail, sent)
  return {
    kind: 'proven',
    part: { key: keyOf(mail, kind), kind, at, reason, suppress: suppressOf(mail) },
  }
}
