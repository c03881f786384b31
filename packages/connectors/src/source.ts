/**
 * What makes a connector a source: it is asked in turns (`poll`), it listens for long (`run`), or it is called (`webhook`).
 * Types only. The server decides when, keeps the cursor and stores the events: a connector only reads, and forgets.
 */
import type { Clock, Instant } from '@carillon/domain/clock'
import type { HttpPort } from './http-port.ts'
import type { ImapPort } from './imap-port.ts'
import type { JsonObject } from './json-object.ts'
import type { HookAnswer, HookProof, HookReply, HookRequest, Hint, Receipt } from './receipts.ts'
import type { VerifySignature } from './verify-signature.ts'

/** An event as a source found it. The tenant has each (source, id) once: the same one again is a duplicate. */
export type SourceEvent = {
  /** Stable: the same for the same thing, however often it is read. At most 255 characters, no control characters. */
  readonly id: string
  /** At most 255 characters, not `carillon/…`; for most sources the mailbox, the API, or `<connector>/<int_…>`. */
  readonly source: string
  readonly type: string
  readonly subject?: string
  /** When it happened; absent: when it was read. */
  readonly time?: Instant
  /** At most 256,000 characters of JSON: what is larger goes into quarantine. */
  readonly data: JsonObject
}

/** Something that came and is no event: kept in quarantine for people to look at, and passed over. */
export type Unreadable = {
  /** Tells it from all others of the integration: the same one again is kept once. At most 512 bytes. */
  readonly id: string
  /** A sentence for people. */
  readonly reason: string
  /** What came, as it came, at most 32 MiB; absent: there is nothing to show. */
  readonly raw?: Uint8Array | string
}

/** What reading something kept, or a sample, gives: no cursor moves. */
export type Read = {
  readonly events: readonly SourceEvent[]
  readonly unreadable: readonly Unreadable[]
}

/** What one step of a source gives. Events and cursor are stored in ONE transaction. */
export type SourceBatch = {
  readonly events: readonly SourceEvent[]
  /** Where to go on. Null: from the start. */
  readonly cursor: JsonObject | null
  readonly unreadable?: readonly Unreadable[]
}

/** What a poll gave. */
export type PollResult =
  | (SourceBatch & {
      readonly kind: 'events'
      /** There is more right now: ask again at once. */
      readonly more: boolean
    })
  /** Not now; `afterMs`: the other side said when. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Never again, until somebody changes the integration or starts it: bad credentials. */
  | { readonly kind: 'stop'; readonly reason: string }

/** Why a long run ended: the connection dropped, or it makes no sense to try again. */
export type RunEnd = {
  readonly kind: 'retry' | 'stop'
  readonly reason: string
  readonly afterMs?: number
}

