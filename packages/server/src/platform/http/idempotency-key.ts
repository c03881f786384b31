/**
 * The pure parts of `Idempotency-Key`: reading the header and fingerprinting the request. Keeping the keys and their
 * answers is the caller's (it belongs into the transaction that creates).
 */
import { createHash } from 'node:crypto'
import { appError } from '@carillon/domain/errors'

const keyPattern = /^[\x21-\x7e]{1,255}$/

/**
 * The key in the header; undefined when there is none. Throws `validation_failed` unless it is 1 to 255 visible ASCII
 * characters (a header sent twice arrives joined by ", " and is refused by its space).
 */
export const parseIdempotencyKey = (
  header: string | readonly string[] | undefined,
): string | undefined => {
  if (header === undefined) return undefined
  if (typeof header === 'string' && keyPattern.test(header)) return header
  const detail = 'Must be 1 to 255 visible ASCII characters without spaces, sent once.'
  throw appError('validation_failed', {
    detail: `header idempotency-key: ${detail}`,
    errors: [{ pointer: 'header idempotency-key', detail }],
  })
}

/**
 * SHA-256 (32 bytes) of what makes two requests the same: method, path with query, and the body byte for byte. The parts
 * are separated by NUL, which can be in neither method nor path.
 */
export const hashRequest = ({
  method,
  url,
  rawBody,
}: {
  readonly method: string
  readonly url: string
  readonly rawBody: Uint8Array | null
}): Buffer =>
  createHash('sha256')
    .update(`${method}\0${url}\0`)
    .update(rawBody ?? new Uint8Array(0))
    .digest()
