import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMs, instant, toIso, type Instant } from './clock.ts'
import { dayBounds, dueReport, isReportable, lastUnwantedDay, yesterday } from './daily-report.ts'

const at = (text: string): Instant => instant(Date.parse(text))
const hour = 3_600_000
const due = (now: string, lastDay: string, zone = 'Europe/Rome', time = '05:30') => {
  const { next, ...rest } = dueReport({ at: time, lastDay }, at(now), zone)
  return { ...rest, next: toIso(next).slice(0, 16) }
}

test('in the morning the day before is due, and at once after it the next morning', () => {
  expect(due('2026-11-22T04:30:00Z', '2026-11-20')).toEqual({
    day: '2026-11-21',
    missed: [],
    next: '2026-11-23T04:30',
  })
  expect(due('2026-11-22T04:31:00Z', '2026-11-21')).toMatchObject({ day: undefined, missed: [] })
  expect(due('2026-11-22T04:29:00Z', '2026-11-20')).toMatchObject({ day: undefined })
})

test('after three days without a service there is one report, and it names the days that had none', () => {
  expect(due('2026-11-25T14:00:00Z', '2026-11-20')).toEqual({
    day: '2026-11-24',
    missed: ['2026-11-21', '2026-11-22', '2026-11-23'],
    next: '2026-11-26T04:30',
  })
  const months = due('2026-11-25T14:00:00Z', '2025-01-01')
  expect(months.missed).toHaveLength(31)
  expect(months.missed.at(-1)).toBe('2026-11-23')
})

test('a night in which a morning was missed is made up for before the next morning, each day once', () => {
  expect(due('2026-11-23T01:00:00Z', '2026-11-20')).toMatchObject({ day: '2026-11-21' })
  expect(due('2026-11-23T04:30:00Z', '2026-11-21')).toMatchObject({ day: '2026-11-22', missed: [] })
})

test('a time in a gap is the end of the gap, one in an overlap the first', () => {
  expect(due('2027-03-28T00:59:00Z', '2027-03-26', 'Europe/Rome', '02:30').day).toBeUndefined()
  expect(due('2027-03-28T01:00:00Z', '2027-03-26', 'Europe/Rome', '02:30').day).toBe('2027-03-27')
  expect(due('2026-10-25T00:30:00Z', '2026-10-23', 'Europe/Rome', '02:30')).toEqual({
    day: '2026-10-24',
    missed: [],
    next: '2026-10-26T01:30',
  })
})

test('days have 23 to 25 hours, and begin where there is no midnight with the end of the gap', () => {
  const hours = (day: string, zone: string): number => {
    const { from, until } = dayBounds(day, zone)
    return (until - from) / hour
  }
  expect(hours('2027-03-28', 'Europe/Rome')).toBe(23)
  expect(hours('2026-10-25', 'Europe/Rome')).toBe(25)
  expect(hours('2026-10-04', 'Australia/Lord_Howe')).toBe(23.5)
  expect(hours('2026-11-22', 'Asia/Kathmandu')).toBe(24)
  expect(hours('2026-09-06', 'America/Santiago')).toBe(23)
  expect(toIso(dayBounds('2026-11-22', 'Asia/Kathmandu').from)).toBe('2026-11-21T18:15:00.000Z')
})

test('whoever wants reports from now on gets the next morning the day before it', () => {
  const last = lastUnwantedDay(at('2026-11-22T10:00:00Z'), 'Europe/Rome', '05:30')
  expect(last).toBe('2026-11-21')
  expect(due('2026-11-22T10:00:01Z', last).day).toBeUndefined()
  expect(due('2026-11-23T04:30:00Z', last)).toMatchObject({ day: '2026-11-22', missed: [] })
  expect(yesterday(at('2026-11-22T23:30:00Z'), 'Europe/Rome')).toBe('2026-11-22')
})

test('only days that have ended, and whose counters are still there, can be reported', () => {
  const now = at('2026-11-22T10:00:00Z')
  const can = (day: string): boolean => isReportable(day, now, 'Europe/Rome', 40)
  expect([can('2026-11-22'), can('2026-11-21'), can('2026-10-13'), can('2026-10-12')]).toEqual([
    false,
    true,
    true,
    false,
  ])
})

const zones = [
  'UTC',
  'Europe/Rome',
  'America/Godthab',
  'America/Scoresbysund',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'America/Santiago',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Asia/Beirut',
]

test(
  'whenever one looks, and however long nothing ran, every day is reported or named once, in order',
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('00:00', '00:30', '02:30', '05:30', '23:59'),
        fc.array(fc.integer({ min: 1, max: 60 * hour }), { minLength: 20, maxLength: 60 }),
        fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-06-01T00:00:00Z') }),
        (zone, time, waits, begin) => {
          let now = instant(begin)
          let lastDay = lastUnwantedDay(now, zone, time)
          const days = [lastDay]
          for (const wait of waits) {
            now = addMs(now, wait)
            const { day, missed, next } = dueReport({ at: time, lastDay }, now, zone)
            expect(next).toBeGreaterThan(now)
            if (day === undefined) continue
            expect(dayBounds(day, zone).until).toBeLessThanOrEqual(now)
            days.push(...missed, day)
            lastDay = day
          }
          const expected = days.map((_, n) =>
            new Date(Date.parse(`${days[0]}T00:00:00Z`) + n * 24 * hour).toISOString().slice(0, 10),
          )
          expect(days).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
  },
)
