// Windows and daily times around every change of every zone's clock in 2026 and 2027 (reliability.md T-T1).
import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { Temporal } from 'temporal-polyfill/implementation'
import { instant, toIso, type Instant } from './clock.ts'
import {
  closesAt,
  isOpen,
  nextDailyTime,
  nextOpening,
  zonedDailyTime,
  type DailyWindow,
} from './window.ts'

const hour = 3_600_000

/** Every change of a zone's offset from 2026 to 2027, with the instants of both sides. */
type Transition = { readonly zone: string; readonly at: Instant; readonly jumpMs: number }

const transitionsOf = (zone: string): readonly Transition[] => {
  const found: Transition[] = []
  let next = Temporal.ZonedDateTime.from(`2026-01-01T00:00[${zone}]`).getTimeZoneTransition('next')
  while (next !== null && next.year < 2028) {
    const before = next.subtract({ nanoseconds: 1 })
    const jumpMs = (next.offsetNanoseconds - before.offsetNanoseconds) / 1e6
    if (jumpMs !== 0) found.push({ zone, at: instant(next.epochMilliseconds), jumpMs })
    next = next.getTimeZoneTransition('next')
  }
  return found
}

const zones = Intl.supportedValuesOf('timeZone')
const transitions = zones.flatMap(transitionsOf)

const zoned = (at: Instant, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)

/** What a zone's clock shows, as milliseconds as if it were UTC; by Intl, which shares no code with the engine. */
const localMs = (at: Instant, zone: string): number => {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const seconds = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return seconds + (((at % 1000) + 1000) % 1000)
}

const minutes = fc.integer({ min: 0, max: 24 * 60 - 1 })
const clock = (minutes: number): string =>
  Temporal.PlainTime.from('00:00').add({ minutes }).toString().slice(0, 5)
const window: fc.Arbitrary<DailyWindow> = fc.record({
  from: minutes.map(clock),
  to: minutes.map(clock),
  weekdays: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), {
    nil: undefined,
  }),
})
const nearTransition = fc
  .tuple(fc.constantFrom(...transitions), fc.integer({ min: -40 * 60, max: 40 * 60 }))
  .map(([transition, minutes]) => ({
    zone: transition.zone,
    now: instant(transition.at + minutes * 60_000),
  }))

describe('a local time', () => {
  test('is the first instant at which the clock, as Intl shows it, has come so far', () => {
    const nearby = fc.tuple(fc.constantFrom(...transitions), fc.integer({ min: -150, max: 150 }))
    const before = fc.integer({ min: 1, max: 6 * 60 * 60_000 })
    fc.assert(
      fc.property(nearby, before, ([{ zone, at, jumpMs }, minutes], earlier) => {
        // Local times around both sides of the jump, as if they were UTC: some exist twice and some never.
        const asked = instant(localMs(instant(at - 1), zone) + 1 + jumpMs / 2 + minutes * 60_000)
        const [date = '', time = ''] = toIso(asked).slice(0, 16).split('T')
        const found = zonedDailyTime(date, time, zone)
        const exact = Math.floor(asked / 60_000) * 60_000
        expect(localMs(found, zone)).toBeGreaterThanOrEqual(exact)
        expect(localMs(instant(found - 1), zone)).toBeLessThan(exact)
        expect(localMs(instant(found - earlier), zone)).toBeLessThan(exact)
      }),
      { numRuns: 400 },
    )
  })

  test('comes exactly once for each local date, in every zone and around every change of 2026-2027', () => {
    expect(zones.length).toBeGreaterThan(400)
    expect(transitions.length).toBeGreaterThan(400)
    const hits = fc.tuple(
      fc.constantFrom(...transitions),
      fc.integer({ min: -90, max: 90 }),
      fc.boolean(),
    )
    fc.assert(
      fc.property(hits, ([{ zone, at, jumpMs }, minutes, afterJump]) => {
        // A time of day that lies in the gap or overlap, or near its edges.
        const near = at + (afterJump ? 0 : -Math.abs(jumpMs) / 2) + minutes * 60_000
        const time = zoned(instant(near), zone).toPlainTime().toString().slice(0, 5)
        const days: string[] = []
        const from = zoned(instant(at - 72 * hour), zone).toPlainDate()
        let run = zonedDailyTime(from.toString(), time, zone)
        for (let day = 1; day <= 6; day += 1) {
          const next = nextDailyTime(time, run, zone)
          days.push(toIso(next))
          expect(next).toBe(zonedDailyTime(from.add({ days: day }).toString(), time, zone))
          run = next
        }
        expect(new Set(days).size).toBe(6)
      }),
      { numRuns: 400 },
    )
  })
})

