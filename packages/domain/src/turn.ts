/**
 * The heart of the engine as a pure function: where a delivery's route stands, what one turn came to, and what follows.
 * A turn is one claim: either an exchange was made (an Outcome) or the step was passed over (a Gate). The store only
 * loads `Progress`, and saves the `Decision`. Nothing here knows SQL, HTTP or a provider.
 *
 * Route semantics (delivery.md §4). A round walks the steps in order. A step is DEAD for this delivery once the recipient
 * or the message was rejected there, or it can't be used at all (no address, suppressed, switched off). A round in which a
 * live step failed is followed by the retry policy; one in which breakers were open or recipients asked for later waits
 * without using anything up.
 */
import { addMs, instant, type Instant } from './clock.ts'
import type { FinalState, PendingReason } from './delivery-status.ts'
import type { Outcome, RetryScope } from './outcome.ts'
import { nextTry, type RetryPolicy } from './retry.ts'

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
  readonly whenOpen: WhenOpen
}

/** The most steps a route may have; `dead` is a bit mask of them. */
export const maxSteps = 16

/** Workers lost while holding one delivery before it is set aside (reliability.md: Sidekiq's limit). */
export const maxCrashes = 3

/** A provider's wait is believed up to this long. */
export const maxProviderWaitMs = 24 * 3_600_000

/** Where a delivery stands between turns. Numbers are small counts; `dead` and `marks` are bit masks. */
export type Progress = {
  readonly step: number
  readonly round: number
  /** Failures of the current step, for `after_retries`. */
  readonly stepTries: number
  /** Bit n: step n is of no use to this delivery any more. */
  readonly dead: number
  /** What has happened so far; see `mark`. */
  readonly marks: number
  /** When the soonest of the passed-over or deferred steps may be tried again. */
  readonly waitUntil: Instant | undefined
  readonly possibleDuplicate: boolean
  readonly movedTo: string | undefined
  readonly crashes: number
}

/** Bits of `marks`. `failed`, `open` and `deferred` are of this round; the others stay. */
const mark = { failed: 1, open: 2, deferred: 4, rejected: 8, suppressed: 16, off: 32, noAddress: 64, moved: 128 } as const
const roundMarks = mark.failed | mark.open | mark.deferred

/** Progress of a delivery that was just accepted. */
export const freshProgress: Progress = {
  step: 0,
  round: 0,
  stepTries: 0,
  dead: 0,
  marks: 0,
  waitUntil: undefined,
  possibleDuplicate: false,
  movedTo: undefined,
  crashes: 0,
}

/** Why the current step can't be used in this turn. */
export type Gate =
  | { readonly kind: 'no_address'; readonly detail: string }
  | { readonly kind: 'suppressed'; readonly detail: string }
  | { readonly kind: 'integration_off'; readonly detail: string }
  | { readonly kind: 'breaker_open'; readonly openUntil: Instant }
  | { readonly kind: 'deadline' }
  /** The worker that held it was lost: the exchange may have happened. */
  | { readonly kind: 'worker_lost' }

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
}

export type Decision =
  | { readonly kind: 'final'; readonly state: FinalState; readonly reason: string }
  | {
      readonly kind: 'pending'
      readonly reason: PendingReason
      /** For people: why, in a few words. */
      readonly detail: string
      readonly dueAt: Instant
      readonly progress: Progress
      /** A wait that the provider imposed on more than this delivery. */
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
  return withinDeadline(decision, context)
}

const afterExchange = (
  policy: RoutePolicy,
  progress: Progress,
  outcome: Outcome,
  context: TurnContext,
): Decision => {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'final', state: 'sent', reason: 'accepted by the provider' }
    case 'retry':
      return outcome.afterMs === undefined
        ? stepFailed(policy, progress, outcome.reason, context)
        : providerWait(policy, progress, { ...outcome, afterMs: outcome.afterMs }, context)
    case 'unknown': {
      const doubtful = { ...progress, possibleDuplicate: true }
      return context.onUnknown === 'hold'
        ? pending(doubtful, 'paused', `outcome unknown (${outcome.reason}): held for a person`, context.sendUntil)
        : stepFailed(policy, doubtful, outcome.reason, context)
    }
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
      return breakerOpened(policy, progress, outcome.reason, addMs(context.now, context.breakerOpenMs), context)
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
      return { kind: 'final', state: 'expired', reason: 'send_until was reached before an exchange could begin' }
    case 'worker_lost':
      return workerLost(progress, context)
  }
}

/** A live step failed: it counts. */
const stepFailed = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  context: TurnContext,
): Decision => {
  if (policy.fallback === 'at_once')
    return handOn(policy, marked(progress, mark.failed, undefined), reason, context)
  const stepTries = progress.stepTries + 1
  const dueAt = nextTry(policy.retry, { tries: stepTries, now: context.now, random: context.random })
  if (dueAt !== undefined) return pending({ ...progress, stepTries }, 'retry', reason, dueAt)
  return handOn(policy, killed(progress, mark.rejected), `${reason}; retries used up`, context)
}

