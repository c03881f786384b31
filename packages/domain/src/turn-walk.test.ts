/** Turns in sequence: held to a naive model of a route, and to what must hold of every walk whatever happens. Single turns: turn.test.ts. */
import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { addMs, instant, type Instant } from './clock.ts'
import type { Outcome } from './outcome.ts'
import { triesOf, type RetryPolicy } from './retry.ts'
import {
  freshProgress,
  isAtDeadStep,
  lastAccepted,
  maxSteps,
  notArrived,
  type Progress,
} from './route-progress.ts'
import { freshModel, modelDenial, modelTurn } from './turn-model.ts'
import {
  decideTurn,
  type Decision,
  type RoutePolicy,
  type TurnContext,
  type TurnResult,
} from './turn.ts'

const start = instant(Date.parse('2027-01-01T00:00:00Z'))
const hour = 3_600_000
const day = 24 * hour

// What can happen, as arbitraries.

const retry: fc.Arbitrary<RetryPolicy> = fc.oneof(
  fc.record({
    kind: fc.constant('delays' as const),
    delaysMs: fc.array(fc.integer({ min: 0, max: day }), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('every' as const),
    everyMs: fc.integer({ min: 0, max: day }),
    max: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    kind: fc.constant('exponential' as const),
    firstMs: fc.integer({ min: 1, max: hour }),
    capMs: fc.integer({ min: 1, max: day }),
    max: fc.integer({ min: 1, max: 5 }),
  }),
)
const policies: fc.Arbitrary<RoutePolicy> = fc.record({
  steps: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: maxSteps }) },
  ),
  retry,
  fallback: fc.constantFrom('at_once', 'after_retries'),
  whenOpen: fc.constantFrom('hold', 'fallback', 'skip'),
})
/** Half of the routes wait for receipts. */
const policiesWithReceipts: fc.Arbitrary<RoutePolicy> = fc
  .tuple(policies, fc.option(fc.integer({ min: 1, max: 2 * day }), { freq: 1 }))
  .map(([policy, receiptWithinMs]) =>
    receiptWithinMs === null ? policy : { ...policy, receiptWithinMs },
  )
const exchange = (outcome: fc.Arbitrary<Outcome>): fc.Arbitrary<TurnResult> =>
  outcome.map((one) => ({ kind: 'exchange', outcome: one }))
const reason = fc.constantFrom('timeout', 'refused', 'full')
const scope = fc.constantFrom('message' as const, 'recipient' as const, 'integration' as const)
const waitMs = fc.integer({ min: 0, max: 2 * day })
const failing: readonly fc.Arbitrary<TurnResult>[] = [
  exchange(fc.record({ kind: fc.constant('retry' as const), reason, scope })),
  exchange(fc.record({ kind: fc.constant('unknown' as const), reason })),
]
const accepting: readonly fc.Arbitrary<TurnResult>[] = [
  exchange(fc.record({ kind: fc.constant('accepted' as const), ids: fc.constant(['1']) })),
]
const rejecting: readonly fc.Arbitrary<TurnResult>[] = [
  exchange(fc.record({ kind: fc.constant('recipient_rejected' as const), reason })),
  exchange(fc.record({ kind: fc.constant('message_rejected' as const), reason })),
  exchange(fc.record({ kind: fc.constant('moved' as const), reason, address: fc.constant('new') })),
  fc
    .constantFrom('no_address' as const, 'suppressed' as const, 'integration_off' as const)
    .map((kind) => ({ kind: 'gate', gate: { kind, detail: 'as it is' } })),
  fc.constant({ kind: 'gate', gate: { kind: 'worker_lost' } }),
]
const waiting: readonly fc.Arbitrary<TurnResult>[] = [
  exchange(fc.record({ kind: fc.constant('retry' as const), reason, scope, afterMs: waitMs })),
  exchange(fc.record({ kind: fc.constant('defer' as const), reason, afterMs: waitMs })),
  exchange(fc.record({ kind: fc.constant('integration_rejected' as const), reason })),
  // Relative to the turn's time; `walk` makes it absolute.
  waitMs.map((ms) => ({ kind: 'gate', gate: { kind: 'breaker_open', openUntil: instant(ms) } })),
]

