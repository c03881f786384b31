/**
 * What one exchange with one provider came to: data, not exceptions. Connectors return an Outcome and the engine
 * alone decides what follows (see `turn.ts`). Not for bugs: those throw.
 */

/** Facts about the exchange that are kept for people to read; none of them decides anything. */
export type Evidence = {
  readonly httpStatus?: number
  /** The provider's own error code, as text ("131026", "5.1.1"). */
  readonly providerCode?: string
  /** The provider's words, at most 2,000 characters, secrets already removed. */
  readonly providerMessage?: string
}

/** Why an address goes on the suppression list. */
export type SuppressReason = 'invalid' | 'blocked' | 'unsubscribed' | 'gone' | 'complained'

/** What a `retry` pauses: this message, everything to this recipient, or the whole integration. */
export type RetryScope = 'message' | 'recipient' | 'integration'

export type Accepted = {
  readonly kind: 'accepted'
  /** The provider's ids of the message (several when a text was split), for receipts. May be empty. */
  readonly ids: readonly string[]
}
export type Retry = {
  readonly kind: 'retry'
  readonly reason: string
  readonly scope: RetryScope
  /** The wait that the PROVIDER asked for, in ms. Present: the wait uses up no attempt. Absent: our retry policy decides. */
  readonly afterMs?: number
}
/** The request left us and no answer came: it may or may not have been carried out. */
export type Unknown = { readonly kind: 'unknown'; readonly reason: string }
/** The recipient is fine but can't take it now (mailbox full, 24 h window closed). `afterMs` is our guess at when. */
export type Defer = { readonly kind: 'defer'; readonly reason: string; readonly afterMs: number }
/** This address will never take it. With `suppress` it goes on the suppression list. */
export type RecipientRejected = {
  readonly kind: 'recipient_rejected'
  readonly reason: string
  readonly suppress?: SuppressReason
}
/** This message will never be taken (bad template, too large, content policy). Never suppresses anybody. */
export type MessageRejected = { readonly kind: 'message_rejected'; readonly reason: string }
/** The integration itself is refused (bad credentials, no credit, sender not verified, target not allowed). */
export type IntegrationRejected = { readonly kind: 'integration_rejected'; readonly reason: string }
/** The provider names a new address for the recipient. */
export type Moved = { readonly kind: 'moved'; readonly reason: string; readonly address: string }

/** `unsent`: the provider was never asked (a template that can't be rendered): this says nothing of the integration. */
type Unsent = { readonly unsent?: true }

/** The closed union of delivery.md §3, each with the evidence of the exchange. */
export type Outcome = (
  | Accepted
  | Retry
  | Unknown
  | Defer
  | RecipientRejected
  | MessageRejected
  | IntegrationRejected
  | Moved
) &
  Evidence &
  Unsent

/** Every kind of outcome, in the order of delivery.md §3. The SQL CHECK and the API enum are generated from it. */
export const outcomeKinds = [
  'accepted',
  'retry',
  'unknown',
  'defer',
  'recipient_rejected',
  'message_rejected',
  'integration_rejected',
  'moved',
] as const satisfies readonly Outcome['kind'][]

export type OutcomeKind = (typeof outcomeKinds)[number]
