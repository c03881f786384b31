/**
 * The one way a connector has the signature of a mail checked: bytes and trust in, a verdict out, nothing thrown. The
 * server's implementation runs openssl in a child process with limits. Not for what follows from a verdict.
 */
import type { Instant } from '@carillon/domain/clock'

/** Whose signatures count. */
export type SignatureTrust = {
  /** Certificates of authorities as PEM; each is an anchor. None: nothing can be valid. */
  readonly ca: string
  /** Domains whose addresses may sign, subdomains included; empty: any that the authorities vouch for. */
  readonly providers: readonly string[]
}

/** A signed mail, taken apart by the parser that also reads its content: what is checked is what is shown. */
export type SignedMail = {
  /** The signed part as it came, headers included. */
  readonly content: Uint8Array
  /** The detached PKCS #7 signature in DER. */
  readonly signature: Uint8Array
  /** The address that the mail comes from, lower case: the signer's must be the same. */
  readonly from: string
  /** The certificates must have been good at this time: when the mailbox got the mail. */
  readonly at: Instant
}

/**
 * - `valid`: true only when content, chain, purpose and address have all been checked and are good.
 * - `signer`, `issuer`: address and issuer's common name of the signing certificate, null where none could be read.
 *   Not to be believed when `valid` is false.
 * - `expired`: the certificate's time is over NOW; a valid signature stays valid.
 * - `reason`: why it is not valid: a sentence; null when it is.
 */
export type SignatureVerdict = {
  readonly valid: boolean
  readonly signer: string | null
  readonly issuer: string | null
  readonly expired: boolean
  readonly reason: string | null
}

export type VerifySignature = (
  mail: SignedMail,
  trust: SignatureTrust,
  signal: AbortSignal,
) => Promise<SignatureVerdict>