type Turn = {
  readonly result: TurnResult
  readonly lateMs: number
  readonly random: number
  readonly onUnknown: 'resend' | 'hold'
  /** Before the next turn a receipt says that what the step sent did not arrive. */
  readonly isDenied?: boolean
}
const turnOf = (results: readonly fc.Arbitrary<TurnResult>[]): fc.Arbitrary<Turn> =>
  fc.record({
    result: fc.oneof(...results),
    lateMs: fc.integer({ min: 0, max: hour }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    onUnknown: fc.constantFrom('resend', 'resend', 'resend', 'hold'),
    isDenied: fc.boolean(),
  })

type Step = {
  readonly before: Progress
  readonly result: TurnResult
  readonly context: TurnContext
  readonly decision: Decision
  readonly isDenied: boolean
}

/** Walks until the delivery is final or the turns are over, as the engine does: at the deadline nothing but its gate happens. */
const walk = (policy: RoutePolicy, sendUntil: Instant, turns: Iterable<Turn>): readonly Step[] => {
  const steps: Step[] = []
  let progress = freshProgress
  let now = start
  let attempts = 0
  for (const turn of turns) {
    const late = now >= sendUntil
    const result = late ? deadline : atStep(progress, absolute(turn.result, now))
    const { random, onUnknown } = turn
    const context = { now, random, sendUntil, onUnknown, breakerOpenMs: hour, attempts }
    const decision = decideTurn(policy, progress, result, context)
    const isDenied = turn.isDenied === true
    steps.push({ before: progress, result, context, decision, isDenied })
    if (decision.kind === 'final') break
    if (result.kind === 'exchange') attempts += 1
    progress = isDenied ? notArrived(decision.progress, decision.progress.step) : decision.progress
    now = addMs(decision.dueAt, turn.lateMs)
  }
  return steps
}
/** At a dead step nothing is sent: the worker may be lost there, or the route goes on. */
const atStep = (progress: Progress, result: TurnResult): TurnResult =>
  !isAtDeadStep(progress) || (result.kind === 'gate' && result.gate.kind === 'worker_lost')
    ? result
    : { kind: 'gate', gate: { kind: 'no_receipt' } }
const deadline: TurnResult = { kind: 'gate', gate: { kind: 'deadline' } }
const absolute = (result: TurnResult, now: Instant): TurnResult =>
  result.kind === 'gate' && result.gate.kind === 'breaker_open'
    ? { kind: 'gate', gate: { ...result.gate, openUntil: addMs(now, result.gate.openUntil) } }
    : result

const walks = fc
  .record({
    policy: policiesWithReceipts,
    lifeMs: fc.oneof(fc.integer({ min: 1, max: day }), fc.constant(400 * day)),
    turns: fc.array(turnOf([...failing, ...rejecting, ...waiting, ...accepting]), {
      maxLength: 60,
    }),
  })
  .map(({ policy, lifeMs, turns }) => ({
    policy,
    steps: walk(policy, addMs(start, lifeMs), turns),
  }))

test('every walk takes the way that the naive model takes', () => {
  fc.assert(
    fc.property(walks, ({ policy, steps }) => {
      const model = freshModel()
      for (const step of steps) {
        const expected = modelTurn({ policy, model, ...step.context }, step.result)
        expect(step.decision).toMatchObject(expected)
        if (step.decision.kind === 'final') return
        const { progress } = step.decision
        expect({
          step: progress.step,
          round: progress.round,
          stepTries: progress.stepTries,
          crashes: progress.crashes,
          hasMoved: progress.movedTo !== undefined,
          dead: progress.dead,
        }).toEqual({
          step: model.at,
          round: model.rounds,
          stepTries: model.tries,
          crashes: model.crashes,
          hasMoved: model.moves > 0,
          dead: [...model.lost.keys()].reduce((mask, n) => mask + 2 ** n, 0),
        })
        if (step.isDenied) modelDenial(model)
      }
    }),
    { numRuns: 3_000 },
  )
})

test('no turn is due at the deadline or later, but for those held until exactly then', () => {
  fc.assert(
    fc.property(walks, ({ steps }) => {
      for (const { decision, context } of steps) {
        if (decision.kind === 'final') continue
        expect(decision.dueAt).toBeGreaterThanOrEqual(context.now)
        const isHeld = decision.reason === 'breaker_open' || decision.reason === 'paused'
        // One more turn without an exchange, for the ledger.
        if (isEnding(decision.progress)) expect(decision.dueAt).toBe(context.now)
        else if (isHeld) expect(decision.dueAt).toBeLessThanOrEqual(context.sendUntil)
        else expect(decision.dueAt).toBeLessThan(context.sendUntil)
      }
    }),
    { numRuns: 1_000 },
  )
})

/** Accepted before, and every other way is over: the next turn says so. */
const isEnding = (progress: Progress): boolean =>
  lastAccepted(progress) !== undefined && progress.dead === 2 ** maxSteps - 1

test('what a walk remembers never goes back: dead steps, crashes, the doubt about a duplicate', () => {
  fc.assert(
    fc.property(walks, ({ policy, steps }) => {
      for (const { before, result, decision } of steps) {
        expect(decision.kind === 'final' ? decision.reason : decision.detail).not.toBe('')
        if (decision.kind === 'final') continue
        const { progress: after } = decision
        expect(after.step).toBeLessThan(policy.steps)
        expect(after.dead & before.dead).toBe(before.dead)
        const isWaiting = decision.reason === 'awaiting_receipt' || isEnding(after)
        // A lost worker leaves it where it was.
        const isLeft = result.kind === 'gate' && result.gate.kind === 'worker_lost'
        expect(isAtDeadStep(after)).toBe(isWaiting || (isLeft && isAtDeadStep(before)))
        expect(after.crashes).toBeGreaterThanOrEqual(before.crashes)
        const isDoubtful =
          result.kind === 'gate'
            ? result.gate.kind === 'worker_lost' && !isAtDeadStep(before)
            : result.outcome.kind === 'unknown'
        expect(after.possibleDuplicate).toBe(before.possibleDuplicate || isDoubtful)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('waits that others impose, and crashes, use up no try', () => {
  fc.assert(
    fc.property(
      policies,
      fc.array(turnOf([...waiting, fc.constant({ kind: 'gate', gate: { kind: 'worker_lost' } })]), {
        maxLength: 60,
      }),
      (policy, turns) => {
        for (const { decision } of walk(policy, addMs(start, 400 * day), turns)) {
          if (decision.kind === 'final') {
            expect(
              ['skipped', 'expired'].includes(decision.state) ||
                decision.reason.startsWith('poison'),
            ).toBe(true)
            continue
          }
          expect(decision.progress).toMatchObject({ round: 0, stepTries: 0, dead: 0 })
        }
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a step that accepted or rejected the message is never sent through again', () => {
  const ends = ['accepted', 'recipient_rejected', 'message_rejected']
  fc.assert(
    fc.property(walks, ({ steps }) => {
      const over = new Set<number>()
      for (const { before, result } of steps) {
        if (result.kind !== 'exchange') continue
        expect(over.has(before.step)).toBe(false)
        if (ends.includes(result.outcome.kind)) over.add(before.step)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('what was accepted, and not denied, ends as sent by the step that accepted it last', () => {
  fc.assert(
    fc.property(walks, ({ steps }) => {
      const taken = new Map<number, number>()
      for (const [at, { before, result, decision, isDenied }] of steps.entries()) {
        if (result.kind === 'exchange' && result.outcome.kind === 'accepted')
          taken.set(before.step, at)
        if (decision.kind === 'pending') {
          if (isDenied) taken.delete(decision.progress.step)
          continue
        }
        const isTaken = taken.size > 0
        expect(decision.state === 'sent').toBe(isTaken)
        if (isTaken) expect(before.step).toBe(Math.max(...taken.keys()))
      }
    }),
    { numRuns: 2_000 },
  )
})

function* forever<T>(values: readonly T[]): Generator<T> {
  for (;;) yield* values
}

test('every walk ends by itself when nobody imposes waits, after a number of turns that the policy bounds', () => {
  fc.assert(
    fc.property(
      policiesWithReceipts,
      fc.array(turnOf([...failing, ...rejecting, ...accepting]), { minLength: 1, maxLength: 30 }),
      (policy, turns) => {
        const tries = triesOf(policy.retry)
        // Every failure uses up a try, a visit has one move, a step one death and one wait, a delivery three crashes and one end.
        // What was accepted before goes on after more crashes, to its end without an exchange.
        const bound = 2 * policy.steps * tries + 2 * policy.steps + 4 + turns.length
        const resent = turns.map((turn) => ({ ...turn, onUnknown: 'resend' as const }))
        const far = instant(start + 1e12)
        const steps = walk(policy, far, forever(resent))
        expect(steps.at(-1)?.decision.kind).toBe('final')
        expect(steps.length).toBeLessThanOrEqual(bound)
        const failures = steps.filter(
          ({ result }) =>
            result.kind === 'exchange' &&
            (result.outcome.kind === 'retry' || result.outcome.kind === 'unknown'),
        )
        expect(failures.length).toBeLessThanOrEqual(policy.steps * tries)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('every walk ends at its deadline at the latest, whatever is imposed, without spinning until then', () => {
  fc.assert(
    fc.property(
      policiesWithReceipts,
      fc.array(turnOf([...failing, ...rejecting, ...waiting, ...accepting]), {
        minLength: 1,
        maxLength: 10,
      }),
      (policy, turns) => {
        const steps = walk(policy, addMs(start, 3 * day), forever(turns))
        expect(steps.at(-1)?.decision.kind).toBe('final')
      },
    ),
    { numRuns: 300 },
  )
})

test('a provider that says "again at once" for three days gets hundreds of exchanges, not a hundred thousand', () => {
  const result: TurnResult = {
    kind: 'exchange',
    outcome: { kind: 'retry', scope: 'integration', reason: 'busy', afterMs: 0 },
  }
  const turn: Turn = { result, lateMs: 0, random: 0, onUnknown: 'resend' }
  const policy: RoutePolicy = {
    steps: 1,
    retry: { kind: 'delays', delaysMs: [] },
    fallback: 'at_once',
    whenOpen: 'hold',
  }
  const steps = walk(policy, addMs(start, 3 * day), forever([turn]))
  expect(steps.at(-1)?.decision).toMatchObject({ kind: 'final', state: 'expired' })
  expect(steps.length).toBeLessThan(800)
})
