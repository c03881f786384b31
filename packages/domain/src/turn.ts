/**
 * The heart of the engine as a pure function: where a delivery's route stands, what one turn came to, and what follows.
 * A turn is one claim: either an exchange was made (an Outcome) or the step was passed over (a Gate). The store only
 * loads `Progress`, and saves the `Decision`. Nothing here knows SQL, HTTP or a provider.
 *
 * Route semantics (delivery.md §4). A round walks the steps in order. A step is DEAD for this delivery once the recipient
 * or the message was rejected there, or it can't be used at all (no address, suppressed, switched off). A round in which a
 * live step failed uses up one try of the retry policy, whatever became of the other steps; one in which every live step's
 * breaker was open or its recipient can't take it now waits for the soonest of them and uses nothing up. With
 * `after_retries` each visit of a step gets the whole policy, and a step that has used it up is dead.
 *
 * With `receiptWithinMs` a step that accepted the message is not the end while later steps are alive: the delivery waits for
 * a receipt, at that step, which is dead from then on. No receipt in time, or one that says that it did not arrive, hands on.
 * What some provider took, and no receipt denied, ends as `sent`, whatever the other steps came to.
 */
import { addMs, instant, type Instant } from './clock.ts'
import type { FinalState, PendingReason } from './delivery-status.ts'
import type { Outcome, RetryScope } from './outcome.ts'
import { nextTry, type RetryPolicy } from './retry.ts'
import {
  acceptedHere,
  atStep,
  crashed,
  hasMark,
  isAcceptedHere,
  isAtDeadStep,
  killed,
  liveStep,
  mark,
  marked,
  newRound,
  type Progress,
} from './route-progress.ts'
import { withAccepted, withinDeadline, withinHours } from './turn-bounds.ts'

/** What happens to a delivery whose integration's breaker is open. */
export type WhenOpen = 'hold' | 'fallback' | 'skip'

/** `at_once`: a failed step hands on to the next at once. `after_retries`: each step gets the whole retry policy first. */
export type Fallback = 'at_once' | 'after_retries'

/** The part of a plan that decides turns. */
export type RoutePolicy = {
  /** Number of steps, 1..16. */
  readonly steps: number
  readonly retry: RetryPolicy
  readonly fallback: Fallback
  /** How long to wait for a receipt before the next step has its turn, in ms; absent: what a provider took is sent. */
  readonly receiptWithinMs?: number
  readonly whenOpen: WhenOpen
}

/** Workers lost while holding one delivery before it is set aside (reliability.md: Sidekiq's limit). */
export const maxCrashes = 3

/** A provider's wait is believed up to this long. */
export const maxProviderWaitMs = 24 * 3_600_000

/**
 * A wait that uses nothing up is at least this long, times the exchanges made so far and this one, up to an hour: a
 * provider that says "again in a second" for days gets some hundreds of exchanges from one delivery, not a hundred thousand.
 */
export const shortestWaitMs = 1_000
const longestFloorMs = 3_600_000

/** Why the current step can't be used in this turn. */
export type Gate =
  | { readonly kind: 'no_address'; readonly detail: string }
  | { readonly kind: 'suppressed'; readonly detail: string }
  | { readonly kind: 'integration_off'; readonly detail: string }
  | { readonly kind: 'breaker_open'; readonly openUntil: Instant }
  | { readonly kind: 'deadline' }
  /** Outside its hours; undefined: they do not come again. */
  | { readonly kind: 'window_closed'; readonly opensAt: Instant | undefined }
  /** The worker that held it was lost: the exchange may have happened. */
  | { readonly kind: 'worker_lost' }
  /** The current step is dead: it accepted the message, and the time for its receipt is over or a receipt says no. */
  | { readonly kind: 'no_receipt' }

/** What the turn came to. */
export type TurnResult =
  | { readonly kind: 'exchange'; readonly outcome: Outcome }
  | { readonly kind: 'gate'; readonly gate: Gate }

export type TurnContext = {
  readonly now: Instant
  /** In [0, 1). */
  readonly random: number
  readonly sendUntil: Instant
  /** The current step's integration: what to do after an unknown outcome, and how long its breaker stays open. */
  readonly onUnknown: 'resend' | 'hold'
  readonly breakerOpenMs: number
  /** Exchanges that were made before this turn. */
  readonly attempts: number
  /** The first moment within the delivery's hours, not before this one; undefined: there is none. Absent: any moment is one. */
  readonly opensAt?: (at: Instant) => Instant | undefined
}

export type Decision = (
  | { readonly kind: 'final'; readonly state: FinalState; readonly reason: string }
  | {
      readonly kind: 'pending'
      readonly reason: PendingReason
      /** For people: why, in a few words. */
      readonly detail: string
      readonly dueAt: Instant
      readonly progress: Progress
    }
) & {
  /** A wait that the provider imposed on more than this delivery; it holds also where the delivery ends. */
  readonly pause?: { readonly scope: RetryScope; readonly until: Instant }
}

