/**
 * The port to a subscription's function: what it is given, what comes of it, and the host that runs it. Types only, for
 * whoever triggers; the host itself is made by `create-function-host.ts`. Nothing here makes deliveries.
 */
import type { TenantId } from '@carillon/domain/ids'

/** One registration as a function sees it: active, already fetched. */
type FunctionRegistration = {
  /** `reg_…` */
  readonly id: string
  readonly userId: string
  readonly channel: string
  /** The address in that channel. */
  readonly channelConfig: string
  readonly language?: string
}

/** One call of a function. Everything in it must be JSON or what `structuredClone` takes: it goes to another thread. */
export type FunctionInput = {
  readonly tenantId: TenantId
  /** Letters and `_` only: it names the file. Anything else is `not_found`. */
  readonly subscriptionId: string
  readonly eventParameters: unknown
  readonly registrations: readonly FunctionRegistration[]
  /** Channels that have an enabled default integration: `messaging.send` refuses registrations of others. */
  readonly usableChannels: readonly string[]
  /** From 1. A large audience is given in several calls; `isLast` says that none follows. */
  readonly chunk: { readonly number: number; readonly isLast: boolean }
}

/** A message that the function asked for, checked: the registration is one of those given, the texts are within limits. */
export type FunctionMessage = {
  /** `reg_…`, one of the input's. */
  readonly registrationId: string
  /** UUID that the delivery must get: the function was told it. Unique within a call. */
  readonly deliveryId: string
  readonly subject?: string
  /** Literal text, never a template. Not empty. */
  readonly message: string
  readonly html?: string
}

/**
 * What came of a call. `done`: the function ended by itself; `success` is its own word, and `messages` are to become
 * deliveries all or none, also when it says `false`. `failed`: it threw, did not load, ran out of time or memory, or gave
 * no usable result; logged with its stack already, and none of its messages counts.
 */
export type FunctionResult =
  | { readonly kind: 'not_found' }
  | {
      readonly kind: 'done'
      readonly success: boolean
      readonly errorMessage?: string
      readonly messages: readonly FunctionMessage[]
      /** Whatever else it answered, as JSON values; at most 64 KB. */
      readonly extra: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'failed'; readonly errorMessage: string }

/** What a process knows about one function of a tenant. Counts are since it started. Times are epoch ms. */
export type FunctionState = {
  readonly subscriptionId: string
  /** `tenant`: its own file; `common`: the one for every tenant that has none. */
  readonly origin: 'tenant' | 'common'
  /** Relative to the functions folder. */
  readonly file: string
  /** First 12 hex digits of the file's SHA-256; undefined until it was loaded. */
  readonly version: string | undefined
  readonly loadedAtMs: number | undefined
  readonly lastRunAtMs: number | undefined
  readonly lastError: string | undefined
  readonly runs: number
  readonly failures: number
  /** Over all runs; undefined without one. */
  readonly averageMs: number | undefined
}

/** Runs functions, each in a thread of its own. One a process. */
export type FunctionHost = {
  /** Is there a file for it, the tenant's own or the common one? It may still fail to load. */
  readonly has: (subscriptionId: string, tenantId: TenantId) => Promise<boolean>
  /**
   * Calls the function. Never throws for what the function does. `signal` ends the call: the thread is stopped and the
   * result is `failed`.
   */
  readonly run: (input: FunctionInput, signal: AbortSignal) => Promise<FunctionResult>
  /** Every function that the tenant has, by name, and what was seen of it in this tenant's calls. */
  readonly states: (tenantId: TenantId) => Promise<readonly FunctionState[]>
  /** Ends all threads; calls under way are `failed`. */
  readonly close: () => Promise<void>
}
