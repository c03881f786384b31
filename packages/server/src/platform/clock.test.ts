import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { instant } from '@carillon/domain/clock'
import { createDbClock, monotonicMs, systemClock } from './clock.ts'

const clockAt = (ms: number) => ({ now: () => instant(ms) })

test('before the first exchange the database clock is the local one and says that it is not measured', () => {
  const clock = createDbClock(clockAt(5_000))
  expect([clock.now(), clock.offsetMs(), clock.uncertaintyMs()]).toEqual([
    5_000,
    undefined,
    undefined,
  ])
})

test('the offset is taken at the middle of the round trip', () => {
  const clock = createDbClock(clockAt(10_000))
  clock.record(12_000, 1_000, 1_200)
  expect(clock.offsetMs()).toBe(10_900)
  expect(clock.now()).toBe(20_900)
})

test('a slow exchange does not spoil a precise estimate that it agrees with', () => {
  const clock = createDbClock(clockAt(0))
  clock.record(1_001, 0, 2)
  clock.record(2_300, 1_000, 2_000)
  expect(clock.offsetMs()).toBe(1_000)
  expect(clock.uncertaintyMs()).toBe(1)
})

test('a clock that was moved is noticed at the next exchange, even a slow one', () => {
  const clock = createDbClock(clockAt(0))
  clock.record(1_001, 0, 2)
  clock.record(61_500, 1_000, 2_000)
  expect(clock.offsetMs()).toBe(60_000)
})

test('an exchange during which the local clock went back is ignored', () => {
  const clock = createDbClock(clockAt(0))
  clock.record(500, 1_000, 900)
  expect(clock.offsetMs()).toBeUndefined()
})

test('with clocks that run steadily the error never exceeds the uncertainty', () => {
  const exchange = fc.record({
    gap: fc.integer({ min: 0, max: 5_000 }),
    there: fc.integer({ min: 0, max: 400 }),
    back: fc.integer({ min: 0, max: 400 }),
  })
  fc.assert(
    fc.property(
      fc.integer({ min: -1e6, max: 1e6 }),
      fc.array(exchange, { minLength: 1 }),
      (offset, all) => {
        const clock = createDbClock(clockAt(0))
        let at = 0
        for (const { gap, there, back } of all) {
          const sent = at + gap
          clock.record(sent + there + offset, sent, sent + there + back)
          at = sent + there + back
          const error = Math.abs((clock.offsetMs() ?? Infinity) - offset)
          expect(error).toBeLessThanOrEqual(clock.uncertaintyMs() ?? -1)
        }
      },
    ),
  )
})

test('the system clock tells wall time and the monotonic one never goes back', () => {
  expect(systemClock.now()).toBeGreaterThan(1_700_000_000_000)
  const first = monotonicMs()
  expect(monotonicMs()).toBeGreaterThanOrEqual(first)
})
