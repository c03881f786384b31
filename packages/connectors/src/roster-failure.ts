/** An answer that is no page of a roster: for now, or until somebody changes something. Not for outcomes of deliveries. */
import type { Instant } from '@carillon/domain/clock'
import { outcomeOfReply } from './http-outcome.ts'
import type { HttpReply } from './http-port.ts'
import type { RosterFailure } from './roster.ts'

/** What a failed read means; its texts are free of the secrets given. An answer that can't be read is `retry`: a proxy, or cut off. Never throws. */
export const rosterFailure = (
  reply: HttpReply,
  given: { readonly now: Instant; readonly secrets: readonly (string | undefined)[] },
): RosterFailure => {
  const outcome = outcomeOfReply(reply, given)
  if (outcome.kind === 'accepted') return { kind: 'retry', reason: 'the answer can not be read' }
  const reason = outcome.reason
  if (outcome.kind === 'unknown') return { kind: 'retry', reason }
  if (outcome.kind !== 'retry') return { kind: 'stop', reason }
  return outcome.afterMs === undefined
    ? { kind: 'retry', reason }
    : { kind: 'retry', reason, afterMs: outcome.afterMs }
}
