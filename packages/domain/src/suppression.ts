/**
 * What it means that an address is suppressed: for which reasons, how long each holds, for which messages, and which
 * spellings are one address. Not for storing entries, and not for whether an address can be sent to (connectors say that).
 */
import { instant, type Instant } from './clock.ts'
import type { SuppressReason } from './outcome.ts'

/**
 * - `invalid`, `gone`, `blocked`: there is no such address, no more, or it does not want us. Said by a provider.
 * - `complained`, `unsubscribed`: the recipient said so, to a provider or to us.
 * - `bounced`: messages to it came back several times, without a word on why for good.
 * - `manual`: somebody of the tenant put it there.
 */
export const suppressionReasons = [
  'invalid',
  'gone',
  'blocked',
  'complained',
  'unsubscribed',
  'bounced',
  'manual',
] as const

export type SuppressionReason = (typeof suppressionReasons)[number]

/** Every reason that an exchange or a receipt gives is a reason of the list. */
export type SuppressionCause = SuppressReason | 'bounced'

const dayMs = 86_400_000
/** A mailbox that was full or a server that was down is tried again after so long. */
const bouncedForMs = 30 * dayMs

/** How long an entry of this reason holds, in ms; undefined: for good, until somebody lifts it. */
export const suppressedForMs = (reason: SuppressionReason): number | undefined =>
  reason === 'bounced' ? bouncedForMs : undefined

/** When an entry that is made now ends; undefined: never. */
export const suppressedUntil = (reason: SuppressionReason, now: Instant): Instant | undefined => {
  const forMs = suppressedForMs(reason)
  return forMs === undefined ? undefined : instant(now + forMs)
}

/**
 * So many bounces, none later than `suppressedForMs` after the one before, suppress an address: one alone may be a bad day
 * of its server (channels.md section 1: "no suppression until N repeats"). Every other reason counts at once.
 */
export const strikesBefore = (reason: SuppressionReason): number => (reason === 'bounced' ? 3 : 1)

/** What an entry stops: everything to the address, campaigns, or one subscription by its public id. */
export type SuppressionScope = 'all' | 'campaigns' | `subscription:${string}`

/** A scope as text; the id of a subscription is letters and underscores. */
export const scopePattern = '^(?:all|campaigns|subscription:[A-Za-z_]{1,100})$'

/** The scope of everything that a subscription sends. */
export const scopeOfSubscription = (subscriptionId: string): SuppressionScope =>
  `subscription:${subscriptionId}`

/** What a message is part of; neither: a single message of a rule. */
export type MessageTopic = {
  /** The public id. */
  readonly subscriptionId?: string | undefined
  readonly isCampaign?: boolean | undefined
}

/** Does an entry of this scope stop this message? */
export const isStoppedBy = (
  scope: SuppressionScope,
  { subscriptionId, isCampaign = false }: MessageTopic,
): boolean =>
  scope === 'all' ||
  (scope === 'campaigns' && isCampaign) ||
  (subscriptionId !== undefined && scope === scopeOfSubscription(subscriptionId))

/** In UTF-8; what an index takes beside its other columns. No address that anybody writes to is longer. */
export const longestAddressBytes = 1_500

/**
 * The one spelling under which an address is compared, whatever was typed. E-mail in lower case, also before the @: RFC
 * 5321 lets a server tell `Anna@` from `anna@`, no known one does, and who unsubscribes means both. The domain in ASCII.
 * Phone numbers as "+" and digits; other addresses without spaces around them, @names in lower case. Total: what is no
 * address stays as it is. The same again for its own result, and for what a connector's `parseAddress` makes of the text.
 */
export const addressKey = (channel: string, address: string): string => {
  const text = address.trim()
  if (channel === 'email') return mailKey(text)
  if (channel === 'sms' || channel === 'whatsapp') return phoneKey(text)
  return text.startsWith('@') ? text.toLowerCase() : text
}

const isAscii = (text: string): boolean => /^[\u0020-\u007E]*$/.test(text)

const mailKey = (text: string): string => {
  const at = text.lastIndexOf('@')
  const domain = text.slice(at + 1)
  if (isAscii(domain)) return text.toLowerCase()
  return `${text.slice(0, at + 1).toLowerCase()}${asciiDomain(domain)}`
}

/** The URL parser writes international names in ASCII (UTS 46), as `domainToASCII` does in the connectors. */
const asciiDomain = (domain: string): string =>
  URL.parse(`http://${domain}/`)?.hostname ?? domain.toLowerCase()

const phoneKey = (text: string): string => {
  const digits = text.replace(/^(?:\+|00)/, '').replaceAll(/[ .()/-]/g, '')
  return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : text
}

/** The address as strangers may see it: enough to know one's own, `a••••@example.org`, `+39••••••67`. */
export const maskAddress = (address: string): string => {
  const at = address.lastIndexOf('@')
  if (at > 0) return `${address.slice(0, 1)}••••${address.slice(at)}`
  const shown = address.length > 6 ? 2 : 0
  const front = address.slice(0, address.startsWith('+') ? 3 : 1)
  return `${front}••••${shown === 0 ? '' : address.slice(-shown)}`
}
