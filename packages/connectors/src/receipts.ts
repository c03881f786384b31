/**
 * What a provider says later about a message that it took: the shapes in which a connector hands over receipts that came
 * to our hook (`POST /hooks/{integrationId}`), and those that it asked for itself. Types only; the server matches them
 * with deliveries.
 */
import type { Instant } from '@carillon/domain/clock'
import type { SuppressReason } from '@carillon/domain/outcome'
import type { ReceiptKind } from '@carillon/domain/receipt'
import type { JsonObject } from './json-object.ts'
import type { SourceEvent, Unreadable } from './source.ts'

export type { ReceiptKind } from '@carillon/domain/receipt'

/** A request to our hook, as it came: nothing of it has been believed yet. */
export type HookRequest = {
  readonly method: 'GET' | 'POST'
  /** The URL that the provider called (`CARILLON_PUBLIC_URL` + path + query), for signatures over the URL. */
  readonly url: string
  readonly query: Readonly<Record<string, string>>
  /** Names are lower-case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  /** The bytes as received: signatures are over these and over nothing parsed from them. */
  readonly body: Uint8Array
}

export type Receipt = {
  readonly kind: ReceiptKind
  /** `dlv_…` where the provider echoes it; it wins over `providerId`. */
  readonly deliveryId?: string
  /** The id that the provider gave when it took the message (`accepted.ids`). At least one of the two is there. */
  readonly providerId?: string
  /** What tells this notice from others about the same message; the same one twice is stored once. */
  readonly noticeId: string
  /** When it happened, by the provider's clock; absent: when we received it. */
  readonly at?: Instant
  /** A short code or sentence of the provider, at most 500 characters. */
  readonly reason?: string
  /** Set when the address must not be written to any more. */
  readonly suppress?: SuppressReason
}

/** What the provider expects as the answer where 202 without a body is not enough (challenges, XML). */
export type HookReply = {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** "Look again at the remote thing `key`": a call that is not believed for more than that. */
export type Hint = {
  /** The remote thing's id, at most 512 bytes. */
  readonly key: string
  /** The other side's word for what happened, at most 512 bytes. */
  readonly type: string
  /** Tells it from all others of the integration: a repetition is kept once. At most 512 bytes. */
  readonly id: string
  readonly data?: JsonObject
}

export type HookAnswer =
  /** `receipts` may be empty: a notice that is no receipt, a challenge. All of it is stored before the call is answered. */
  | {
      readonly ok: true
      readonly receipts: readonly Receipt[]
      readonly events?: readonly SourceEvent[]
      readonly hints?: readonly Hint[]
      /**
       * Tell this call from all others, where events have no id of their own: a call that has one of them in common with an
       * earlier one of the last 24 h changes nothing. At most 255 characters each.
       */
      readonly callIds?: readonly string[]
      /** Authentic, and not to be read: kept for people to look at. */
      readonly unreadable?: readonly Unreadable[]
      readonly reply?: HookReply
    }
  /** Wrong or missing signature, outside the time tolerance: answered 401, nothing is stored. */
  | { readonly ok: false; readonly reason: 'unauthenticated'; readonly detail: string }
  /** Authentic, but not to be read: answered 400. */
  | { readonly ok: false; readonly reason: 'malformed'; readonly detail: string }
  /** It can't be told now (keys can't be had): answered 503, so that the other side calls again. */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string }

/** The answer of a question after one message's fate (providers without callbacks). */
export type PollAnswer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  /** Not decided yet: ask again no sooner than this. */
  | { readonly kind: 'pending'; readonly afterMs: number }
  /** The question could not be asked or answered now. */
  | { readonly kind: 'retry'; readonly afterMs: number; readonly reason: string }
  /** The provider does not know the message (any more), or has said all that it will ever say by this way. */
  | { readonly kind: 'gone' }

/** What shows that a call of our hook comes from the provider: the conformance suite alters it and expects a refusal. */
export type HookProof = {
  /** Headers and query parameters that carry the proof, in lower case: without one, or with another value, nobody is believed. */
  readonly headers?: readonly string[]
  readonly query?: readonly string[]
  /** Why the body is not covered by it (a token in the URL, basic authentication). Absent: every byte of the body is. */
  readonly unsignedBody?: string
  /** It is made with a private key of the other side: no secret of ours has a part in it. */
  readonly byPublicKey?: true
  /** How far the call's own time may be from ours, in ms. Absent: the scheme has no time. */
  readonly toleranceMs?: number
}

/** A recorded call of our hook: with these settings and secrets, at this time, the request leads to this answer. */
export type HookExample<Settings, Secrets> = {
  readonly name: string
  readonly settings: Settings
  readonly secrets: Partial<Secrets>
  /** Absent: 2026-11-22T10:00:00Z. */
  readonly now?: Instant
  readonly request: {
    readonly method?: HookRequest['method']
    /** The whole URL with its query; absent: that of a hook without query. */
    readonly url?: string
    /** Names are lower-case. */
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** Members that must be there; lists have these members and no more. `detail` compares as a substring. */
  readonly answer:
    | {
        readonly ok: true
        readonly receipts: readonly Partial<Receipt>[]
        readonly reply?: HookReply
      }
    | {
        readonly ok: false
        readonly reason: 'unauthenticated' | 'malformed'
        readonly detail?: string
      }
}

/** A recorded question after one message: this is asked, this is replied, and it means this. */
export type PollExample<Settings, Secrets> = {
  readonly name: string
  readonly settings: Settings
  readonly secrets: Secrets
  readonly providerId: string
  readonly request?: { readonly method?: string; readonly url?: string }
  readonly reply: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** Members that must be there. */
  readonly answer: { readonly kind: PollAnswer['kind'] } & Readonly<Record<string, unknown>>
}
