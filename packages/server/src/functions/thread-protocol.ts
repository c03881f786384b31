/**
 * What the server and a function's thread say to each other. Only strings and plain data: whatever a function makes is
 * turned into text on its own side, so that a getter or a proxy of it never runs on ours.
 */
import type { MessagePort } from 'node:worker_threads'
import type { FunctionInput } from './run-function.ts'

/** What a thread is started with. */
export type ThreadData = {
  readonly port: MessagePort
  /** `file:` URL of the function. */
  readonly url: string
}

export type ThreadCall = {
  readonly kind: 'call'
  readonly number: number
  readonly input: Omit<FunctionInput, 'tenantId'> & { readonly tenantId: string }
}

/** An error as it was thrown, turned into text in the thread. */
export type ThreadError = {
  readonly name: string
  readonly message: string
  /** As V8 wrote it, positions in the user's own file. */
  readonly stack: string
  readonly code?: string
}

/** What a function answered, field by field. */
export type PrintedAnswer =
  | { readonly ok: false; readonly problem: string }
  | {
      readonly ok: true
      readonly success: boolean
      readonly errorMessage?: string
      /** What it says itself; undefined when it is no number. */
      readonly messagesSent?: number
      /** Name and JSON text of each other field. */
      readonly extra: readonly (readonly [string, string])[]
      /** Sentences for the log: fields that were left out, and why. */
      readonly notes: readonly string[]
    }

export type ThreadMessage = {
  readonly registrationId: string
  readonly deliveryId: string
  readonly subject?: string
  readonly message: string
  readonly html?: string
}

/** How the default or the named export was found. */
export type ExportForm = 'execute' | 'default'

export type ThreadReply =
  | { readonly kind: 'loaded'; readonly form: ExportForm }
  | { readonly kind: 'not_loaded'; readonly error: ThreadError }
  | {
      readonly kind: 'log'
      readonly number: number
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      /** JSON of an object; absent without fields. */
      readonly fields?: string
    }
  | {
      readonly kind: 'answer'
      readonly number: number
      readonly answer: PrintedAnswer
      readonly messages: readonly ThreadMessage[]
    }
  | { readonly kind: 'thrown'; readonly number: number; readonly error: ThreadError }
