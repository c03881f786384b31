import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterTurn, backoffMs, jitteredMs, type SourceTurn } from './source-pace.ts'

const random = fc.double({ min: 0, max: 1, noNaN: true })
const failures = fc.nat({ max: 100_000 })
const everyMs = fc.double({ min: -1e12, max: 1e12, noNaN: true })
const afterMs = fc.option(fc.double({ min: -1e12, max: 1e15, noNaN: true }), { nil: undefined })
const turn: fc.Arbitrary<SourceTurn> = fc.oneof(
  fc.record({ kind: fc.constant('ok' as const), more: fc.boolean() }),
  fc.record({ kind: fc.constant('retry' as const), reason: fc.string(), afterMs }),
  fc.record({ kind: fc.constant('stop' as const), reason: fc.string() }),
)

describe('the pace of a source', () => {
  test('an interval is a tenth off at most, and never below a second', () => {
    expect(jitteredMs(300_000, 0)).toBe(270_000)
    expect(jitteredMs(300_000, 1)).toBe(330_000)
    expect(jitteredMs(0, 0)).toBe(1_000)
    expect(jitteredMs(Number.MAX_VALUE, 1)).toBeLessThan(8 * 86_400_000)
  })

  test('failures wait between one second and five minutes, longer each time until then', () => {
    fc.assert(
      fc.property(failures, random, (n, draw) => {
        const wait = backoffMs(n, draw)
        expect(wait).toBeGreaterThanOrEqual(1_000)
        expect(wait).toBeLessThanOrEqual(300_000)
        expect(backoffMs(n + 1, draw)).toBeGreaterThanOrEqual(wait)
      }),
    )
    expect([1, 2, 3, 8, 9, 500].map((n) => backoffMs(n, 1))).toEqual([
      2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ])
  })

  test('every turn leads somewhere: only a stop has no next turn, and nothing is asked at once but what has more', () => {
    fc.assert(
      fc.property(turn, failures, everyMs, random, (given, before, every, draw) => {
        const pace = afterTurn(given, { failures: before, everyMs: every, random: draw })
        expect(pace.state === 'stopped').toBe(given.kind === 'stop')
        expect(pace.waitMs === undefined).toBe(given.kind === 'stop')
        expect(pace.failures).toBe(given.kind === 'ok' ? 0 : before + 1)
        const isAtOnce = given.kind === 'ok' && given.more
        expect(pace.waitMs ?? 1_000).toBeGreaterThanOrEqual(isAtOnce ? 0 : 1_000)
      }),
    )
  })

  test('the wait that the other side asks for is kept to, up to a day', () => {
    const given = { failures: 0, everyMs: 1_000, random: 0 }
    const waits = (asked: number) =>
      afterTurn({ kind: 'retry', reason: 'later', afterMs: asked }, given).waitMs
    expect(waits(120_000)).toBe(120_000)
    expect(waits(10)).toBe(1_000)
    expect(waits(1e12)).toBe(86_400_000)
  })
})
