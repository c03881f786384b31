/**
 * The circuit breaker of an integration, as values. A run of failures opens it; while open nothing is tried and no
 * attempt is used up; then one probe for the whole fleet decides. Who holds the probe is the store's business.
 */
import { addMs, type Instant } from './clock.ts'
import type { Outcome } from './outcome.ts'

export type BreakerPolicy = {
  /** Consecutive failures that open it. */
  readonly failures: number
  /** How long it stays open before one probe may try. */
  readonly openMs: number
}

/** The PEC notifier's numbers: 5 in a row open it for an hour. */
export const defaultBreaker: BreakerPolicy = { failures: 5, openMs: 3_600_000 }

export type BreakerState =
  | { readonly state: 'closed'; readonly failures: number }
  | {
      readonly state: 'open' | 'half_open'
      readonly failures: number
      readonly openUntil: Instant
      readonly reason: string
    }

export const closedBreaker: BreakerState = { state: 'closed', failures: 0 }

/**
 * What an outcome means to the breaker: the integration took it (`success`), answered in a way that shows that it works
 * (`answer`), failed, refused us (`refused`), or showed neither (`neutral`); `unasked`: it was never asked.
 */
export type BreakerSignal = 'success' | 'answer' | 'failure' | 'refused' | 'neutral' | 'unasked'

/**
 * Reads an outcome with the breaker's eyes. Rejections of a recipient or a message are answers: the integration works. A
 * provider-imposed wait (429 with Retry-After) is no failure, but shows nothing either, and `afterMs: 0` is our own abort.
 */
export const breakerSignal = (outcome: Outcome): BreakerSignal => {
  switch (outcome.kind) {
    case 'accepted':
      return 'success'
    case 'retry':
      return outcome.afterMs === undefined ? 'failure' : 'neutral'
    case 'unknown':
      return 'failure'
    case 'integration_rejected':
      return 'refused'
    case 'defer':
    case 'recipient_rejected':
    case 'message_rejected':
    case 'moved':
      return outcome.unsent === true ? 'unasked' : 'answer'
  }
}

/**
 * The breaker after one signal; the same object where nothing changes. A success closes it and resets the count; an answer
 * closes it when it came to the probe, and else does not count; a failure counts, and opens it at the policy's number or
 * at once when it was the probe; `refused` opens it at once. Failures that arrive while it is already open (exchanges
 * that were in flight) do not prolong it. A neutral probe leaves it half-open: the next probe decides. One that never
 * asked gives the probe back at once.
 */
export const recordSignal = (
  breaker: BreakerState,
  signal: BreakerSignal,
  {
    policy,
    now,
    reason,
  }: { readonly policy: BreakerPolicy; readonly now: Instant; readonly reason: string },
): BreakerState => {
  switch (signal) {
    case 'neutral':
      return breaker
    case 'unasked':
      return breaker.state === 'half_open' ? { ...breaker, openUntil: now } : breaker
    case 'answer':
      return breaker.state === 'half_open' ? closedBreaker : breaker
    case 'success':
      return breaker.state === 'closed' && breaker.failures === 0 ? breaker : closedBreaker
    case 'refused':
      return opened(breaker, policy, now, reason)
    case 'failure': {
      if (breaker.state === 'open') return breaker
      const failures = breaker.failures + 1
      return breaker.state === 'half_open' || failures >= policy.failures
        ? opened({ ...breaker, failures }, policy, now, reason)
        : { state: 'closed', failures }
    }
  }
}

const opened = (
  breaker: BreakerState,
  policy: BreakerPolicy,
  now: Instant,
  reason: string,
): BreakerState =>
  breaker.state === 'open'
    ? breaker
    : { state: 'open', failures: breaker.failures, openUntil: addMs(now, policy.openMs), reason }

/** May the integration be tried now? `probe`: only by whoever wins the one probe. */
export const breakerGate = (breaker: BreakerState, now: Instant): 'closed' | 'probe' | 'open' => {
  if (breaker.state === 'closed') return 'closed'
  return now >= breaker.openUntil ? 'probe' : 'open'
}
