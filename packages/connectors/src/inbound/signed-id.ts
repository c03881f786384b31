/**
 * What a call is known by that its signature covers. A delivery id in a header that is not signed tells repetitions of the
 * other side apart, and anybody who has seen one call can write another id over it. Not for whether the call is authentic.
 */
import { createHash } from 'node:crypto'
import type { HookRequest } from '../receipts.ts'
import type { InboundSettings } from './settings.ts'

/** Lengths before the parts: no two lists of parts are hashed as the same bytes. */
const hashOf = (parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return `signed:${hash.digest('hex').slice(0, 40)}`
}

/**
 * The same for every copy of an authentic call, whatever its other headers say; undefined where nothing is signed, so that
 * whoever can make one call can make any. Over what is signed, and not over the signature: some (ES256) can be written in
 * several ways.
 */
export const signedIdOf = (
  { headers, body }: Pick<HookRequest, 'headers' | 'body'>,
  { auth }: Pick<InboundSettings, 'auth'>,
): string | undefined => {
  switch (auth.scheme) {
    case 'standard-webhooks':
      // Signed, and the same when the other side repeats the call at another time.
      return hashOf([headers[`${auth.prefix ?? 'webhook'}-id`] ?? ''])
    case 'hmac': {
      const { timestampHeader } = auth
      const timestamp = timestampHeader === undefined ? '' : headers[timestampHeader.toLowerCase()]
      return hashOf([timestamp ?? '', body])
    }
    case 'jws': {
      const [head = ''] = (headers[auth.header.toLowerCase()] ?? '').split('.')
      return hashOf([head, body])
    }
    case 'token':
    case 'basic':
      return undefined
  }
}
