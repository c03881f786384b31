/**
 * Is a call signed as the Standard Webhooks specification 1.0.0 says (also by Svix, whose headers are called svix-*)?
 * Symmetric scheme v1 only. Signs, too, for tests; the `webhook` connector has a signer of its own for its hot path.
 */
import { createHmac } from 'node:crypto'
import type { Instant } from '@carillon/domain/clock'
import { sameText } from './hook-token.ts'
import type { HookRequest } from './receipts.ts'

/** How far a call's time may be from ours, in both directions: what the specification's libraries allow. */
export const standardToleranceMs = 5 * 60_000

/** The key in a signing secret: base64 with or without `whsec_`. Undefined when it is neither: nothing may verify then. */
const keyOf = (secret: string): Buffer | undefined => {
  const encoded = secret.replace(/^whsec_/, '')
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    return undefined
  }
  return Buffer.from(encoded, 'base64')
}

const signatureOf = (key: Buffer, id: string, timestamp: string, body: Uint8Array): string =>
  `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`

/**
 * Returns undefined for a call that was signed with this secret and is not older or newer than five minutes, else what is
 * wrong with it. `prefix` is that of the three headers: "webhook" or "svix". Several signatures may stand in the header,
 * separated by spaces; one that fits is enough, unknown versions are skipped.
 */
export const standardSignatureProblem = (
  { headers, body }: Pick<HookRequest, 'headers' | 'body'>,
  given: { readonly secret: string | undefined; readonly prefix: string; readonly now: Instant },
): string | undefined => {
  const key = keyOf(given.secret ?? '')
  if (key === undefined) return 'the integration has no signing secret'
  const id = headers[`${given.prefix}-id`] ?? ''
  const timestamp = headers[`${given.prefix}-timestamp`] ?? ''
  const signatures = (headers[`${given.prefix}-signature`] ?? '').split(' ')
  if (id === '' || !/^\d{1,12}$/.test(timestamp)) return 'the call is not signed'
  if (Math.abs(given.now - Number(timestamp) * 1_000) > standardToleranceMs) {
    return 'the call is older or newer than five minutes'
  }
  const expected = signatureOf(key, id, timestamp, body)
  return signatures.some((signature) => sameText(signature, expected))
    ? undefined
    : 'no signature fits'
}

/** Signs a call as the provider does. A secret that is none signs nothing. */
export const standardSignature = (
  body: Uint8Array,
  given: {
    readonly secret: string | undefined
    readonly prefix: string
    readonly id: string
    readonly now: Instant
  },
): Readonly<Record<string, string>> => {
  const key = keyOf(given.secret ?? '')
  if (key === undefined) return {}
  const timestamp = String(Math.floor(given.now / 1_000))
  return {
    [`${given.prefix}-id`]: given.id,
    [`${given.prefix}-timestamp`]: timestamp,
    [`${given.prefix}-signature`]: signatureOf(key, given.id, timestamp, body),
  }
}