/** What follows from a turn. Takes the policy, where the route stood, and the result; returns the decision. */
export const decideTurn = (
  policy: RoutePolicy,
  progress: Progress,
  result: TurnResult,
  context: TurnContext,
): Decision => {
  const decision =
    result.kind === 'exchange'
      ? afterExchange(policy, progress, result.outcome, context)
      : afterGate(policy, progress, result.gate, context)
  return withAccepted(withinDeadline(withinHours(decision, context), context), {
    progress,
    result,
    now: context.now,
  })
}

const afterExchange = (
  policy: RoutePolicy,
  progress: Progress,
  outcome: Outcome,
  context: TurnContext,
): Decision => {
  switch (outcome.kind) {
    case 'accepted':
      return accepted(policy, progress, context)
    case 'retry':
      return outcome.afterMs === undefined
        ? stepFailed(policy, progress, outcome.reason, context)
        : providerWait(policy, progress, { ...outcome, afterMs: outcome.afterMs }, context)
    case 'unknown':
      return unknown(policy, { ...progress, possibleDuplicate: true }, outcome.reason, context)
    case 'defer':
      return handOn(
        policy,
        marked(progress, mark.deferred, addMs(context.now, outcome.afterMs)),
        outcome.reason,
        context,
      )
    case 'recipient_rejected':
    case 'message_rejected':
      return handOn(policy, killed(progress, mark.rejected), outcome.reason, context)
    case 'integration_rejected':
      return breakerOpened(
        policy,
        progress,
        outcome.reason,
        addMs(context.now, context.breakerOpenMs),
        context,
      )
    case 'moved':
      return moved(policy, progress, outcome, context)
  }
}

const afterGate = (
  policy: RoutePolicy,
  progress: Progress,
  gate: Gate,
  context: TurnContext,
): Decision => {
  switch (gate.kind) {
    case 'no_address':
      return handOn(policy, killed(progress, mark.noAddress), gate.detail, context)
    case 'suppressed':
      return handOn(policy, killed(progress, mark.suppressed), gate.detail, context)
    case 'integration_off':
      return handOn(policy, killed(progress, mark.off), gate.detail, context)
    case 'breaker_open':
      return breakerOpened(policy, progress, 'circuit breaker open', gate.openUntil, context)
    case 'deadline':
      return {
        kind: 'final',
        state: 'expired',
        reason: 'send_until was reached before an exchange could begin',
      }
    case 'window_closed':
      return pending(
        progress,
        'window_closed',
        'outside the hours',
        gate.opensAt ?? context.sendUntil,
      )
    case 'worker_lost':
      return workerLost(progress, context)
    case 'no_receipt':
      return handOn(policy, progress, noReceipt(progress), context)
  }
}

/** The end, unless receipts are waited for and there is another way. */
const accepted = (
  policy: RoutePolicy,
  progress: Progress,
  { now, sendUntil }: TurnContext,
): Decision => {
  const { steps, receiptWithinMs } = policy
  if (receiptWithinMs === undefined || liveStep(progress, steps, progress.step + 1) === undefined)
    return { kind: 'final', state: 'sent', reason: 'accepted by the provider' }
  const dueAt = addMs(now, receiptWithinMs)
  if (dueAt >= sendUntil)
    return {
      kind: 'final',
      state: 'sent',
      reason: 'accepted; send_until leaves no time for another step',
    }
  const detail = 'accepted by the provider, waits for a receipt'
  return pending(acceptedHere(progress), 'awaiting_receipt', detail, dueAt)
}

const noReceipt = (progress: Progress): string =>
  isAcceptedHere(progress) ? 'no receipt in time' : 'a receipt says that it did not arrive'

/** It may have been carried out: held for a person where a duplicate costs more than a delay, else a failure like others. */
const unknown = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  context: TurnContext,
): Decision =>
  context.onUnknown === 'hold'
    ? heldForPerson(progress, reason, context)
    : stepFailed(policy, progress, reason, context)

const heldForPerson = (progress: Progress, reason: string, { sendUntil }: TurnContext): Decision =>
  pending(progress, 'paused', `outcome unknown (${reason}): held for a person`, sendUntil)

/** A live step failed: it counts. */
const stepFailed = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  context: TurnContext,
): Decision => {
  if (policy.fallback === 'at_once')
    return handOn(policy, marked(progress, mark.failed), reason, context)
  const stepTries = progress.stepTries + 1
  const { now, random, sendUntil } = context
  const dueAt = nextTry(policy.retry, { tries: stepTries, now, random })
  const spent = killed(progress, mark.rejected)
  if (dueAt === undefined) return handOn(policy, spent, `${reason}; retries used up`, context)
  // No time for another try here, but perhaps for another step.
  if (dueAt >= sendUntil && liveStep(spent, policy.steps, 0) !== undefined)
    return handOn(policy, spent, `${reason}; the next try would come too late`, context)
  return pending({ ...progress, stepTries }, 'retry', reason, dueAt)
}

