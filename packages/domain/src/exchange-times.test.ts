import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeBucket, timeQuantile } from './exchange-times.ts'

const histogram = (times: readonly number[]): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>()
  for (const ms of times) counts.set(timeBucket(ms), (counts.get(timeBucket(ms)) ?? 0) + 1)
  return counts
}

test('a percentile lies in the bucket of the exact one: within half of it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 11, max: 100_000 }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (times, share) => {
        const exact = times.toSorted((a, b) => a - b)[Math.ceil(share * times.length) - 1] ?? 0
        const found = timeQuantile(histogram(times), share) ?? Number.NaN
        expect(found).toBeGreaterThanOrEqual(exact / 1.5 - 1)
        expect(found).toBeLessThanOrEqual(exact * 1.5 + 1)
      },
    ),
  )
})

test('without exchanges there is none, and what takes for ever counts as the last bound', () => {
  expect(timeQuantile(new Map(), 0.95)).toBeUndefined()
  expect(timeQuantile(histogram([1e9]), 0.95)).toBe(112_227)
  expect(timeBucket(0)).toBe(0)
})
