/**
 * What makes a connector a tracker: remote items with a state (e-signature transactions) that a state sync mirrors. Types
 * only; when to look, and what a change sets off, is the server's. Our own states and their moves: `domain/sync-status.ts`.
 */
import type { Instant } from '@carillon/domain/clock'
import type { LocalState, Stamps } from '@carillon/domain/sync-status'
import type { HttpPort } from './http-port.ts'

export type RemoteParticipant = {
  readonly name?: string
  readonly email?: string
  /** The other side's word; "waiting" when it says none. */
  readonly status: string
  /** Where this participant acts. */
  readonly url?: string
  readonly viewedAt?: Instant
  readonly signedAt?: Instant
  readonly refusedAt?: Instant
}

export type RemoteDocument = {
  readonly id: string
  readonly name?: string
  readonly url?: string
}

/** A remote item as it is now. */
export type RemoteItem = {
  /** The other side's word for its state: a key of `statuses`, if we know it. */
  readonly remoteState: string
  readonly name?: string
  /** Somebody holds it up (`true`), nobody does (`false`); absent: the other side does not say. */
  readonly isStalled?: boolean
  /** In their order. */
  readonly participants: readonly RemoteParticipant[]
  readonly documents: readonly RemoteDocument[]
  /** When it entered its states, as far as the other side says. */
  readonly times: Stamps
}

/** Why nothing came back. */
export type TrackerFailure =
  /** The other side has no such thing. */
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** The integration itself is refused (bad credentials): no use to go on with others. */
  | { readonly kind: 'stop'; readonly reason: string }

export type TrackerResult = { readonly kind: 'item'; readonly item: RemoteItem } | TrackerFailure

export type RemoteFile =
  | { readonly kind: 'document'; readonly bytes: Uint8Array; readonly contentType: string }
  /** It is there and can't be taken (too large, empty). */
  | { readonly kind: 'unusable'; readonly reason: string }
  | TrackerFailure

export type TrackerContext<Settings, Secrets> = {
  readonly settings: Settings
  readonly secrets: Secrets
  readonly http: HttpPort
  readonly now: Instant
  readonly signal: AbortSignal
}

/** A recorded look: this is asked, this is replied, and it means this. */
export type TrackerExample<Settings, Secrets> = {
  readonly name: string
  readonly settings: Settings
  readonly secrets: Secrets
  readonly remoteId: string
  readonly request?: { readonly method?: string; readonly url?: string }
  readonly reply: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** Members that must be there; lists have these members and no more. */
  readonly result: { readonly kind: TrackerResult['kind'] } & Readonly<Record<string, unknown>>
}

export type Tracker<Settings, Secrets> = {
  /** Remote word -> ours: data. A word that is missing is kept as it came, and changes nothing here. */
  readonly statuses: Readonly<Record<string, LocalState>>
  /** How often open items are looked at. Absent: every 5 min. */
  readonly everyMs?: (settings: Settings) => number
  /** Hints about items that nobody asked us to follow make them followed. Absent: they are refused. */
  readonly takesUnknown?: (settings: Settings) => boolean
  readonly fetch: (
    remoteId: string,
    context: TrackerContext<Settings, Secrets>,
  ) => Promise<TrackerResult>
  /** The bytes of a document, at most 25 MB. */
  readonly download?: (
    remoteId: string,
    documentId: string,
    context: TrackerContext<Settings, Secrets>,
  ) => Promise<RemoteFile>
  readonly examples: readonly TrackerExample<Settings, Secrets>[]
}
