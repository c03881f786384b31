/**
 * The types of a subscription's function (`functions/<subscriptionId>.ts`): what it is given and what it answers. Types
 * only, so that a function needs nothing at run time.
 */

/** One registration that the message goes to: active, already fetched. */
export type Registration = {
  readonly id: string
  readonly userId: string
  readonly channel: string
  /** The address in that channel: an e-mail address, an E.164 number, a chat's id ... */
  readonly channelConfig: string
  readonly language?: string
}
