/**
 * Takes a signed envelope apart into what is signed and the signature. The parts are those of the parser that reads the
 * content (`mime-structure.ts`): were openssl left to find them itself, a message could be one thing to it and another to
 * us. Checks nothing.
 *
 * Source: RFC 8551 section 3.5.3, RFC 1847 section 2.1 (what the signature covers).
 */
import { fieldValue, type MimePart } from './mime-structure.ts'

export type SignedPart =
  | {
      readonly ok: true
      /** The signed part with its header, in canonical form: all lines end in CRLF. */
      readonly content: Uint8Array
      /** PKCS #7 in DER. */
      readonly signature: Uint8Array
    }
  | { readonly ok: false; readonly reason: string }

/** A real one has 2 to 8 KB: a signature with a chain of three certificates. */
const maxSignatureBytes = 256 * 1024

const refuse = (reason: string): SignedPart => ({ ok: false, reason })

const lf = 0x0a
const cr = 0x0d

/** Mail that went through a file has LF: the signature is over CRLF. */
const canonical = (part: Buffer): Uint8Array => {
  let bare = 0
  for (let at = 0; at < part.length; at += 1) {
    if (part[at] === lf && (at === 0 || part[at - 1] !== cr)) bare += 1
  }
  if (bare === 0) return part
  const out = Buffer.alloc(part.length + bare)
  let to = 0
  for (let at = 0; at < part.length; at += 1) {
    const byte = part[at] ?? 0
    if (byte === lf && (at === 0 || part[at - 1] !== cr)) {
      out[to] = cr
      to += 1
    }
    out[to] = byte
    to += 1
  }
  return out
}

const isSignature = ({ type }: MimePart): boolean =>
  type === 'application/pkcs7-signature' || type === 'application/x-pkcs7-signature'

/** `raw`: the whole message; `root`: its parts, of these same bytes. Exactly two parts: the content and its signature. */
export const signedPart = (raw: Buffer, root: MimePart): SignedPart => {
  if (root.type !== 'multipart/signed') return refuse('the mail is not signed')
  const [content, signature, third] = root.children
  if (content === undefined || signature === undefined || third !== undefined)
    return refuse('a signed mail has two parts: this one has others')
  if (!content.type.startsWith('multipart/') || !isSignature(signature))
    return refuse('the parts of the mail are not content and signature')
  const encoding = fieldValue(signature.fields, 'content-transfer-encoding') ?? ''
  if (encoding.trim().toLowerCase() !== 'base64') return refuse('the signature is not in base64')
  const text = raw.toString('latin1', signature.bodyStart, signature.bodyEnd)
  if (text.length > 2 * maxSignatureBytes) return refuse('the signature is too large')
  const der = Buffer.from(text.replaceAll(/\s+/gu, ''), 'base64')
  if (der.length === 0) return refuse('the signature is empty')
  return {
    ok: true,
    content: canonical(raw.subarray(content.start, content.end)),
    signature: der,
  }
}
