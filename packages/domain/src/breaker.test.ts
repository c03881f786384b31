import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import {
  breakerGate,
  breakerSignal,
  closedBreaker,
  defaultBreaker,
  recordSignal,
  type BreakerPolicy,
  type BreakerSignal,
  type BreakerState,
} from './breaker.ts'
import { addMs, instant } from './clock.ts'
import type { Outcome } from './outcome.ts'

const now = instant(1_800_000_000_000)
const hour = 3_600_000
const at = { policy: defaultBreaker, now, reason: 'timeout' }
const open: BreakerState = {
  state: 'open',
  failures: 5,
  openUntil: addMs(now, hour),
  reason: 'timeout',
}
const halfOpen: BreakerState = { ...open, state: 'half_open' }
const signals: readonly BreakerSignal[] = [
  'success',
  'answer',
  'failure',
  'refused',
  'neutral',
  'unasked',
]

test.each([
  [{ kind: 'accepted', ids: [] }, 'success'],
  [{ kind: 'retry', scope: 'message', reason: 'refused' }, 'failure'],
  [{ kind: 'unknown', reason: 'no answer' }, 'failure'],
  [{ kind: 'retry', scope: 'integration', reason: '429', afterMs: 60_000 }, 'neutral'],
  [{ kind: 'retry', scope: 'message', reason: 'aborted by us', afterMs: 0 }, 'neutral'],
  [{ kind: 'integration_rejected', reason: 'bad credentials' }, 'refused'],
  [{ kind: 'defer', reason: 'full', afterMs: 1 }, 'answer'],
  [{ kind: 'recipient_rejected', reason: 'unknown' }, 'answer'],
  [{ kind: 'message_rejected', reason: 'too large' }, 'answer'],
  [{ kind: 'moved', reason: 'new', address: 'b' }, 'answer'],
  [{ kind: 'message_rejected', reason: 'no template', unsent: true }, 'unasked'],
] satisfies readonly (readonly [Outcome, BreakerSignal])[])(
  '%o is to the breaker: %s',
  (outcome, signal) => {
    expect(breakerSignal(outcome)).toBe(signal)
  },
)

describe('closed', () => {
  test('it opens at exactly the number of consecutive failures, for the time of its policy', () => {
    fc.assert(
      fc.property(
        fc.record({
          failures: fc.integer({ min: 1, max: 20 }),
          openMs: fc.integer({ min: 1, max: 24 * hour }),
        }),
        (policy) => {
          let breaker: BreakerState = closedBreaker
          for (let n = 1; n < policy.failures; n += 1) {
            breaker = recordSignal(breaker, 'failure', { ...at, policy })
            expect(breaker).toEqual({ state: 'closed', failures: n })
          }
          expect(recordSignal(breaker, 'failure', { ...at, policy })).toEqual({
            state: 'open',
            failures: policy.failures,
            openUntil: addMs(now, policy.openMs),
            reason: 'timeout',
          })
        },
      ),
    )
  })

  test('it never loses a count: open is where the last failures in a row, answers aside, reach the number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<BreakerSignal>('success', 'answer', 'failure', 'neutral'), {
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 6 }),
        (sequence, number) => {
          const policy: BreakerPolicy = { failures: number, openMs: hour }
          let breaker: BreakerState = closedBreaker
          let row = 0
          for (const signal of sequence) {
            breaker = recordSignal(breaker, signal, { ...at, policy })
            if (signal === 'success') row = 0
            if (signal === 'failure') row = Math.min(number, row + 1)
            expect(breaker.failures).toBe(row)
            expect(breaker.state).toBe(row === number ? 'open' : 'closed')
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test.each(['answer', 'neutral', 'unasked'] as const)(
    '%s leaves it as it is, the same object',
    (signal) => {
      const counting: BreakerState = { state: 'closed', failures: 3 }
      expect(recordSignal(counting, signal, at)).toBe(counting)
    },
  )

  test('a success resets the count, and costs nothing where there is none', () => {
    expect(recordSignal({ state: 'closed', failures: 4 }, 'success', at)).toEqual(closedBreaker)
    const fresh: BreakerState = { state: 'closed', failures: 0 }
    expect(recordSignal(fresh, 'success', at)).toBe(fresh)
  })

  test('a refused integration opens it at once', () => {
    const reason = 'bad credentials'
    expect(recordSignal({ state: 'closed', failures: 1 }, 'refused', { ...at, reason })).toEqual({
      state: 'open',
      failures: 1,
      openUntil: addMs(now, hour),
      reason,
    })
  })
})

describe('open', () => {
  test.each(['failure', 'refused', 'answer', 'neutral', 'unasked'] as const)(
    '%s of an exchange that was in flight changes nothing: it is not prolonged',
    (signal) => {
      const later = { ...at, now: addMs(now, hour / 2), reason: 'another' }
      expect(recordSignal(open, signal, later)).toBe(open)
    },
  )

  test('the first success closes it', () => {
    expect(recordSignal(open, 'success', at)).toEqual(closedBreaker)
  })
})

describe('half-open', () => {
  const later = { ...at, now: addMs(now, 2 * hour), reason: 'still down' }

  test.each(['success', 'answer'] as const)('%s closes it and resets the count', (signal) => {
    expect(recordSignal(halfOpen, signal, later)).toEqual(closedBreaker)
  })

  test('a probe that was told to wait, or that we aborted, leaves it half-open: it has shown nothing', () => {
    expect(recordSignal(halfOpen, 'neutral', later)).toBe(halfOpen)
  })

  test('a probe that never asked anything closes nothing, and another may be made at once', () => {
    const after = recordSignal(halfOpen, 'unasked', later)
    expect(after).toEqual({ ...halfOpen, openUntil: later.now })
    expect(breakerGate(after, later.now)).toBe('probe')
  })

  test.each([
    ['failure', 6],
    ['refused', 5],
  ] as const)('%s opens it again for the whole time', (signal, failures) => {
    expect(recordSignal(halfOpen, signal, later)).toEqual({
      state: 'open',
      failures,
      openUntil: addMs(later.now, hour),
      reason: 'still down',
    })
  })

  test('one failed probe is enough, also when the policy has come to want more failures', () => {
    const policy = { failures: 100, openMs: hour }
    expect(recordSignal(halfOpen, 'failure', { ...later, policy }).state).toBe('open')
  })
})

describe('the gate', () => {
  test('a closed breaker lets everybody through', () => {
    expect(breakerGate({ state: 'closed', failures: 4 }, now)).toBe('closed')
  })

  test.each([
    [-1, 'open'],
    [0, 'probe'],
    [1, 'probe'],
  ] as const)('%i ms from its time an open or half-open one says %s', (offsetMs, gate) => {
    expect(breakerGate(open, addMs(open.openUntil, offsetMs))).toBe(gate)
    expect(breakerGate(halfOpen, addMs(open.openUntil, offsetMs))).toBe(gate)
  })

  test('a breaker that is not closed gets its probe some day, whatever was recorded', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...signals), { maxLength: 40 }), (sequence) => {
        let breaker: BreakerState = closedBreaker
        for (const signal of sequence) breaker = recordSignal(breaker, signal, at)
        expect(breakerGate(breaker, addMs(now, hour))).not.toBe('open')
      }),
    )
  })
})
