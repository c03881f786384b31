import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { addMs, instant, type Instant } from './clock.ts'
import {
  intervalMs,
  takeSlots,
  withoutStale,
  type RateLimit,
  type SlotGrant,
  type SlotRun,
} from './rate-limit.ts'

const start = instant(1_800_000_000_000)
const limits: fc.Arbitrary<RateLimit> = fc.record({
  n: fc.integer({ min: 1, max: 1_000 }),
  perMs: fc.constantFrom(1_000, 60_000, 86_400_000),
  burst: fc.integer({ min: 1, max: 50 }),
})

/** When the slots of a grant are spent by whoever spends them as soon as may be. */
const timesOf = (grant: SlotGrant, now: Instant): readonly number[] =>
  Array.from({ length: grant.count }, (_, index) =>
    Math.max(now, grant.firstAt + index * grant.intervalMs),
  )

/** Several workers ask at random times; the times at which all their slots are spent. */
const asked = (
  limit: RateLimit,
  asks: readonly {
    readonly afterMs: number
    readonly wanted: number
    readonly horizonMs: number
  }[],
): readonly number[] => {
  const times: number[] = []
  let now = start
  let tat: Instant | undefined
  for (const { afterMs, wanted, horizonMs } of asks) {
    now = addMs(now, afterMs)
    const grant = takeSlots(limit, tat, { now, wanted, horizonMs })
    expect(grant.tat).toBeGreaterThanOrEqual(tat ?? -Infinity)
    expect(grant.count).toBeLessThanOrEqual(wanted)
    tat = grant.tat
    times.push(...timesOf(grant, now))
  }
  return times
}
const asks = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 5_000 })),
    wanted: fc.integer({ min: 0, max: 100 }),
    horizonMs: fc.integer({ min: 0, max: 2_000 }),
  }),
  { maxLength: 30 },
)

/** By how many messages the worst window of any length is above rate x length + burst. The last bit of a time of today is 0.0002 ms. */
const overshoot = (limit: RateLimit, times: readonly number[]): number => {
  const sorted = [...times].sort((a, b) => a - b)
  let worst = -Infinity
  for (const [first, from] of sorted.entries())
    for (let last = first; last < sorted.length; last += 1) {
      const allowed = ((sorted[last] ?? 0) - from + 0.01) / intervalMs(limit) + limit.burst
      worst = Math.max(worst, last - first + 1 - allowed)
    }
  return worst
}

test('no window of any length sees more than its rate and the burst', () => {
  fc.assert(
    fc.property(limits, asks, (limit, sequence) => {
      expect(overshoot(limit, asked(limit, sequence))).toBeLessThanOrEqual(0)
    }),
    { numRuns: 200 },
  )
})

test('slots are handed out in order, an interval apart at the least, whoever asks', () => {
  fc.assert(
    fc.property(limits, asks, (limit, sequence) => {
      let tat: Instant | undefined
      let now = start
      for (const { afterMs, wanted, horizonMs } of sequence) {
        now = addMs(now, afterMs)
        const grant = takeSlots(limit, tat, { now, wanted, horizonMs })
        expect(grant.firstAt).toBeGreaterThanOrEqual(tat ?? -Infinity)
        expect(grant.tat).toBeCloseTo(grant.firstAt + grant.count * grant.intervalMs, 2)
        tat = grant.tat
      }
    }),
  )
})

test('under a backlog the whole rate is used: not a slot is lost between the asks', () => {
  fc.assert(
    fc.property(limits, fc.integer({ min: 1, max: 1_000 }), (limit, everyMs) => {
      const turns = 20
      const backlog = Array.from({ length: turns }, (_, index) => ({
        afterMs: index === 0 ? 0 : everyMs,
        wanted: 1_000_000,
        horizonMs: everyMs,
      }))
      const spanMs = turns * everyMs
      const { length } = asked(limit, backlog)
      expect(length).toBeGreaterThanOrEqual(
        Math.floor(spanMs / intervalMs(limit)) + limit.burst - 1,
      )
    }),
    { numRuns: 50 },
  )
})

