/**
 * Builds `data.pec`, what a certified mail says about itself, from the envelope's headers and its daticert.xml.
 * Verifies no signature: a receipt here is a claim until somebody has checked it.
 */
import { toIso } from '@carillon/domain/clock'
import { cleanAddress, cleanMessageId } from './clean-text.ts'
import type { Daticert, DaticertRecipient } from './daticert.ts'
import type { MailHeaders } from './mail-headers.ts'
import { isFinalPecType, type PecKind, type PecMarker, type PecType } from './pec-type.ts'

/** `data.pec` of a mail.received event. Absent facts are null; addresses are in lower case. */
export type PecData = {
  readonly kind: PecKind
  /** The raw value of X-Ricevuta or X-Trasporto, lower case: "preavviso-errore-consegna". */
  readonly wire_type: string
  readonly anomaly: boolean
  /** No further message will change what became of the sending (to this recipient). */
  readonly final: boolean
  /** The cause is a virus (X-VerificaSicurezza: errore, or errore="virus"). */
  readonly virus: boolean
  /** Which time-out notice a preavviso is; null for everything else. */
  readonly notice: '12h' | '24h' | null
  /** The PEC id without brackets: common to all receipts of one sending. */
  readonly identifier: string | null
  /** The sending client's Message-ID in brackets: what our own sent message is found by. */
  readonly reference_message_id: string | null
  /** daticert's errore other than "nessuno": "no-dest", "no-dominio", "virus", "altro" ... */
  readonly error: string | null
  readonly error_detail: string | null
  /** The one recipient that a delivery, a failure or a notice is about. */
  readonly recipient: string | null
  readonly recipients: readonly DaticertRecipient[]
  /** Whom a presa-in-carico covers. */
  readonly taken_for: readonly string[]
  readonly sender: string | null
  readonly reply_to: string | null
  /** The original's subject. */
  readonly subject: string | null
  readonly provider: string | null
  /** When the provider certified it, RFC 3339 in UTC. */
  readonly timestamp: string | null
  readonly receipt_style: string | null
  /** What daticert.xml itself says, which a signature covers, as headers are not; null without a usable daticert.xml. */
  readonly certified: {
    /** Its `tipo`: "avvenuta-consegna". */
    readonly type: string | null
    readonly reference_message_id: string | null
    readonly sender: string | null
  } | null
  /** postacert.eml is enclosed. */
  readonly has_original: boolean
  /** The envelope is multipart/signed. The signature has NOT been checked. */
  readonly signed: boolean
  readonly warnings: readonly string[]
}

/** The facts `pecData` combines. `daticert` is undefined when there is none to trust. */
export type PecFacts = {
  readonly marker: PecMarker
  readonly type: PecType
  readonly headers: MailHeaders
  readonly daticert: Daticert | undefined
  readonly hasOriginal: boolean
  readonly signed: boolean
  readonly warnings: readonly string[]
}

const noticeOf = ({ marker, type }: PecFacts): PecData['notice'] => {
  if (marker.wireType !== 'preavviso-errore-consegna') return null
  return type === 'mancata_consegna' ? '24h' : '12h'
}

const isVirus = ({ headers, daticert, type }: PecFacts): boolean =>
  headers.value('x-verificasicurezza')?.toLowerCase() === 'errore' ||
  daticert?.error === 'virus' ||
  type === 'rilevazione_virus'

const referenceHeader = (headers: MailHeaders): string | undefined =>
  cleanMessageId(headers.value('x-riferimento-message-id'))

const styleHeader = (headers: MailHeaders): string | undefined =>
  headers.value('x-tiporicevuta')?.slice(0, 100).toLowerCase()

const certifiedBy = (daticert: Daticert | undefined): PecData['certified'] =>
  daticert === undefined
    ? null
    : {
        type: daticert.wireType ?? null,
        reference_message_id: daticert.messageId ?? null,
        sender: daticert.sender ?? null,
      }

const fromDaticert = (daticert: Daticert | undefined) => ({
  identifier: daticert?.identifier ?? null,
  error: daticert?.error ?? null,
  error_detail: daticert?.errorDetail ?? null,
  recipient: daticert?.deliveredTo ?? null,
  recipients: daticert?.recipients ?? [],
  taken_for: daticert?.takenFor ?? [],
  reply_to: daticert?.replyTo ?? null,
  subject: daticert?.subject ?? null,
  provider: daticert?.provider ?? null,
  timestamp: daticert?.issuedAt === undefined ? null : toIso(daticert.issuedAt),
})

/** Two places that should agree and don't: sentences for people, none when all is well. */
export const disagreements = (
  marker: PecMarker,
  headers: MailHeaders,
  daticert: Daticert,
): string[] => {
  const reference = referenceHeader(headers)
  const warnings: string[] = []
  if (daticert.wireType !== marker.wireType) {
    warnings.push(
      `daticert.xml says "${daticert.wireType ?? ''}", the header "${marker.wireType}": the header counts`,
    )
  }
  if (daticert.messageId && reference && daticert.messageId !== reference) {
    warnings.push(
      'daticert.xml and X-Riferimento-Message-ID name different messages: daticert.xml counts',
    )
  }
  return warnings
}

/**
 * Who sent the message that a certified mail carries or is about. An envelope's From is the provider: behind daticert
 * come the address in "Per conto di:", then Reply-To, which the sender may have pointed elsewhere.
 */
export const originalSender = (
  marker: PecMarker,
  headers: MailHeaders,
  daticert: Daticert | undefined,
): string | undefined => {
  if (daticert?.sender !== undefined) return daticert.sender
  const envelope = marker.kind === 'transport' || marker.kind === 'anomaly'
  // X-Mittente is there on rilevazione-virus alone (RFC 6109 §3.2.3).
  return envelope
    ? (headers.onBehalfOf ?? headers.replyTo)
    : cleanAddress(headers.value('x-mittente'))
}

/** Puts the facts of one certified mail together. Where header and daticert.xml tell the same thing daticert.xml counts, because the signature covers it. */
export const pecData = (facts: PecFacts): PecData => {
  const { marker, type, headers, daticert } = facts
  return {
    kind: marker.kind,
    wire_type: marker.wireType,
    anomaly: marker.kind === 'anomaly',
    final: isFinalPecType(type),
    virus: isVirus(facts),
    notice: noticeOf(facts),
    reference_message_id: daticert?.messageId ?? referenceHeader(headers) ?? null,
    sender: originalSender(marker, headers, daticert) ?? null,
    receipt_style: daticert?.receiptStyle ?? styleHeader(headers) ?? null,
    ...fromDaticert(daticert),
    certified: certifiedBy(daticert),
    has_original: facts.hasOriginal,
    signed: facts.signed,
    warnings: facts.warnings,
  }
}
