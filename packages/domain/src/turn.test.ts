/** Single turns by example: failures, waits, handing on. What ends a delivery: turn-end.test.ts. Whole walks: turn-walk.test.ts. */
import { describe, expect, test } from 'vitest'
import { addMs } from './clock.ts'
import { freshProgress, maxSteps } from './route-progress.ts'
import {
  after,
  badKey,
  busyFor,
  context,
  deferred,
  failed,
  going,
  hour,
  minute,
  moved,
  now,
  rejected,
  route,
  unknown,
} from './turn-cases.ts'
import { maxProviderWaitMs } from './turn.ts'

describe('one step', () => {
  test('an accepted message is sent', () => {
    expect(after(route(1), { kind: 'accepted', ids: ['1'] })).toEqual({
      kind: 'final',
      state: 'sent',
      reason: 'accepted by the provider',
    })
  })

  test('a failure waits as long as the policy says, and three in a row are the end', () => {
    const first = after(route(1), failed)
    expect(first).toEqual({
      kind: 'pending',
      reason: 'retry',
      detail: 'refused',
      dueAt: addMs(now, 5 * minute),
      progress: { ...freshProgress, round: 1 },
    })
    const second = after(route(1), failed, { progress: going(first) })
    expect(second).toMatchObject({ dueAt: addMs(now, 30 * minute) })
    expect(after(route(1), failed, { progress: going(second) })).toEqual({
      kind: 'final',
      state: 'failed',
      reason: 'refused; all 3 rounds used up',
    })
  })

  test('an unknown outcome is tried again, marked from then on as a possible duplicate', () => {
    const doubtful = going(after(route(1), unknown))
    expect(doubtful).toMatchObject({ possibleDuplicate: true, round: 1 })
    expect(going(after(route(1), failed, { progress: doubtful }))).toMatchObject({
      possibleDuplicate: true,
      round: 2,
    })
  })

  test('an unknown outcome of an integration that must not repeat is held until the deadline', () => {
    expect(after(route(2), unknown, { context: { onUnknown: 'hold' } })).toEqual({
      kind: 'pending',
      reason: 'paused',
      detail: 'outcome unknown (no answer): held for a person',
      dueAt: context.sendUntil,
      progress: { ...freshProgress, possibleDuplicate: true },
    })
  })

  test.each([rejected, { kind: 'message_rejected', reason: 'too large' } as const])(
    '$kind is not tried again',
    (outcome) => {
      expect(after(route(1), outcome)).toEqual({
        kind: 'final',
        state: 'failed',
        reason: outcome.reason,
      })
    },
  )

  test('a refused integration waits for its breaker and uses no try up', () => {
    expect(after(route(1), badKey)).toEqual({
      kind: 'pending',
      reason: 'breaker_open',
      detail: 'bad credentials',
      dueAt: addMs(now, hour),
      progress: freshProgress,
    })
  })

  test('a recipient who has moved is tried at the new address at once, and moving again is the end', () => {
    const first = after(route(1), moved)
    expect(first).toMatchObject({ reason: 'retry', detail: 'moved: new number', dueAt: now })
    expect(going(first)).toMatchObject({ movedTo: '+39 2', round: 0, dead: 0 })
    expect(after(route(1), moved, { progress: going(first) })).toEqual({
      kind: 'final',
      state: 'failed',
      reason: 'moved twice: new number',
    })
  })

  test('a new address is kept for the retries of its step', () => {
    const there = going(after(route(1), moved))
    expect(going(after(route(1), failed, { progress: there })).movedTo).toBe('+39 2')
    expect(going(after(route(1), deferred, { progress: there })).movedTo).toBe('+39 2')
  })
})

describe('waits that the provider imposes', () => {
  test('the wait is kept, at the same step, and nothing is used up', () => {
    expect(after(route(2), busyFor(10 * minute, 'message'))).toEqual({
      kind: 'pending',
      reason: 'rate_limited',
      detail: 'slow down',
      dueAt: addMs(now, 10 * minute),
      progress: freshProgress,
    })
  })

  test.each(['recipient', 'integration'] as const)('a wait for the %s pauses it', (scope) => {
    expect(after(route(1), busyFor(10 * minute, scope)).pause).toEqual({
      scope,
      until: addMs(now, 10 * minute),
    })
  })

  test('the pause holds for the others also when this delivery ends of it', () => {
    const decision = after(route(1), busyFor(2 * hour, 'integration'), {
      context: { sendUntil: addMs(now, hour) },
    })
    expect(decision).toEqual({
      kind: 'final',
      state: 'expired',
      reason: 'slow down; the next try would come after send_until',
      pause: { scope: 'integration', until: addMs(now, 2 * hour) },
    })
  })

  test('no provider is believed for longer than a day', () => {
    const decision = after(route(1), busyFor(30 * 24 * hour, 'integration'))
    expect(decision).toMatchObject({ dueAt: addMs(now, maxProviderWaitMs) })
    expect(decision.pause?.until).toBe(addMs(now, maxProviderWaitMs))
  })

  test.each([
    [0, 0, 1_000],
    [-5_000, 0, 1_000],
    [0, 9, 10_000],
    [30_000, 9, 30_000],
    [0, 1_000_000, hour],
  ])('a wait of %i ms after %i exchanges is %i ms', (afterMs, attempts, waitMs) => {
    expect(after(route(1), busyFor(afterMs, 'message'), { context: { attempts } })).toMatchObject({
      dueAt: addMs(now, waitMs),
    })
  })

  test('a wait beyond the deadline gives the next step its chance', () => {
    const decision = after(route(2), busyFor(2 * hour, 'integration'), {
      context: { sendUntil: addMs(now, hour) },
    })
    expect(decision).toMatchObject({ reason: 'next_step', dueAt: now, progress: { step: 1 } })
    expect(decision.pause?.scope).toBe('integration')
  })

  test('a wait that ends exactly at the deadline is beyond it', () => {
    const sendUntil = addMs(now, hour)
    expect(after(route(2), busyFor(hour, 'message'), { context: { sendUntil } })).toMatchObject({
      reason: 'next_step',
    })
  })

  test('at the last step a wait beyond the deadline leaves an earlier step its retry', () => {
    const second = going(after(route(2), failed))
    const decision = after(route(2), busyFor(2 * hour, 'message'), {
      progress: second,
      context: { sendUntil: addMs(now, hour) },
    })
    expect(decision).toMatchObject({
      reason: 'retry',
      dueAt: addMs(now, 5 * minute),
      progress: { step: 0, round: 1 },
    })
  })
})

