/**
 * What a connector is: one folder that exports one `connector` made by `defineConnector` (it sends) or `defineReader` (it
 * does not). A sender turns a message into one exchange through the ports it is given and RETURNS an outcome. No connector
 * throws for expected things, retries, sleeps, logs, reads a clock, the environment or a file, or opens a socket of its own.
 */
import type { Static, TObject } from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Content, EventView, Language } from '@carillon/domain/content'
import type { Outcome } from '@carillon/domain/outcome'
import type { DocumentsPort, FilesPort } from './archive-ports.ts'
import type { HttpPort } from './http-port.ts'
import type { ImapPort } from './imap-port.ts'
import type {
  HookAnswer,
  HookExample,
  HookProof,
  HookRequest,
  PollAnswer,
  PollExample,
} from './receipts.ts'
import type { Roster } from './roster.ts'
import type { SmtpPort } from './smtp-port.ts'
import type { Source } from './source.ts'
import type { Tracker } from './tracker.ts'

export type Channel =
  | 'email'
  | 'sms'
  | 'telegram'
  | 'whatsapp'
  | 'teams'
  | 'chat'
  | 'push'
  | 'webhook'
  | 'http'
  | 'membership'
  | 'archive'

/** One rate that a provider enforces: `n` messages per `perMs`, with up to `burst` at once (default 1). */
export type Rate = {
  readonly scope: 'integration' | 'recipient'
  readonly n: number
  readonly perMs: number
  readonly burst?: number
}

/** A provider's limits as data; the number's source stands in a comment beside each. */
export type Limits = {
  readonly rates?: readonly Rate[]
  /** The longest text, counted in `unit`. */
  readonly maxText?: {
    readonly n: number
    readonly unit: 'utf16' | 'codepoints' | 'utf8bytes' | 'gsm7'
  }
  /** Exchanges of one integration at the same time, per worker (default 32). */
  readonly concurrency?: number
}

/** One message to one recipient, ready to be formatted and sent. */
export type OutboundMessage = {
  /** `dlv_…`: the idempotency key, the same on every attempt. Goes into the provider's correlation slot. */
  readonly deliveryId: string
  readonly to: string
  /** 1 for the first exchange of this delivery. */
  readonly attempt: number
  /** An earlier attempt may have got through. */
  readonly possibleDuplicate: boolean
  readonly event: EventView
  readonly content: Content
  readonly language: Language
  /**
   * Where this recipient unsubscribes from what the message is part of. Absent for single messages, and without
   * CARILLON_PUBLIC_URL. Mail carries it in its headers (`mail-parts.ts`); templates print it as {{ unsubscribeUrl }}.
   */
  readonly unsubscribeUrl?: string | undefined
}

/** How a rendered value is escaped inside a template: as is, as JSON string contents, or percent-encoded. */
export type Escape = 'none' | 'json' | 'url'

export type SendContext<Settings, Secrets> = {
  readonly settings: Settings
  readonly secrets: Secrets
  readonly http: HttpPort
  readonly smtp: SmtpPort
  /** Renders a Liquid template from the integration's settings with `event`, `data`, `to`, `content` and `delivery`. Returns the text, or the reason it can't be rendered. */
  readonly render: (
    template: string,
    escape: Escape,
  ) =>
    | { readonly ok: true; readonly text: string }
    | { readonly ok: false; readonly reason: string }
  readonly now: Instant
  /** Absolute URL of this integration's hook, for providers that take a callback URL with each message. Absent when CARILLON_PUBLIC_URL is not set. */
  readonly hookUrl?: string
  /** After this the message is worth nothing: for providers that queue by themselves. Absent: it has no deadline. */
  readonly sendUntil?: Instant
  /** Aborted at the deadline or when the worker must stop: the exchange ends as `unknown` if bytes had left. */
  readonly signal: AbortSignal
  /** Documents of the tracked item that the event is about. Absent where nothing is sent: in `verify`. */
  readonly documents?: DocumentsPort
  /** The tenant's archive folder. Absent where nothing is sent. */
  readonly files?: FilesPort
}

/** What "test credentials" works with. */
export type VerifyContext<Settings, Secrets> = Omit<SendContext<Settings, Secrets>, 'render'> & {
  /** Absent where mailboxes can't be reached: in the suite. */
  readonly imap?: ImapPort
}

/** The answer of "test credentials". */
export type Verification =
  | { readonly ok: true; readonly version?: string; readonly detail?: string }
  | { readonly ok: false; readonly error: string; readonly detail?: string }

/** What an example's fake peer answers, or how it fails. See `conformance.ts`. */
export type ExampleReply =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  | { readonly failure: 'not_sent' | 'no_answer' }
  | { readonly smtp: SmtpExampleReply }

/** For SMTP connectors: the server's reply to the stage named. */
export type SmtpExampleReply = {
  readonly stage: 'connect' | 'auth' | 'mail' | 'rcpt' | 'data' | 'accepted'
  readonly code: number
  readonly text: string
}

/** A recorded exchange: given these settings and this message, this request is expected, this reply leads to this outcome. */
export type Example<Settings, Secrets> = {
  readonly name: string
  readonly settings: Settings
  readonly secrets: Secrets
  readonly message: Partial<OutboundMessage> & { readonly to: string }
  /** Parts of the request that must be there; `body` compares parsed JSON when both sides are JSON. */
  readonly request?: {
    readonly method?: string
    readonly url?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
  }
  readonly reply: ExampleReply
  /** The outcome expected; `reason` compares as a substring. */
  readonly outcome: Partial<Outcome> & { readonly kind: Outcome['kind'] }
}

