import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, toIso, type Instant } from './clock.ts'
import { dueRuns, nextRun, type LocalPattern } from './schedule.ts'
import { wallClockMs } from './window.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Every day at this minute of the day. */
const daily = (ofDay: number): LocalPattern => ({
  isInterval: false,
  nextLocal: (after) => {
    const today = Math.floor(after / day) * day + ofDay
    return today > after ? today : today + day
  },
})
/** Every n minutes. */
const every = (minutes: number): LocalPattern => ({
  isInterval: true,
  nextLocal: (after) => (Math.floor(after / (minutes * minute)) + 1) * minutes * minute,
})

const at = (text: string): Instant => instant(Date.parse(text))
const walk = (pattern: LocalPattern, from: string, zone: string, count: number): string[] => {
  const runs: string[] = []
  let now = at(from)
  for (let n = 0; n < count; n += 1) {
    const next = nextRun(pattern, now, zone)
    if (next === undefined) break
    runs.push(toIso(next))
    now = next
  }
  return runs
}

test('a time in the gap is taken at its end, one in the overlap the first time, and no day is left out or taken twice', () => {
  expect(walk(daily(150 * minute), '2027-03-27T00:00:00Z', 'Europe/Rome', 3)).toEqual([
    '2027-03-27T01:30:00.000Z',
    '2027-03-28T01:00:00.000Z',
    '2027-03-29T00:30:00.000Z',
  ])
  expect(walk(daily(150 * minute), '2026-10-24T12:00:00Z', 'Europe/Rome', 2)).toEqual([
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ])
})

test('an interval follows the time that passes: nothing in the gap, both hours of the overlap', () => {
  expect(walk(every(30), '2027-03-28T00:00:00Z', 'Europe/Rome', 4)).toEqual([
    '2027-03-28T00:30:00.000Z',
    '2027-03-28T01:00:00.000Z',
    '2027-03-28T01:30:00.000Z',
    '2027-03-28T02:00:00.000Z',
  ])
  expect(walk(every(30), '2026-10-25T00:00:00Z', 'Europe/Rome', 4)).toEqual([
    '2026-10-25T00:30:00.000Z',
    '2026-10-25T01:00:00.000Z',
    '2026-10-25T01:30:00.000Z',
    '2026-10-25T02:00:00.000Z',
  ])
})

test('a day that a zone left out (Samoa, 2011-12-30) is made up for when it ends, once', () => {
  expect(walk(daily(9 * hour), '2011-12-29T00:00:00Z', 'Pacific/Apia', 3)).toEqual([
    '2011-12-29T19:00:00.000Z',
    '2011-12-30T10:00:00.000Z',
    '2011-12-30T19:00:00.000Z',
  ])
})

const zones = Intl.supportedValuesOf('timeZone')
const anyZone = fc.constantFrom(...zones)
const anyTime = fc
  .integer({ min: Date.UTC(2000, 0), max: Date.UTC(2036, 0) })
  .map((ms) => instant(ms))

test('in every zone a daily time runs once for each local day', () => {
  fc.assert(
    fc.property(anyZone, anyTime, fc.integer({ min: 0, max: 1439 }), (zone, start, ofDay) => {
      const pattern = daily(ofDay * minute)
      const from = nextRun(pattern, start, zone) ?? start
      let now = from
      for (let n = 0; n < 20; n += 1) now = nextRun(pattern, now, zone) ?? now
      expect(now).toBeGreaterThan(from)
      const days = Math.round((wallClockMs(now, zone) - wallClockMs(from, zone)) / day)
      // A run that was moved out of a gap of a whole day stands one local day later than its own.
      expect(Math.abs(days - 20)).toBeLessThanOrEqual(1)
    }),
    { numRuns: 200 },
  )
})

test('in every zone an interval of a quarter of an hour runs every quarter of an hour, whatever the clocks do', () => {
  fc.assert(
    fc.property(anyZone, anyTime, (zone, start) => {
      let now = nextRun(every(15), start, zone) ?? start
      for (let n = 0; n < 20; n += 1) {
        const next = nextRun(every(15), now, zone) ?? now
        // Zones of 20th-century oddities aside, clocks move by multiples of a quarter.
        expect(next - now).toBeLessThanOrEqual(15 * minute)
        expect(next).toBeGreaterThan(now)
        now = next
      }
    }),
    { numRuns: 200 },
  )
})

test('a pattern that is over has no next run', () => {
  expect(nextRun({ isInterval: false, nextLocal: () => undefined }, instant(0), 'UTC')).toBe(
    undefined,
  )
})

const due = (missed: 'skip' | 'once' | 'all', dueAt: string, now: string) => {
  const result = dueRuns(daily(5.5 * hour), {
    dueAt: at(dueAt),
    now: at(now),
    zone: 'UTC',
    missed,
  })
  return [result.run.map(toIso), result.missed, result.next && toIso(result.next)]
}

test('on time, every policy runs once', () => {
  for (const policy of ['skip', 'once', 'all'] as const)
    expect(due(policy, '2026-11-22T05:30:00Z', '2026-11-22T05:30:01Z')).toEqual([
      ['2026-11-22T05:30:00.000Z'],
      0,
      '2026-11-23T05:30:00.000Z',
    ])
})

test('after three days away: nothing, one, or each', () => {
  const [from, now, next] = [
    '2026-11-20T05:30:00Z',
    '2026-11-22T12:00:00Z',
    '2026-11-23T05:30:00.000Z',
  ]
  expect(due('skip', from, now)).toEqual([[], 3, next])
  expect(due('once', from, now)).toEqual([['2026-11-22T05:30:00.000Z'], 2, next])
  expect(due('all', from, now)).toEqual([
    ['2026-11-20T05:30:00.000Z', '2026-11-21T05:30:00.000Z', '2026-11-22T05:30:00.000Z'],
    0,
    next,
  ])
})

test('a year away is made up for by a hundred runs at most, and all are counted', () => {
  const [run, missed] = due('all', '2025-11-22T05:30:00Z', '2026-11-22T12:00:00Z')
  expect([(run as string[]).length, missed]).toEqual([100, 266])
})
