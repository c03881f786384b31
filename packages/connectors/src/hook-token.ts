/**
 * The token in the query of a hook's URL, for providers that sign nothing: who knows the URL is believed. Not for
 * providers with signatures.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import Type from 'typebox'
import type { HookAnswer, HookRequest } from './receipts.ts'

/** The secret field; it is made on creation when left out (`newHookToken`). */
export const hookTokenSecret = Type.Optional(
  Type.String({
    title: 'Hook token',
    description:
      'What the vendor’s notices carry as ?token=… in the URL, because the vendor does not sign them. Made when left out.',
    pattern: '^[A-Za-z0-9_-]{16,128}$',
  }),
)

/** A new token of 192 random bits, for `generateSecrets`. */
export const newHookToken = (
  randomBytes: (n: number) => Uint8Array,
): { readonly hookToken: string } => ({
  hookToken: Buffer.from(randomBytes(24)).toString('base64url'),
})

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** Are two texts the same? Takes as long for a wrong one as for the right one, whatever the lengths. */
export const sameText = (one: string, other: string): boolean =>
  timingSafeEqual(digest(one), digest(other))

/** The answer to a caller whose `token` is missing or wrong, or undefined for the right one. Without a token nobody is right. */
export const refusedByToken = (
  request: HookRequest,
  token: string | undefined,
): HookAnswer | undefined => {
  const isArmed = token !== undefined && token !== ''
  if (isArmed && sameText(request.query['token'] ?? '', token)) return undefined
  const detail = isArmed ? 'the token is missing or wrong' : 'the integration has no hook token'
  return { ok: false, reason: 'unauthenticated', detail }
}