/** The provider said when. Uses up nothing; when the wait does not fit before the deadline the other steps get their chance. */
const providerWait = (
  policy: RoutePolicy,
  progress: Progress,
  outcome: { readonly afterMs: number; readonly scope: RetryScope; readonly reason: string },
  context: TurnContext,
): Decision => {
  const until = noSooner(addMs(context.now, Math.min(outcome.afterMs, maxProviderWaitMs)), context)
  const decision =
    until >= context.sendUntil
      ? handOn(policy, marked(progress, mark.deferred, until), outcome.reason, context)
      : pending(progress, 'rate_limited', outcome.reason, until)
  return outcome.scope === 'message'
    ? decision
    : { ...decision, pause: { scope: outcome.scope, until } }
}

const noSooner = (until: Instant, { now, attempts }: TurnContext): Instant =>
  instant(Math.max(until, now + Math.min(longestFloorMs, shortestWaitMs * (1 + attempts))))

const breakerOpened = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  openUntil: Instant,
  context: TurnContext,
): Decision => {
  switch (policy.whenOpen) {
    case 'skip':
      return { kind: 'final', state: 'skipped', reason }
    case 'hold':
      return pending(progress, 'breaker_open', reason, noSooner(openUntil, context))
    case 'fallback':
      return handOn(policy, marked(progress, mark.open, openUntil), reason, context)
  }
}

/** Tried once more at once at the new address; a second move in the same visit is a dead end. */
const moved = (
  policy: RoutePolicy,
  progress: Progress,
  outcome: { readonly address: string; readonly reason: string },
  context: TurnContext,
): Decision =>
  hasMark(progress, mark.moved)
    ? handOn(policy, killed(progress, mark.rejected), `moved twice: ${outcome.reason}`, context)
    : pending(
        { ...marked(progress, mark.moved), movedTo: outcome.address },
        'retry',
        `moved: ${outcome.reason}`,
        context.now,
      )

/** A crash burns no retry: it is ours, not the provider's. Three of them, and it is set aside. */
const workerLost = (before: Progress, context: TurnContext): Decision => {
  const progress = crashed(before)
  if (progress.crashes >= maxCrashes)
    return { kind: 'final', state: 'failed', reason: 'poison: worker lost each time' }
  return !isAtDeadStep(before) && context.onUnknown === 'hold'
    ? heldForPerson(progress, 'worker lost', context)
    : pending(progress, 'retry', 'worker lost', context.now)
}

/** On to the next live step, or to the end of the round. */
const handOn = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  context: TurnContext,
): Decision => {
  const next = liveStep(progress, policy.steps, progress.step + 1)
  return next === undefined
    ? endOfRound(policy, progress, reason, context)
    : pending(atStep(progress, next), 'next_step', reason, context.now)
}

const endOfRound = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  context: TurnContext,
): Decision => {
  const first = liveStep(progress, policy.steps, 0)
  if (first === undefined) return allDead(progress, reason)
  const again = newRound(atStep(progress, first))
  if (!hasMark(progress, mark.failed)) return waitForSoonest(progress, again, reason, context)
  const round = progress.round + 1
  const dueAt = nextTry(policy.retry, { tries: round, now: context.now, random: context.random })
  return dueAt === undefined
    ? { kind: 'final', state: 'failed', reason: `${reason}; all ${round} rounds used up` }
    : pending({ ...again, round }, 'retry', reason, dueAt)
}

/** Nobody failed: some were open, the others asked for later. */
const waitForSoonest = (
  { waitUntil, marks }: Progress,
  again: Progress,
  reason: string,
  context: TurnContext,
): Decision => {
  const until = noSooner(waitUntil ?? context.now, context)
  const asked = (marks & mark.deferred) !== 0
  const open = (marks & mark.open) !== 0
  // What waits for a breaker only may be freed before its time, and so does not end when the time comes too late.
  const wait = open && (!asked || until >= context.sendUntil) ? 'breaker_open' : 'retry'
  return pending(again, wait, reason, until)
}

/** Nothing left to try. The state says the most telling of what happened: tried in vain, suppressed, switched off, no address. */
const allDead = (progress: Progress, reason: string): Decision => ({
  kind: 'final',
  state: deadState(progress),
  reason,
})

const deadState = (progress: Progress): FinalState => {
  if (hasMark(progress, mark.rejected)) return 'failed'
  if (hasMark(progress, mark.suppressed)) return 'suppressed'
  return hasMark(progress, mark.off) ? 'skipped' : 'failed'
}

const pending = (
  progress: Progress,
  reason: PendingReason,
  detail: string,
  dueAt: Instant,
): Decision => ({ kind: 'pending', reason, detail, dueAt, progress })
