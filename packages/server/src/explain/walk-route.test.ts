/** Which step a message would take, whatever stands in the way of the others. */
import { instant } from '@carillon/domain/clock'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { walkRoute, type RouteNow, type StepNow } from './walk-route.ts'

const now = instant(1_790_000_000_000)
const hour = 3_600_000
const step = (more: Partial<StepNow> = {}): StepNow => ({
  to: 'a@example.org',
  channel: 'email',
  integration: { id: 'int_1', name: 'mailer' },
  ...more,
})
const suppression = { id: 'sup_1', reason: 'bounced', since: '2026-10-03T00:00:00Z' }
const problem = { kind: 'no_address', reason: 'no address' } as const
const breaker = { openUntil: instant(now + hour), reason: '503' }
const route = (steps: readonly StepNow[], more: Partial<RouteNow> = {}): RouteNow => ({
  steps,
  fallback: 'at_once',
  whenOpen: 'fallback',
  ...more,
})
const codes = (given: RouteNow): readonly string[] =>
  walkRoute(given, now, 0).decisions.map(({ code }) => code)

test('the first step that nothing stands in the way of takes it, and the others are not needed', () => {
  const steps = [step({ suppression }), step({ problem }), step({ to: 'b' }), step()]
  expect(codes(route(steps))).toEqual([
    'step_suppressed',
    'step_no_address',
    'step_possible',
    'step_not_reached',
  ])
  expect(walkRoute(route(steps), now, 0).arrival).toMatchObject({
    step: { to: 'b' },
    at: undefined,
  })
})

test('a route that waits for receipts says when the other steps have their turn', () => {
  const given = route([step(), step({ to: 'b' })], { receiptWithin: '24h' })
  expect(walkRoute(given, now, 0).decisions.at(-1)).toMatchObject({
    code: 'step_without_receipt',
    text: 'Step 2 has its turn if no receipt comes within 24h',
  })
})

test('an open breaker is fallen back from, waited for, or the end, as the route says', () => {
  const steps = [step({ breaker }), step({ to: 'b' })]
  expect(walkRoute(route(steps), now, 0).arrival?.step.to).toBe('b')
  expect(walkRoute(route(steps, { whenOpen: 'hold' }), now, 0).arrival?.at).toBe(now + hour)
  expect(walkRoute(route(steps, { whenOpen: 'skip' }), now, 0).arrival).toBeUndefined()
})

test('a wait that the provider asked for is told with its end', () => {
  const walked = walkRoute(route([step({ pausedUntil: instant(now + hour) })]), now, 0)
  expect([walked.arrival?.at, walked.decisions.map(({ code }) => code)]).toEqual([
    now + hour,
    ['step_possible', 'provider_wait'],
  ])
})

test('whatever stands in the way, the walk ends, and reaches nobody only with a reason', () => {
  const anyStep = fc.record(
    {
      suppression: fc.constant(suppression),
      problem: fc.constant(problem),
      breaker: fc.constant(breaker),
    },
    { requiredKeys: [] },
  )
  const property = fc.property(
    fc.array(anyStep, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('hold', 'fallback', 'skip'),
    (obstacles, whenOpen) => {
      const steps = obstacles.map((obstacle) => step(obstacle))
      const { arrival, because } = walkRoute(route(steps, { whenOpen }), now, 0)
      const isFree = obstacles.some((one) => Object.keys(one).length === 0)
      if (isFree && whenOpen === 'fallback')
        return arrival !== undefined && arrival.at === undefined
      return arrival !== undefined || because !== ''
    },
  )
  const { failed, counterexample } = fc.check(property)
  expect({ failed, counterexample }).toEqual({ failed: false, counterexample: null })
})
