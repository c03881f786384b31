/** Signs a call as the other side would: for the conformance suite and the examples. Not used when calls come. */
import type { Instant } from '@carillon/domain/clock'
import type { HookRequest } from '../receipts.ts'
import { standardSignature } from '../verify-standard-signature.ts'
import type { InboundSecrets, InboundSettings } from './settings.ts'
import { hmacOf } from './verify-call.ts'

/** The headers to add. A JWS only the other side can make. */
export const signCall = (
  request: HookRequest,
  {
    settings: { auth },
    secrets: { secret = '' },
    now,
  }: {
    readonly settings: InboundSettings
    readonly secrets: Partial<InboundSecrets>
    readonly now: Instant
  },
): Readonly<Record<string, string>> => {
  if (auth.scheme === 'standard-webhooks') {
    const prefix = auth.prefix ?? 'webhook'
    return standardSignature(request.body, { secret, prefix, id: 'msg_1', now })
  }
  if (auth.scheme !== 'hmac') return {}
  const timestamp = String(Math.floor(now / 1_000))
  const signature = hmacOf(request, { auth, secret, timestamp })
  if (signature === undefined) return {}
  return {
    [auth.header.toLowerCase()]: `${auth.prefix ?? ''}${signature}`,
    ...(auth.timestampHeader === undefined
      ? {}
      : { [auth.timestampHeader.toLowerCase()]: timestamp }),
  }
}
