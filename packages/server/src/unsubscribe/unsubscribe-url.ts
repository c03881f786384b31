/** The address of an unsubscribe link, for the sender. Not for answering it: `routes.ts`. */
import type { UnsubscribeUrl } from '../delivery/send-delivery.ts'
import type { UnsubscribeTokens } from './token.ts'

/** Short: the line of a header is. */
export const unsubscribePath = '/u/'

/** Makes links below the public URL; undefined without one: a link must lead somewhere. */
export const createUnsubscribeUrl = (
  publicUrl: string | undefined,
  tokens: UnsubscribeTokens,
): UnsubscribeUrl | undefined => {
  if (publicUrl === undefined) return undefined
  const base = `${publicUrl.replace(/\/$/, '')}${unsubscribePath}`
  return (grant) => base + tokens.sign(grant)
}