/** The provider said when. Uses up nothing; when the wait does not fit before the deadline the next step gets its chance. */
const providerWait = (
  policy: RoutePolicy,
  progress: Progress,
  outcome: { readonly afterMs: number; readonly scope: RetryScope; readonly reason: string },
  context: TurnContext,
): Decision => {
  const until = addMs(context.now, Math.min(Math.max(outcome.afterMs, 0), maxProviderWaitMs))
  const pause = outcome.scope === 'message' ? {} : { pause: { scope: outcome.scope, until } }
  if (until >= context.sendUntil && nextLive(policy, progress) !== undefined)
    return withPause(handOn(policy, marked(progress, mark.deferred, until), outcome.reason, context), pause)
  return withPause(pending(progress, 'rate_limited', outcome.reason, until), pause)
}

const withPause = (
  decision: Decision,
  pause: { readonly pause?: { readonly scope: RetryScope; readonly until: Instant } },
): Decision => (decision.kind === 'pending' ? { ...decision, ...pause } : decision)

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
      return pending(progress, 'breaker_open', reason, openUntil)
    case 'fallback':
      return handOn(policy, marked(progress, mark.open, openUntil), reason, context)
  }
}

/** Tried once more at once at the new address; a second move is a dead end. */
const moved = (
  policy: RoutePolicy,
  progress: Progress,
  outcome: { readonly address: string; readonly reason: string },
  context: TurnContext,
): Decision =>
  (progress.marks & mark.moved) === 0
    ? pending(
        { ...progress, movedTo: outcome.address, marks: progress.marks | mark.moved },
        'retry',
        `moved: ${outcome.reason}`,
        context.now,
      )
    : handOn(policy, killed(progress, mark.rejected), `moved twice: ${outcome.reason}`, context)

/** A crash burns no retry: it is ours, not the provider's. Three of them, and it is set aside. */
const workerLost = (progress: Progress, context: TurnContext): Decision => {
  const crashes = progress.crashes + 1
  return crashes >= maxCrashes
    ? { kind: 'final', state: 'failed', reason: 'poison' }
    : pending({ ...progress, crashes, possibleDuplicate: true }, 'retry', 'worker lost', context.now)
}

/** On to the next live step, or to the end of the round. */
const handOn = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  context: TurnContext,
): Decision => {
  const next = nextLive(policy, progress)
  if (next !== undefined)
    return pending({ ...progress, step: next, stepTries: 0, movedTo: undefined }, 'next_step', reason, context.now)
  return endOfRound(policy, progress, reason, context)
}

const endOfRound = (
  policy: RoutePolicy,
  progress: Progress,
  reason: string,
  context: TurnContext,
): Decision => {
  const first = firstLive(policy, progress)
  if (first === undefined) return allDead(progress, reason)
  const again: Progress = {
    ...progress,
    step: first,
    stepTries: 0,
    movedTo: progress.step === first ? progress.movedTo : undefined,
    marks: progress.marks & ~roundMarks,
    waitUntil: undefined,
  }
  if ((progress.marks & mark.failed) === 0) {
    const wait = (progress.marks & mark.deferred) === 0 ? 'breaker_open' : 'retry'
    return pending(again, wait, reason, progress.waitUntil ?? context.now)
  }
  const round = progress.round + 1
  const dueAt = nextTry(policy.retry, { tries: round, now: context.now, random: context.random })
  return dueAt === undefined
    ? { kind: 'final', state: 'failed', reason: `${reason}; all ${round} rounds used up` }
    : pending({ ...again, round }, 'retry', reason, dueAt)
}

/** Nothing left to try. The state says the most telling of what happened. */
const allDead = (progress: Progress, reason: string): Decision => {
  const had = (bit: number): boolean => (progress.marks & bit) !== 0
  const state: FinalState =
    had(mark.rejected) || had(mark.failed) ? 'failed' : had(mark.suppressed) ? 'suppressed' : had(mark.off) ? 'skipped' : 'failed'
  return { kind: 'final', state, reason }
}

/** A next try that would come too late is no try: the delivery ends now instead of waiting to expire. */
const withinDeadline = (decision: Decision, { sendUntil }: TurnContext): Decision => {
  if (decision.kind === 'final' || decision.dueAt < sendUntil) return decision
  // Held ones may be freed by a person before their time, so they stay until the deadline itself.
  if (decision.reason === 'breaker_open' || decision.reason === 'paused')
    return { ...decision, dueAt: sendUntil }
  return {
    kind: 'final',
    state: 'expired',
    reason: `${decision.detail}; the next try would come after send_until`,
  }
}

const isDead = (progress: Progress, step: number): boolean => (progress.dead & (1 << step)) !== 0

const nextLive = (policy: RoutePolicy, progress: Progress): number | undefined => {
  for (let step = progress.step + 1; step < policy.steps; step += 1)
    if (!isDead(progress, step)) return step
  return undefined
}

const firstLive = (policy: RoutePolicy, progress: Progress): number | undefined => {
  for (let step = 0; step < policy.steps; step += 1) if (!isDead(progress, step)) return step
  return undefined
}

const killed = (progress: Progress, bit: number): Progress => ({
  ...progress,
  dead: progress.dead | (1 << progress.step),
  marks: progress.marks | bit,
})

const marked = (progress: Progress, bit: number, until: Instant | undefined): Progress => ({
  ...progress,
  marks: progress.marks | bit,
  waitUntil:
    until === undefined
      ? progress.waitUntil
      : progress.waitUntil === undefined
        ? until
        : instant(Math.min(progress.waitUntil, until)),
})

const pending = (
  progress: Progress,
  reason: PendingReason,
  detail: string,
  dueAt: Instant,
): Decision => ({ kind: 'pending', reason, detail, dueAt, progress })