/** Fills a Liquid template from the settings with `scope`: the text, or why it can't be. */
export type RenderText = (
  template: string,
  scope: object,
) => { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

export type SourceContext<Settings, Secrets> = {
  readonly settings: Settings
  readonly secrets: Secrets
  readonly http: HttpPort
  readonly render: RenderText
  readonly now: Instant
  /** Aborted when the source is stopped or the time of the turn is over: return soon, whatever you have. */
  readonly signal: AbortSignal
  readonly integration: {
    /** `int_…`. */
    readonly id: string
    readonly name: string
  }
}

/** What reading something from quarantine needs. */
export type RereadContext<Settings, Secrets> = SourceContext<Settings, Secrets> & {
  readonly verifySignature: VerifySignature
}

export type RunContext<Settings, Secrets> = SourceContext<Settings, Secrets> & {
  readonly imap: ImapPort
  /** Is this S/MIME message signed as it says? See `verify-signature.ts`. */
  readonly verifySignature: VerifySignature
  readonly clock: Clock
  /** Resolves after so long, or at once when the signal fires. */
  readonly sleep: (ms: number) => Promise<void>
}

/** What reading a call needs beside the request. */
export type SourceHookContext<Settings, Secrets> = Omit<
  SourceContext<Settings, Secrets>,
  'secrets'
> & {
  // A connector may be called before its secrets are complete.
  readonly secrets: Partial<Secrets>
  /**
   * A JSON document of public keys (JWKS), fetched by GET and kept for some minutes; undefined when it can't be had now.
   * When the kept one lacks the key `kid`, it is fetched again, at most once a minute.
   */
  readonly publicKeys: (
    url: string,
    wanted?: { readonly kid?: string },
  ) => Promise<JsonObject | undefined>
}

/** Reads a call of our hook. Checks the signature first, over the raw bytes; total: hostile input gives an answer. */
export type SourceHook<Settings, Secrets> = {
  /** What the tenant must enter at the other side so that calls come to our hook. One sentence. */
  readonly setUp?: string
  readonly parse: (
    request: HookRequest,
    context: SourceHookContext<Settings, Secrets>,
  ) => HookAnswer | Promise<HookAnswer>
  /** Where `parse` finds the proof of a call's origin. A function where it depends on the settings. */
  readonly proof: HookProof | ((settings: Settings) => HookProof)
  /** Signs a call as the other side does: the headers to add. For the suite; absent where only the other side can. */
  readonly sign?: (
    request: HookRequest,
    context: {
      readonly settings: Settings
      readonly secrets: Partial<Secrets>
      readonly now: Instant
    },
  ) => Readonly<Record<string, string>>
  readonly examples: readonly SourceHookExample<Settings, Secrets>[]
}

/** A recorded call of a source's hook: with these settings and secrets, at this time, the request leads to this answer. */
export type SourceHookExample<Settings, Secrets> = {
  readonly name: string
  readonly settings: Settings
  readonly secrets: Partial<Secrets>
  /** Absent: 2026-11-22T10:00:00Z. */
  readonly now?: Instant
  readonly request: {
    readonly method?: HookRequest['method']
    readonly url?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** What `publicKeys` gives; absent: nothing can be had. */
  readonly publicKeys?: JsonObject
  /** Members that must be there; lists have these members and no more. `detail` compares as a substring. */
  readonly answer:
    | {
        readonly ok: true
        readonly receipts?: readonly Partial<Receipt>[]
        readonly events?: readonly Partial<SourceEvent>[]
        readonly hints?: readonly Partial<Hint>[]
        readonly unreadable?: readonly Partial<Unreadable>[]
        readonly reply?: HookReply
      }
    | {
        readonly ok: false
        readonly reason: 'unauthenticated' | 'malformed' | 'unavailable'
        readonly detail?: string
      }
}

/** A recorded poll: from this cursor, with this reply, this comes out. */
export type SourceExample<Settings, Secrets> = {
  readonly name: string
  readonly settings: Settings
  readonly secrets: Secrets
  readonly cursor: JsonObject | null
  readonly request?: {
    readonly method?: string
    readonly url?: string
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly reply:
    | {
        readonly status: number
        readonly headers?: Readonly<Record<string, string>>
        readonly body?: string
      }
    | { readonly failure: 'not_sent' | 'no_answer' }
  /** Members that must be there; lists have these members and no more. */
  readonly result: { readonly kind: PollResult['kind'] } & JsonObject
}

/** The part of a connector that makes it a source: at least one of the three ways. */
export type Source<Settings, Secrets> = {
  /** One turn: at most about `limit` events from the cursor on. Never waits for news, never throws for expected things. */
  readonly poll?: (
    given: { readonly cursor: JsonObject | null; readonly limit: number },
    context: SourceContext<Settings, Secrets>,
  ) => Promise<PollResult>
  /** The interval between polls; the runner jitters it. Absent: 5 min. Below 1 s counts as 1 s. */
  readonly everyMs?: (settings: Settings) => number
  /**
   * A long-lived run (IMAP). The runner stores a batch's events AND its cursor in ONE transaction, and only then asks for
   * the next batch; it ends by returning why. A batch without events says that all is well: give one when the
   * connection stands and there is nothing new.
   */
  readonly run?: (
    given: { readonly cursor: JsonObject | null },
    context: RunContext<Settings, Secrets>,
  ) => AsyncGenerator<SourceBatch, RunEnd>
  readonly webhook?: SourceHook<Settings, Secrets>
  /** Reads something from quarantine again, after its settings or this code were mended. Absent: it can't be. */
  readonly reread?: (
    /** `keptAt`: when it came, and went into quarantine. */
    item: { readonly id: string; readonly raw: Uint8Array; readonly keptAt: Instant },
    context: RereadContext<Settings, Secrets>,
  ) => Read | Promise<Read>
  /** What a sample (a call's body, an API's answer) would give: the dry run of a mapping. Absent: there is no mapping. */
  readonly map?: (sample: Uint8Array, context: SourceContext<Settings, Secrets>) => Read
  /** Recorded polls, for the conformance suite: at least one that gives events, where there is `poll`. */
  readonly examples?: readonly SourceExample<Settings, Secrets>[]
}