describe('several steps', () => {
  test('a failing step hands on at once, and a round in which all failed is followed by the policy', () => {
    const second = after(route(2), failed)
    expect(second).toEqual({
      kind: 'pending',
      reason: 'next_step',
      detail: 'refused',
      dueAt: now,
      progress: { ...freshProgress, step: 1, marks: going(second).marks },
    })
    expect(after(route(2), failed, { progress: going(second) })).toMatchObject({
      reason: 'retry',
      dueAt: addMs(now, 5 * minute),
      progress: { step: 0, round: 1, marks: 0 },
    })
  })

  test('a step that was rejected is left out of the next rounds', () => {
    const second = going(after(route(2), rejected))
    expect(second).toMatchObject({ step: 1, dead: 0b01 })
    expect(going(after(route(2), failed, { progress: second }))).toMatchObject({
      step: 1,
      round: 1,
      dead: 0b01,
    })
  })

  test('a mixed round, one deferred and one failed, uses one try up', () => {
    const second = going(after(route(2), deferred))
    expect(second).toMatchObject({ step: 1, waitUntil: addMs(now, 6 * hour) })
    expect(after(route(2), failed, { progress: second })).toMatchObject({
      reason: 'retry',
      dueAt: addMs(now, 5 * minute),
      progress: { step: 0, round: 1, waitUntil: undefined },
    })
  })

  test('a round in which every step was deferred waits for the soonest and uses nothing up', () => {
    const second = going(after(route(2), deferred))
    expect(after(route(2), { ...deferred, afterMs: 2 * hour }, { progress: second })).toMatchObject(
      {
        reason: 'retry',
        dueAt: addMs(now, 2 * hour),
        progress: { step: 0, round: 0 },
      },
    )
  })

  test('each step may move once, and in each round anew: the new address is not remembered past it', () => {
    const policy = route(2)
    const firstMoved = going(after(policy, moved))
    const second = going(after(policy, failed, { progress: firstMoved }))
    expect(second.movedTo).toBeUndefined()
    const secondMoved = after(policy, moved, { progress: second })
    expect(secondMoved).toMatchObject({ reason: 'retry', progress: { step: 1, dead: 0 } })
    const again = going(after(policy, failed, { progress: going(secondMoved) }))
    expect(again).toMatchObject({ step: 0, round: 1, movedTo: undefined })
    expect(after(policy, moved, { progress: again })).toMatchObject({ progress: { dead: 0 } })
  })

  test('the sixteenth step has its bit too', () => {
    let progress = freshProgress
    for (let step = 1; step < maxSteps; step += 1) {
      progress = going(after(route(maxSteps), rejected, { progress }))
      expect(progress).toMatchObject({ step, dead: 2 ** step - 1 })
    }
    expect(going(after(route(maxSteps), failed, { progress })).step).toBe(maxSteps - 1)
    expect(after(route(maxSteps), rejected, { progress })).toMatchObject({ state: 'failed' })
  })
})

describe('after_retries', () => {
  const policy = route(2, { fallback: 'after_retries' })

  test('each step gets the whole policy before the next one, and then the delivery has failed', () => {
    const ways: string[] = []
    let decision = after(policy, failed)
    while (decision.kind === 'pending') {
      ways.push(`${decision.reason} ${decision.progress.step}`)
      decision = after(policy, failed, { progress: decision.progress })
    }
    expect(ways).toEqual(['retry 0', 'retry 0', 'next_step 1', 'retry 1', 'retry 1'])
    expect(decision).toEqual({
      kind: 'final',
      state: 'failed',
      reason: 'refused; retries used up',
    })
  })

  test('a retry that does not fit before the deadline gives the other step its chance', () => {
    const soon = { sendUntil: addMs(now, minute) }
    const second = after(policy, failed, { context: soon })
    expect(second).toMatchObject({
      reason: 'next_step',
      detail: 'refused; the next try would come too late',
      progress: { step: 1, dead: 1 },
    })
    expect(after(policy, failed, { progress: going(second), context: soon })).toMatchObject({
      kind: 'final',
      state: 'expired',
    })
  })

  test('a retry exactly at the deadline does not fit', () => {
    const sendUntil = addMs(now, 5 * minute)
    expect(after(policy, failed, { context: { sendUntil } })).toMatchObject({
      reason: 'next_step',
      progress: { step: 1, dead: 1 },
    })
  })

  test('tries are kept through a wait at the same step', () => {
    const one = route(1, { fallback: 'after_retries' })
    const tried = going(after(one, failed))
    expect(tried.stepTries).toBe(1)
    expect(going(after(one, deferred, { progress: tried })).stepTries).toBe(1)
  })
})
