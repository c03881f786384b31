/**
 * What a connector is: one folder that exports one `connector` made by `defineConnector`. A connector turns a message
 * into one exchange through the ports it is given and RETURNS an outcome. It never throws for expected things, never
 * retries, sleeps, logs, reads a clock, the environment or a file, and never opens a socket of its own.
 */
import type { Static, TObject } from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Content, EventView, Language } from '@carillon/domain/content'
import type { Outcome } from '@carillon/domain/outcome'
import type { HttpPort } from './http-port.ts'
import type {
  HookAnswer,
  HookExample,
  HookProof,
  HookRequest,
  PollAnswer,
  PollExample,
} from './receipts.ts'
import type { SmtpPort } from './smtp-port.ts'

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

export type Connector<S extends TObject = TObject, X extends TObject = TObject> = {
  /** kebab-case, the folder's name, what `integration.connector` says. */
  readonly id: string
  readonly name: string
  readonly channel: Channel
  /** One paragraph for the reference page: what it sends to, what the tenant must prepare, links to the vendor. */
  readonly docs: string
  /** JSON Schema of the readable settings (TypeBox, with titles, descriptions and `additionalProperties: false`). */
  readonly settings: S
  /** JSON Schema of the secret fields: encrypted at rest, write-only in the API. */
  readonly secrets: X
  readonly limits: Limits
  /** Secret values that are not spelled out but derived on creation when missing (a webhook's signing secret). */
  readonly generateSecrets?: (randomBytes: (n: number) => Uint8Array) => Partial<Static<X>>
  /** Why no request carries the deliveryId: the provider has no slot for a correlation id. Absent: every request must carry it. */
  readonly noCorrelation?: string
  /** Fields that must hold together (user without password ...): a pointer into `{settings, secrets}` ("/settings/url") and a sentence for each that does not. */
  readonly check?: (
    settings: Static<S>,
    secrets: Partial<Static<X>>,
  ) => readonly { readonly pointer: string; readonly detail: string }[]
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
  /** The "test credentials" button: one harmless exchange. Absent: nothing can be tried without sending. */
  readonly verify?: (
    context: Omit<SendContext<Static<S>, Static<X>>, 'render'>,
  ) => Promise<Verification>
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

/** Checks nothing at run time: gives the object its types. The conformance suite checks the rest. */
export const defineConnector = <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
): Connector<S, X> => connector
