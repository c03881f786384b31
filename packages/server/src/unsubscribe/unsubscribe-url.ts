/** Unsubscribe links: how they are made for the sender, and read by the page. Not for answering them: `routes.ts`. */
import type { UnsubscribeUrl } from '../delivery/send-delivery.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { createUnsubscribeTokens, type UnsubscribeTokens } from './token.ts'

/** Short: the line of a header is. */
export const unsubscribePath = '/u/'

/** The tokens of this installation: also those of older keys are known, as long as the keyring has them. */
export const unsubscribeTokensOf = (keyring: Keyring): UnsubscribeTokens =>
  createUnsubscribeTokens(keyring.keysFor('unsubscribe link'))

/** Where a message's links lead to: the public URL itself, and unsubscribing below it. Without one nowhere. */
export const linksOf = (
  publicUrl: string | undefined,
  keyring: Keyring,
): {
  readonly publicUrl: string | undefined
  readonly unsubscribeUrl: UnsubscribeUrl | undefined
} => {
  if (publicUrl === undefined) return { publicUrl, unsubscribeUrl: undefined }
  const tokens = unsubscribeTokensOf(keyring)
  const base = `${publicUrl.replace(/\/$/, '')}${unsubscribePath}`
  return { publicUrl, unsubscribeUrl: (grant) => base + tokens.sign(grant) }
}
