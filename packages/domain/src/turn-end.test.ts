/** Single turns by example: open breakers, the deadline, lost workers, and the final states. The rest: turn.test.ts. */
import { describe, expect, test } from 'vitest'
import { addMs } from './clock.ts'
import { freshProgress, type Progress } from './route-progress.ts'
import {
  after,
  badKey,
  busyFor,
  context,
  deferred,
  failed,
  gated,
  going,
  hour,
  minute,
  now,
  openFor,
  rejected,
  route,
} from './turn-cases.ts'
import type { Decision, Gate } from './turn.ts'

describe('an open breaker', () => {
  test('hold waits for it where the delivery stands', () => {
    expect(gated(route(2), openFor(hour))).toEqual({
      kind: 'pending',
      reason: 'breaker_open',
      detail: 'circuit breaker open',
      dueAt: addMs(now, hour),
      progress: freshProgress,
    })
  })

  test('a breaker that is due already is not asked again at once', () => {
    expect(gated(route(1), openFor(-hour))).toMatchObject({ dueAt: addMs(now, 1_000) })
  })

  test('skip ends the delivery', () => {
    const policy = route(2, { whenOpen: 'skip' })
    expect(gated(policy, openFor(hour))).toEqual({
      kind: 'final',
      state: 'skipped',
      reason: 'circuit breaker open',
    })
    expect(after(policy, badKey)).toMatchObject({ state: 'skipped', reason: 'bad credentials' })
  })

  test('fallback with all breakers open waits for the soonest and uses nothing up', () => {
    const policy = route(2, { whenOpen: 'fallback' })
    const second = gated(policy, openFor(hour))
    expect(second).toMatchObject({ reason: 'next_step', dueAt: now, progress: { step: 1 } })
    expect(gated(policy, openFor(2 * hour), { progress: going(second) })).toEqual({
      kind: 'pending',
      reason: 'breaker_open',
      detail: 'circuit breaker open',
      dueAt: addMs(now, hour),
      progress: freshProgress,
    })
  })

  test('a mixed round, one open and one failed, uses one try up', () => {
    const policy = route(2, { whenOpen: 'fallback' })
    const second = going(gated(policy, openFor(hour)))
    expect(after(policy, failed, { progress: second })).toMatchObject({
      reason: 'retry',
      dueAt: addMs(now, 5 * minute),
      progress: { step: 0, round: 1 },
    })
  })

  test('one open and one deferred wait for whichever is sooner', () => {
    const policy = route(2, { whenOpen: 'fallback' })
    const second = going(gated(policy, openFor(hour)))
    expect(after(policy, deferred, { progress: second })).toMatchObject({
      reason: 'retry',
      dueAt: addMs(now, hour),
      progress: { step: 0, round: 0 },
    })
  })

  test('what waits for a breaker beyond the deadline stays until then: a person may free it', () => {
    const soon = { sendUntil: addMs(now, minute) }
    expect(gated(route(1), openFor(hour), { context: soon })).toMatchObject({
      reason: 'breaker_open',
      dueAt: soon.sendUntil,
    })
    const policy = route(2, { whenOpen: 'fallback' })
    const second = going(gated(policy, openFor(hour), { context: soon }))
    expect(after(policy, deferred, { progress: second, context: soon })).toMatchObject({
      reason: 'breaker_open',
      dueAt: soon.sendUntil,
    })
  })
})

describe('the end', () => {
  const gate = {
    none: { kind: 'no_address', detail: 'no e-mail address' },
    suppressed: { kind: 'suppressed', detail: 'on the list' },
    off: { kind: 'integration_off', detail: 'switched off' },
  } as const satisfies Record<string, Gate>

  test.each([
    [[gate.none], 'failed', 'no e-mail address'],
    [[gate.suppressed], 'suppressed', 'on the list'],
    [[gate.off], 'skipped', 'switched off'],
    [[gate.none, gate.off], 'skipped', 'switched off'],
    [[gate.suppressed, gate.off], 'suppressed', 'switched off'],
    [[gate.off, gate.suppressed, gate.none], 'suppressed', 'no e-mail address'],
  ] as const)('when no step can be used, %o ends as %s', (gates, state, reason) => {
    let decision: Decision | undefined
    for (const one of gates)
      decision = gated(route(gates.length), one, {
        progress: decision === undefined ? freshProgress : going(decision),
      })
    expect(decision).toEqual({ kind: 'final', state, reason })
  })

  test('what was tried in vain has failed, whatever else stood in the way', () => {
    const second = going(after(route(2), rejected))
    expect(gated(route(2), gate.suppressed, { progress: second })).toMatchObject({
      state: 'failed',
    })
  })

  test.each([
    [-1, 'pending'],
    [0, 'final'],
    [1, 'final'],
  ])('a try due %i ms from the deadline is %s', (offsetMs, kind) => {
    const sendUntil = addMs(now, 5 * minute - offsetMs)
    expect(after(route(1), failed, { context: { sendUntil } }).kind).toBe(kind)
    expect(after(route(1), busyFor(5 * minute, 'message'), { context: { sendUntil } }).kind).toBe(
      kind,
    )
  })

  test('the deadline itself ends it', () => {
    expect(gated(route(2), { kind: 'deadline' })).toEqual({
      kind: 'final',
      state: 'expired',
      reason: 'send_until was reached before an exchange could begin',
    })
  })

  test('a lost worker uses no try up and leaves a doubt; the third one sets the delivery aside', () => {
    const lost = (progress: Progress): Decision =>
      gated(route(2), { kind: 'worker_lost' }, { progress })
    const first = lost({ ...freshProgress, movedTo: '+39 2' })
    expect(first).toEqual({
      kind: 'pending',
      reason: 'retry',
      detail: 'worker lost',
      dueAt: now,
      progress: { ...freshProgress, movedTo: '+39 2', possibleDuplicate: true, crashes: 1 },
    })
    const second = lost(going(first))
    expect(going(second).crashes).toBe(2)
    expect(lost(going(second))).toEqual({
      kind: 'final',
      state: 'failed',
      reason: 'poison: worker lost each time',
    })
  })

  test('a lost worker of an integration that must not repeat leaves the delivery to a person', () => {
    expect(
      gated(route(1), { kind: 'worker_lost' }, { context: { onUnknown: 'hold' } }),
    ).toMatchObject({
      reason: 'paused',
      dueAt: context.sendUntil,
      progress: { crashes: 1, possibleDuplicate: true },
    })
  })

  test('a place beyond the route, whose plan was lost, still ends', () => {
    const progress = { ...freshProgress, step: 3 }
    const first = gated(route(1), gate.off, { progress })
    expect(first).toMatchObject({ dueAt: addMs(now, 1_000), progress: { step: 0 } })
    expect(gated(route(1), gate.off, { progress: going(first) })).toMatchObject({
      state: 'skipped',
    })
  })
})
