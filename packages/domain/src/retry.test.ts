import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { instant, type Instant } from './clock.ts'
import {
  campaignRetry,
  nextTry,
  ruleRetry,
  triesOf,
  webhookRetry,
  type RetryPolicy,
} from './retry.ts'

const now = instant(1_800_000_000_000)
const minute = 60_000
const hour = 60 * minute

const ms = fc.integer({ min: 0, max: 24 * hour })
const max = fc.integer({ min: 1, max: 50 })
const delays = fc.record({
  kind: fc.constant('delays' as const),
  delaysMs: fc.array(ms, { maxLength: 20 }),
})
const every = fc.record({ kind: fc.constant('every' as const), everyMs: ms, max })
const exponential = fc.record({
  kind: fc.constant('exponential' as const),
  firstMs: fc.integer({ min: 1, max: 24 * hour }),
  capMs: fc.integer({ min: 1, max: 48 * hour }),
  max,
})
const policies: fc.Arbitrary<RetryPolicy> = fc.oneof(delays, every, exponential)
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

/** More than the last bit of a time of today. */
const precisionMs = 0.001

/** The waits between the tries, in ms, with the same draw each time. */
const waitsOf = (policy: RetryPolicy, random: number): readonly number[] => {
  const waits: number[] = []
  for (let tries = 1; ; tries += 1) {
    const at = nextTry(policy, { tries, now, random })
    if (at === undefined) return waits
    waits.push(at - now)
  }
}

test.each([
  ['rules', ruleRetry, [5 * minute, 30 * minute]],
  ['campaigns', campaignRetry, Array.from({ length: 9 }, () => 6 * minute)],
  [
    'webhooks',
    webhookRetry,
    [5_000, 5 * minute, ...[0.5, 2, 5, 10, 14, 20, 24].map((hours) => hours * hour)],
  ],
] as const)('the default of %s', (_, policy, waits) => {
  expect(waitsOf(policy, 0)).toEqual(waits)
})

test('a policy is used up exactly after its tries', () => {
  fc.assert(
    fc.property(policies, draw, (policy, random) => {
      const tries = triesOf(policy)
      expect(waitsOf(policy, random)).toHaveLength(tries - 1)
      for (const made of [tries, tries + 1, tries + 1_000])
        expect(nextTry(policy, { tries: made, now, random })).toBeUndefined()
    }),
  )
})

test('there is one more try than delays, `max` of the others, and never less than one', () => {
  expect(triesOf({ kind: 'delays', delaysMs: [] })).toBe(1)
  expect(triesOf({ kind: 'delays', delaysMs: [1, 2, 3] })).toBe(4)
  expect(triesOf({ kind: 'every', everyMs: 1, max: 7 })).toBe(7)
  expect(triesOf({ kind: 'exponential', firstMs: 1, capMs: 1, max: 7 })).toBe(7)
  expect(triesOf({ kind: 'every', everyMs: 1, max: 0 })).toBe(1)
})

test('the next try is never before now', () => {
  fc.assert(
    fc.property(policies, draw, fc.integer({ min: 1, max: 60 }), (policy, random, tries) => {
      const at: Instant | undefined = nextTry(policy, { tries, now, random })
      expect(at ?? now).toBeGreaterThanOrEqual(now)
    }),
  )
})

describe('the waits', () => {
  test('of a list are its delays, prolonged by less than a tenth', () => {
    fc.assert(
      fc.property(delays, draw, (policy, random) => {
        for (const [index, wait] of waitsOf(policy, random).entries()) {
          const delay = policy.delaysMs[index] ?? Number.NaN
          expect(wait).toBeGreaterThanOrEqual(delay)
          expect(wait).toBeLessThan(delay * 1.1 + precisionMs)
        }
      }),
    )
  })

  test('of `every` are the same each time, prolonged by less than a tenth', () => {
    fc.assert(
      fc.property(every, draw, (policy, random) => {
        for (const wait of waitsOf(policy, random)) {
          expect(wait).toBeGreaterThanOrEqual(policy.everyMs)
          expect(wait).toBeLessThan(policy.everyMs * 1.1 + precisionMs)
        }
      }),
    )
  })

  test('are spread: who failed together does not come back together', () => {
    for (const policy of [ruleRetry, campaignRetry])
      expect(waitsOf(policy, 0.5)[0]).toBeCloseTo((waitsOf(policy, 0)[0] ?? 0) * 1.05)
  })

  test('of the exponential grow with the same draw, double up to the cap, and never pass it', () => {
    fc.assert(
      fc.property(exponential, draw, (policy, random) => {
        const waits = waitsOf(policy, random)
        for (const [index, wait] of waits.entries()) {
          expect(wait).toBeGreaterThanOrEqual(waits[index - 1] ?? 0)
          expect(wait).toBeLessThanOrEqual(policy.capMs)
          expect(wait).toBeGreaterThanOrEqual(Math.min(policy.capMs, policy.firstMs) / 4)
        }
      }),
    )
  })

  test('of the exponential are anywhere up to the doubled one, but not nothing', () => {
    const policy: RetryPolicy = { kind: 'exponential', firstMs: 1_000, capMs: 5_000, max: 6 }
    const almostOne = 1 - Number.EPSILON
    const most = waitsOf(policy, almostOne).map((wait) => Math.round(wait))
    expect(most).toEqual([1_000, 2_000, 4_000, 5_000, 5_000])
    expect(waitsOf(policy, 0)).toEqual([250, 250, 250, 250, 250])
    expect(waitsOf(policy, 0.5)).toEqual([500, 1_000, 2_000, 2_500, 2_500])
  })

  test('of the exponential stay finite however many tries there are', () => {
    const policy: RetryPolicy = { kind: 'exponential', firstMs: 1, capMs: hour, max: 10_000 }
    expect(nextTry(policy, { tries: 9_999, now, random: 0.5 })).toBe(now + hour / 2)
  })
})
