/**
 * Who acts, carried from the HTTP edge to the transactions of the same request without being handed through every
 * function in between. Only for the audit log: what an actor MAY do is decided from the principal, never from this.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

const actors = new AsyncLocalStorage<string>()

/**
 * What an actor looks like: `key_…` or `usr_…`, or `recipient`, who follows a link in a message to it; it goes into SQL as
 * text.
 */
const actorPattern = /^(?:[a-z]{3}_[0-9a-z]{1,40}|recipient)$/

/** Runs `work` and all that it begins as done by this actor. Throws when `actor` is no printed id. */
export const asActor = <Result>(actor: string, work: () => Result): Result => {
  if (!actorPattern.test(actor)) throw new Error(`not an actor: ${JSON.stringify(actor)}`)
  return actors.run(actor, work)
}

/** Who acts here; undefined outside of a request: the system itself. */
export const currentActor = (): string | undefined => actors.getStore()

/** Runs `work` and all that it begins as the system itself: for what a request sets going and is none of its doing. */
export const asSystem = <Result>(work: () => Result): Result => actors.exit(work)