/** A connector that sends; it may read, too. */
export type SenderConnector<S extends TObject = TObject, X extends TObject = TObject> = {
  /** kebab-case, the folder's name, what `integration.connector` says. */
  readonly id: string
  readonly name: string
  /** One paragraph for the reference page: what it talks to, what the tenant must prepare, links to the vendor. */
  readonly docs: string
  /** JSON Schema of the readable settings (TypeBox, with titles, descriptions and `additionalProperties: false`). */
  readonly settings: S
  /** JSON Schema of the secret fields: encrypted at rest, write-only in the API. */
  readonly secrets: X
  /** Secret values that are not spelled out but derived on creation when missing (a webhook's signing secret). */
  readonly generateSecrets?: (randomBytes: (n: number) => Uint8Array) => Partial<Static<X>>
  /** Fields that must hold together (user without password ...): a pointer into `{settings, secrets}` ("/settings/url") and a sentence for each that does not. */
  readonly check?: (
    settings: Static<S>,
    secrets: Partial<Static<X>>,
  ) => readonly { readonly pointer: string; readonly detail: string }[]
  /** The "test credentials" button: one harmless exchange. Absent: nothing can be tried without sending. */
  readonly verify?: (context: VerifyContext<Static<S>, Static<X>>) => Promise<Verification>
  /** It brings events in. */
  readonly source?: Source<Static<S>, Static<X>>
  /** It has a list of members. */
  readonly roster?: Roster<Static<S>, Static<X>>
  /** It has items with a state that can be mirrored. */
  readonly tracker?: Tracker<Static<S>, Static<X>>
  readonly channel: Channel
  readonly limits: Limits
  /** Why no request carries the deliveryId: the provider has no slot for a correlation id. Absent: every request must carry it. */
  readonly noCorrelation?: string
  /** Is this an address that the connector can send to? Returns the normalised address or the reason why not. */
  readonly parseAddress: (
    to: string,
  ) =>
    | { readonly ok: true; readonly address: string }
    | { readonly ok: false; readonly reason: string }
  readonly send: (
    message: OutboundMessage,
    context: SendContext<Static<S>, Static<X>>,
  ) => Promise<Outcome>
  /** How the provider tells later what became of a message. Absent: it never does, `sent` is the last that is known. */
  readonly receipts?: {
    /** What the tenant must enter in the vendor's console so that notices come to our hook. One sentence. */
    readonly setUp?: string
    /** Reads a call of our hook. Checks the signature first, over the raw bytes; total: hostile input gives an answer. */
    readonly parse?: (
      request: HookRequest,
      context: {
        readonly settings: Static<S>
        readonly secrets: Partial<Static<X>>
        readonly now: Instant
      },
    ) => HookAnswer
    /** Where `parse` finds the proof of a call's origin. Needed beside `parse`. */
    readonly proof?: HookProof
    /** Signs a call as the provider does: the headers to add. For the suite, which needs authentic nonsense; absent where only the provider can sign, or nobody does. */
    readonly sign?: (
      request: HookRequest,
      context: { readonly secrets: Partial<Static<X>>; readonly now: Instant },
    ) => Readonly<Record<string, string>>
    /** Recorded calls of the hook: at least one that gives receipts. */
    readonly examples?: readonly HookExample<Static<S>, Static<X>>[]
    /** Asks after the message with this id (of `accepted.ids`), for providers that can be asked. */
    readonly poll?: (
      providerId: string,
      context: Omit<SendContext<Static<S>, Static<X>>, 'render'>,
    ) => Promise<PollAnswer>
    readonly pollExamples?: readonly PollExample<Static<S>, Static<X>>[]
  }
  readonly examples: readonly Example<Static<S>, Static<X>>[]
}

/** A connector that only reads: a source, a roster, a tracker, or several of these. Its members mean what the sender's mean. */
export type ReaderConnector<S extends TObject = TObject, X extends TObject = TObject> = {
  readonly id: SenderConnector['id']
  readonly name: SenderConnector['name']
  readonly docs: SenderConnector['docs']
  readonly settings: S
  readonly secrets: X
  readonly generateSecrets?: SenderConnector<S, X>['generateSecrets']
  readonly check?: SenderConnector<S, X>['check']
  readonly verify?: SenderConnector<S, X>['verify']
  readonly source?: Source<Static<S>, Static<X>>
  readonly roster?: Roster<Static<S>, Static<X>>
  readonly tracker?: Tracker<Static<S>, Static<X>>
  readonly channel?: undefined
  readonly limits?: undefined
  readonly noCorrelation?: undefined
  readonly parseAddress?: undefined
  readonly send?: undefined
  readonly receipts?: undefined
  readonly examples?: undefined
}

/** Any connector. `send === undefined` tells a reader from a sender. */
export type Connector<S extends TObject = TObject, X extends TObject = TObject> =
  | SenderConnector<S, X>
  | ReaderConnector<S, X>

/** A connector that sends. Checks nothing at run time: gives the object its types. The conformance suite checks the rest. */
export const defineConnector = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
): SenderConnector<S, X> => connector

/** A connector that does not send. Checks nothing at run time. */
export const defineReader = <S extends TObject, X extends TObject>(
  connector: ReaderConnector<S, X>,
): ReaderConnector<S, X> => connector