describe('by example: 10 a second, 3 at once', () => {
  const limit: RateLimit = { n: 10, perMs: 1_000, burst: 3 }
  const ask = (tat: Instant | undefined, wanted: number, horizonMs = 0): SlotGrant =>
    takeSlots(limit, tat, { now: start, wanted, horizonMs })

  test('an idle limiter gives its burst at once, and no more', () => {
    expect(ask(undefined, 100)).toEqual({
      firstAt: addMs(start, -200),
      count: 3,
      intervalMs: 100,
      tat: addMs(start, 100),
    })
    expect(ask(addMs(start, -1e9), 100).count).toBe(3)
  })

  test('looking ahead gives the slots of that time too', () => {
    expect(ask(undefined, 100, 1_000).count).toBe(13)
    expect(ask(undefined, 5, 1_000)).toMatchObject({ count: 5, tat: addMs(start, 300) })
  })

  test('when all is given the answer says when to ask again, and nothing moves', () => {
    const tat = addMs(start, 500)
    expect(ask(tat, 10)).toEqual({ firstAt: tat, count: 0, intervalMs: 100, tat })
    expect(ask(tat, 10, 499).count).toBe(0)
    expect(ask(tat, 10, 500).count).toBe(1)
  })

  test('asking for nothing takes nothing', () => {
    expect(ask(start, 0, 1_000)).toMatchObject({ count: 0, tat: start })
  })
})

describe('slots that nobody took', () => {
  const limit: RateLimit = { n: 10, perMs: 1_000, burst: 3 }
  const run = (offsetMs: number, count: number): SlotRun => ({
    firstAt: addMs(start, offsetMs),
    count,
    intervalMs: 100,
  })

  test('are lost when their time is longer past than the burst allows', () => {
    expect(withoutStale(limit, [run(-10_000, 50)], { now: start, spoken: 0 })).toEqual([])
    expect(withoutStale(limit, [run(-500, 10)], { now: start, spoken: 0 })).toEqual([run(-200, 7)])
  })

  test('are kept while their time is to come, and as long as a burst is fresh', () => {
    for (const runs of [[run(-200, 3)], [run(0, 5), run(700, 2)]])
      expect(withoutStale(limit, runs, { now: start, spoken: 0 })).toEqual(runs)
  })

  test('are kept for the rows that wait for one, the latest of them', () => {
    const runs = [run(-10_000, 5), run(-8_000, 5), run(400, 1)]
    expect(withoutStale(limit, runs, { now: start, spoken: 4 })).toEqual([
      run(-7_800, 3),
      run(400, 1),
    ])
    expect(withoutStale(limit, runs, { now: start, spoken: 20 })).toEqual(runs)
  })

  test('never make a burst of their own: whoever comes late is within the limit', () => {
    fc.assert(
      fc.property(limits, asks, fc.integer({ min: 0, max: 100 }), (each, sequence, rows) => {
        let tat: Instant | undefined
        let now = start
        let runs: readonly SlotRun[] = []
        const times: number[] = []
        for (const { afterMs, wanted, horizonMs } of sequence) {
          now = addMs(now, afterMs)
          runs = withoutStale(each, runs, { now, spoken: 0 })
          const grant = takeSlots(each, tat, { now, wanted, horizonMs })
          tat = grant.tat
          if (grant.count > 0) runs = [...runs, grant]
          // Some of them are spent as soon as may be, the others left over.
          const spent = runs.flatMap(({ firstAt, count, intervalMs: step }) =>
            Array.from({ length: count }, (_, index) => firstAt + index * step),
          )
          times.push(...spent.slice(0, rows).map((at) => Math.max(at, now)))
          runs = spent.slice(rows).map((at) => ({
            firstAt: instant(at),
            count: 1,
            intervalMs: intervalMs(each),
          }))
        }
        expect(overshoot(each, times)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 100 },
    )
  })
})
