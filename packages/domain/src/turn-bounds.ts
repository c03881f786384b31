/**
 * What holds for the decision of every turn, whatever it came to: the hours, the deadline, and that what was accepted ends as
 * sent. Not for what follows from the turn itself: that is `turn.ts`.
 */
import type { Instant } from './clock.ts'
import { pendingReasons, type PendingReason } from './delivery-status.ts'
import { atStep, crashed, everyStep, lastAccepted, type Progress } from './route-progress.ts'
import type { Decision, TurnContext, TurnResult } from './turn.ts'

/** Not these: held for a breaker or a person, and looked at when freed; waiting for a receipt, and handed on then. */
const sendsWhenDue: ReadonlySet<PendingReason> = new Set(
  pendingReasons.filter(
    (reason) => reason !== 'breaker_open' && reason !== 'paused' && reason !== 'awaiting_receipt',
  ),
)

/** A next try outside the hours comes when they begin; where they do not come again, at the deadline. */
export const withinHours = (decision: Decision, { opensAt, sendUntil }: TurnContext): Decision => {
  if (opensAt === undefined || decision.kind === 'final') return decision
  if (!sendsWhenDue.has(decision.reason)) return decision
  const at = opensAt(decision.dueAt) ?? sendUntil
  return at === decision.dueAt ? decision : { ...decision, reason: 'window_closed', dueAt: at }
}

/** A next try that would come too late is no try: the delivery ends now instead of waiting to expire. */
export const withinDeadline = (decision: Decision, { sendUntil }: TurnContext): Decision => {
  if (decision.kind === 'final' || decision.dueAt < sendUntil) return decision
  // Held ones may be freed by a person before their time, so they stay until the deadline itself.
  if (decision.reason === 'breaker_open' || decision.reason === 'paused')
    return { ...decision, dueAt: sendUntil }
  return {
    kind: 'final',
    state: 'expired',
    reason: `${decision.detail}; the next try would come after send_until`,
    ...pauseOf(decision),
  }
}

/**
 * What a provider accepted, and no receipt denied, ends as sent: at the step that accepted it last, so that the ledger says by
 * which way. From another step that takes one more turn at that one, without an exchange; two after a lost worker, since who
 * ends that turn does not know where the other step is. `progress` is that of before the turn.
 */
export const withAccepted = (
  decision: Decision,
  { progress, result, now }: { progress: Progress; result: TurnResult; now: Instant },
): Decision => {
  if (decision.kind === 'pending' || decision.state === 'sent') return decision
  const step = lastAccepted(progress)
  if (step === undefined) return decision
  if (step === progress.step)
    return { ...decision, state: 'sent', reason: `accepted by the provider; ${decision.reason}` }
  const isLost = result.kind === 'gate' && result.gate.kind === 'worker_lost'
  const next = isLost ? crashed(progress) : atStep(progress, step)
  return {
    kind: 'pending',
    reason: 'next_step',
    detail: decision.reason,
    dueAt: now,
    progress: { ...next, dead: everyStep },
    ...pauseOf(decision),
  }
}

const pauseOf = ({ pause }: Decision): Pick<Decision, 'pause'> =>
  pause === undefined ? {} : { pause }