describe('a window', () => {
  test('opens next at an instant when it is open, with nothing open before and a closing after', () => {
    fc.assert(
      fc.property(
        window,
        nearTransition,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (window, { zone, now }, part) => {
          const opens = nextOpening(window, now, zone)
          expect(opens).toBeDefined()
          if (opens === undefined) return
          expect(opens).toBeGreaterThanOrEqual(now)
          expect(isOpen(window, opens, zone)).toBe(true)
          expect(isOpen(window, now, zone)).toBe(opens === now)
          const between = instant(Math.floor(now + (opens - now) * part))
          expect(isOpen(window, between, zone)).toBe(between === opens)
          expect(nextOpening(window, between, zone)).toBe(opens)
          expect(isOpen(window, instant(opens - 1), zone)).toBe(
            opens === now && isOpen(window, instant(now - 1), zone),
          )
          const closes = closesAt(window, opens, zone)
          if (closes === undefined) return
          expect(closes).toBeGreaterThan(opens)
          expect(isOpen(window, closes, zone)).toBe(false)
          expect(isOpen(window, instant(closes - 1), zone)).toBe(true)
          const inside = instant(Math.floor(opens + (closes - 1 - opens) * part))
          expect(isOpen(window, inside, zone)).toBe(true)
          expect(closesAt(window, inside, zone)).toBe(closes)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('never goes back: asked later, it opens later or at the same time', () => {
    fc.assert(
      fc.property(window, nearTransition, fc.nat(48 * hour), (window, { zone, now }, later) => {
        const first = nextOpening(window, now, zone) ?? Infinity
        const second = nextOpening(window, instant(now + later), zone) ?? Infinity
        expect(second).toBeGreaterThanOrEqual(first)
      }),
      { numRuns: 400 },
    )
  })

  test('from 22:00 to 06:00 lasts eight hours, and around a change just so much longer or shorter', () => {
    const night: DailyWindow = { from: '22:00', to: '06:00' }
    let changed = 0
    for (const { zone, at, jumpMs } of transitions) {
      for (const day of [-2, -1, 0, 1]) {
        const date = zoned(at, zone).toPlainDate().add({ days: day }).toString()
        const opens = nextOpening(night, zonedDailyTime(date, '22:00', zone), zone) ?? at
        const closes = closesAt(night, opens, zone) ?? at
        // Equal: a gap that begins at 22:00 sharp (Pacific/Easter) takes its length off the window.
        const jump = opens <= at && at < closes ? jumpMs : 0
        expect(`${zone} ${date} ${(closes - opens) / hour}`).toBe(
          `${zone} ${date} ${8 - jump / hour}`,
        )
        changed += Number(jump !== 0)
      }
    }
    expect(changed).toBeGreaterThan(400)
  })

  test('in a zone without changes agrees with arithmetic, minute by minute', () => {
    fc.assert(
      fc.property(minutes, minutes, minutes, (from, to, now) => {
        const time = instant(Date.UTC(2026, 10, 22) + now * 60_000)
        const expected = from < to ? from <= now && now < to : now >= from || now < to
        expect(isOpen({ from: clock(from), to: clock(to) }, time, 'UTC')).toBe(expected)
      }),
    )
  })
})
