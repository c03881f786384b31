/**
 * The types of a subscription's function (`functions/<subscriptionId>.ts`): what it is given and what it answers. Types
 * only, so that a function needs nothing at run time: import them with `import type`.
 */

/** One registration that a message can go to: active, already fetched. */
export type Registration = {
  /** `reg_…` */
  readonly id: string
  /** The person of ours (`usr_…`), or the id that the application gave when it registered its user. */
  readonly userId: string
  /** "email", "sms", "whatsapp", "teams", "telegram" … */
  readonly channel: string
  /** The address in that channel: an e-mail address, an E.164 number, a chat's id ... */
  readonly channelConfig: string
  /** The person's wish, such as "it"; absent: none is known. */
  readonly language?: string
}

/** One message. Literal text: nothing in it is treated as a template. */
export type Message = {
  /** One of those that the function was given. */
  readonly registration: Registration
  /** For channels that have one (e-mail); at most 1,000 characters, one line. */
  readonly subject?: string
  /** The text; not empty, at most 100,000 characters. Shorter channels cut it as their connector says. */
  readonly message: string
  /** For channels that show it (e-mail), beside the text; at most 500,000 characters. */
  readonly html?: string
}

/**
 * What `messaging.send` says. `success` means that the message was taken; it is delivered when the function has ended
 * well: when it throws, nothing is sent at all.
 */
export type SendResult =
  | { readonly success: true; readonly deliveryId: string }
  | { readonly success: false; readonly deliveryId: null; readonly errorMessage: string }

/** Takes messages. It never throws for a message that can't be sent: look at `success`. */
export type Messaging = {
  readonly send: (message: Message) => Promise<SendResult>
}

type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void

/** Writes to the server's log, with the tenant and the subscription. Addresses and secrets are removed by field name. */
export type FunctionLog = {
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
}

/** What a function is given. `Parameters` is what its triggers send as `eventParameters`; it is not checked for you. */
export type FunctionInput<Parameters = unknown> = {
  readonly tenantId: string
  readonly subscriptionId: string
  readonly eventParameters: Parameters
  /** At most 1,000 at a time: a larger audience is given in several calls, see `chunk`. */
  readonly registrations: readonly Registration[]
  /** Which of these calls this is, from 1, and whether another one follows. */
  readonly chunk: { readonly number: number; readonly isLast: boolean }
  readonly messaging: Messaging
  readonly log: FunctionLog
}

/** What a function answers. Further fields are passed on to whoever triggered it, as JSON. */
export type FunctionResult = {
  readonly success: boolean
  /** For your own control: the server counts itself and notes a difference in its log. */
  readonly messagesSent: number
  readonly errorMessage?: string
  readonly [extra: string]: unknown
}

/** A function. Export it under the name `execute`. */
export type Execute<Parameters = unknown> = (
  input: FunctionInput<Parameters>,
) => Promise<FunctionResult> | FunctionResult
