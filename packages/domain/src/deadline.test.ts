import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { addMs, instant } from './clock.ts'
import { mayBegin, sendBudgetMs } from './deadline.ts'

const createdAt = instant(1_800_000_000_000)
const begins = (lifeMs: number, leftMs: number): boolean => {
  const sendUntil = addMs(createdAt, lifeMs)
  return mayBegin({ now: addMs(sendUntil, -leftMs), createdAt, sendUntil })
}

test.each([
  [sendBudgetMs + 1, true],
  [sendBudgetMs, true],
  [sendBudgetMs - 1, false],
  [1, false],
  [0, false],
  [-1, false],
])('with %i ms left of a day an exchange may begin: %s', (leftMs, may) => {
  expect(begins(24 * 3_600_000, leftMs)).toBe(may)
})

test.each([
  [40_000, 10_000, true],
  [40_000, 9_999, false],
  [20_000, 5_000, true],
  [20_000, 4_999, false],
  [4, 1, true],
  [4, 0.5, false],
])('a life of %i ms with %d ms left may begin: %s', (lifeMs, leftMs, may) => {
  expect(begins(lifeMs, leftMs)).toBe(may)
})

test('whatever has a life may begin at its beginning', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e11 }), (lifeMs) => {
      expect(begins(lifeMs, lifeMs)).toBe(true)
    }),
  )
})

test('nothing begins at the deadline or later, also where that lies at or before the creation', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.integer({ min: 0, max: 1e9 }),
      (lifeMs, lateMs) => {
        expect(begins(lifeMs, -lateMs)).toBe(false)
      },
    ),
  )
})

test('once it may not begin it never may again', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e8 }),
      fc.integer({ min: 0, max: 1e8 }),
      fc.integer({ min: 0, max: 1e8 }),
      (lifeMs, leftMs, moreMs) => {
        expect(begins(lifeMs, leftMs) && !begins(lifeMs, leftMs + moreMs)).toBe(false)
      },
    ),
  )
})
