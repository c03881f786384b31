/** Turns of deliveries that have hours: nothing becomes due outside of them, whatever a provider says. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, type Instant } from './clock.ts'
import type { Outcome } from './outcome.ts'
import { campaignRetry } from './retry.ts'
import { freshProgress } from './route-progress.ts'
import { decideTurn, type RoutePolicy, type TurnResult } from './turn.ts'
import { isOpen, nextOpening, type DailyWindow } from './window.ts'

const policy: RoutePolicy = {
  steps: 2,
  retry: campaignRetry,
  fallback: 'at_once',
  whenOpen: 'fallback',
}
const day = 86_400_000
const spring = Date.UTC(2027, 2, 27)
const zones = ['Europe/Rome', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tokyo']
const window: DailyWindow = { from: '09:00', to: '20:00' }

const decide = (
  result: TurnResult,
  {
    now,
    zone,
    hours,
    sendUntil,
  }: { now: Instant; zone: string; hours: DailyWindow; sendUntil: Instant },
) =>
  decideTurn(policy, freshProgress, result, {
    now,
    random: 0.5,
    sendUntil,
    onUnknown: 'resend',
    breakerOpenMs: 3_600_000,
    attempts: 0,
    opensAt: (at) => nextOpening(hours, at, zone),
  })

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ kind: 'retry', scope: 'message', reason: 'no' }),
  fc.integer({ min: 0, max: day }).map<Outcome>((afterMs) => ({
    kind: 'retry',
    scope: 'message',
    reason: 'later',
    afterMs,
  })),
  fc
    .integer({ min: 0, max: day })
    .map<Outcome>((afterMs) => ({ kind: 'defer', reason: 'full', afterMs })),
  fc.constant<Outcome>({ kind: 'recipient_rejected', reason: 'blocked' }),
)

test('the next try lies within the hours of its zone and before the end, also across a change of the clocks', () => {
  fc.assert(
    fc.property(
      outcome,
      fc.integer({ min: 0, max: 3 * day }),
      fc.constantFrom(...zones),
      fc.integer({ min: 1, max: 3 * day }),
      (what, ms, zone, left) => {
        const now = instant(spring + ms)
        const sendUntil = instant(now + left)
        const result = { kind: 'exchange', outcome: what } as const
        const decision = decide(result, { now, zone, hours: window, sendUntil })
        if (decision.kind === 'final') return
        expect(decision.dueAt).toBeLessThan(sendUntil)
        expect(isOpen(window, decision.dueAt, zone)).toBe(true)
      },
    ),
  )
})

test('outside the hours it waits for the next opening and uses nothing up', () => {
  const now = instant(Date.UTC(2027, 0, 5, 22))
  const opensAt = instant(Date.UTC(2027, 0, 6, 8))
  const gate = { kind: 'gate', gate: { kind: 'window_closed', opensAt } } as const
  const decision = decide(gate, {
    now,
    zone: 'Europe/Rome',
    hours: window,
    sendUntil: instant(now + day),
  })
  expect(decision).toMatchObject({
    kind: 'pending',
    reason: 'window_closed',
    dueAt: opensAt,
    progress: freshProgress,
  })
})

test('when the hours begin at or after the end it is expired', () => {
  const now = instant(Date.UTC(2027, 0, 5, 22))
  const opensAt = instant(Date.UTC(2027, 0, 6, 8))
  for (const opens of [opensAt, undefined]) {
    const gate = { kind: 'gate', gate: { kind: 'window_closed', opensAt: opens } } as const
    const decision = decide(gate, { now, zone: 'Europe/Rome', hours: window, sendUntil: opensAt })
    expect(decision).toMatchObject({ kind: 'final', state: 'expired' })
  }
})
