/** For tests of turn.ts only: one way to write policies, outcomes and gates down, and to take a turn. */
import { addMs, instant } from './clock.ts'
import type { Outcome } from './outcome.ts'
import { freshProgress, type Progress } from './route-progress.ts'
import { decideTurn, type Decision, type Gate, type RoutePolicy, type TurnContext } from './turn.ts'

export const now = instant(1_800_000_000_000)
export const minute = 60_000
export const hour = 60 * minute
export const context: TurnContext = {
  now,
  random: 0,
  sendUntil: addMs(now, 72 * hour),
  onUnknown: 'resend',
  breakerOpenMs: hour,
  attempts: 0,
}
/** Two waits, so three tries. */
export const route = (steps: number, rest: Partial<RoutePolicy> = {}): RoutePolicy => ({
  steps,
  retry: { kind: 'delays', delaysMs: [5 * minute, 30 * minute] },
  fallback: 'at_once',
  whenOpen: 'hold',
  ...rest,
})

type At = { readonly progress?: Progress; readonly context?: Partial<TurnContext> }
export const after = (policy: RoutePolicy, outcome: Outcome, at: At = {}): Decision =>
  decideTurn(
    policy,
    at.progress ?? freshProgress,
    { kind: 'exchange', outcome },
    { ...context, ...at.context },
  )
export const gated = (policy: RoutePolicy, gate: Gate, at: At = {}): Decision =>
  decideTurn(
    policy,
    at.progress ?? freshProgress,
    { kind: 'gate', gate },
    { ...context, ...at.context },
  )
/** The progress of a turn that is not the last one. */
export const going = (decision: Decision): Progress => {
  if (decision.kind === 'final') throw new Error(`it ended: ${decision.state}, ${decision.reason}`)
  return decision.progress
}

export const failed = {
  kind: 'retry',
  scope: 'message',
  reason: 'refused',
} as const satisfies Outcome
export const unknown = { kind: 'unknown', reason: 'no answer' } as const satisfies Outcome
export const rejected = {
  kind: 'recipient_rejected',
  reason: 'unknown user',
} as const satisfies Outcome
export const deferred = {
  kind: 'defer',
  reason: 'mailbox full',
  afterMs: 6 * hour,
} as const satisfies Outcome
export const moved = {
  kind: 'moved',
  reason: 'new number',
  address: '+39 2',
} as const satisfies Outcome
export const badKey = {
  kind: 'integration_rejected',
  reason: 'bad credentials',
} as const satisfies Outcome
export const busyFor = (
  afterMs: number,
  scope: 'message' | 'recipient' | 'integration',
): Outcome => ({
  kind: 'retry',
  scope,
  reason: 'slow down',
  afterMs,
})
export const openFor = (ms: number): Gate => ({ kind: 'breaker_open', openUntil: addMs(now, ms) })
