import { describe, expect, test } from 'vitest'
import { Temporal } from 'temporal-polyfill/implementation'
import { Check } from 'typebox/value'
import { instant, toIso, type Instant } from './clock.ts'
import {
  closesAt,
  DailyWindowSchema,
  isOpen,
  nextDailyTime,
  nextOpening,
  parseZone,
  zonedDailyTime,
  type DailyWindow,
} from './window.ts'

const rome = 'Europe/Rome'
const at = (iso: string): Instant => instant(Date.parse(iso))
const iso = (at: Instant | undefined): string | undefined => (at === undefined ? at : toIso(at))

const zones = Intl.supportedValuesOf('timeZone')

const zoned = (at: Instant, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)

describe('a local time in a zone', () => {
  test.each([
    ['2026-11-22', '10:00', '2026-11-22T09:00:00.000Z'],
    // 02:00-03:00 does not exist: the first instant that does.
    ['2027-03-28', '01:59', '2027-03-28T00:59:00.000Z'],
    ['2027-03-28', '02:00', '2027-03-28T01:00:00.000Z'],
    ['2027-03-28', '02:30', '2027-03-28T01:00:00.000Z'],
    ['2027-03-28', '03:00', '2027-03-28T01:00:00.000Z'],
    // 02:00-03:00 exists twice: the first. (Postgres answers 01:30Z.)
    ['2027-10-31', '02:30', '2027-10-31T00:30:00.000Z'],
    ['2027-10-31', '03:00', '2027-10-31T02:00:00.000Z'],
  ])('%s %s in Rome is %s', (date, time, expected) => {
    expect(toIso(zonedDailyTime(date, time, rome))).toBe(expected)
  })

  test('a date that a zone left out means its end', () => {
    // Samoa went from 29 to 31 December 2011.
    expect(toIso(zonedDailyTime('2011-12-30', '12:00', 'Pacific/Apia'))).toBe(
      '2011-12-30T10:00:00.000Z',
    )
  })

  test('what is no date, time or zone throws', () => {
    expect(() => zonedDailyTime('2026-02-30', '10:00', rome)).toThrow(RangeError)
    expect(() => zonedDailyTime('2026-02-03', '25:00', rome)).toThrow(RangeError)
    expect(() => zonedDailyTime('2026-02-03', '10:00', 'Europe/Nowhere')).toThrow(RangeError)
  })
})

describe('a daily job', () => {
  test('comes strictly after the time given, once a day', () => {
    const first = nextDailyTime('05:30', at('2026-11-22T04:29:59Z'), rome)
    expect(toIso(first)).toBe('2026-11-22T04:30:00.000Z')
    expect(toIso(nextDailyTime('05:30', first, rome))).toBe('2026-11-23T04:30:00.000Z')
  })
})

describe('a window', () => {
  const office: DailyWindow = { from: '09:00', to: '20:00', weekdays: [1, 2, 3, 4, 5] }

  test.each<[string, DailyWindow, string, string | undefined, string | undefined]>([
    // 22 November 2026 is a Sunday.
    ['before it opens', office, '2026-11-23T07:59:59.999Z', '2026-11-23T08:00:00.000Z', undefined],
    [
      'as it opens',
      office,
      '2026-11-23T08:00:00Z',
      '2026-11-23T08:00:00.000Z',
      '2026-11-23T19:00:00.000Z',
    ],
    [
      'just before it closes',
      office,
      '2026-11-23T18:59:59.999Z',
      '2026-11-23T18:59:59.999Z',
      '2026-11-23T19:00:00.000Z',
    ],
    ['as it closes', office, '2026-11-23T19:00:00Z', '2026-11-24T08:00:00.000Z', undefined],
    ['at the weekend', office, '2026-11-21T12:00:00Z', '2026-11-23T08:00:00.000Z', undefined],
    [
      'on a holiday',
      { ...office, holidays: ['2026-11-23'] },
      '2026-11-23T12:00:00Z',
      '2026-11-24T08:00:00.000Z',
      undefined,
    ],
    [
      'at night, opened yesterday',
      { from: '22:00', to: '06:00' },
      '2026-11-23T04:00:00Z',
      '2026-11-23T04:00:00.000Z',
      '2026-11-23T05:00:00.000Z',
    ],
    [
      'in the night of a Sunday, which counts as Sunday',
      { from: '22:00', to: '06:00', weekdays: [7] },
      '2026-11-23T04:00:00Z',
      '2026-11-23T04:00:00.000Z',
      '2026-11-23T05:00:00.000Z',
    ],
    [
      'in the night after a holiday',
      { from: '22:00', to: '06:00', holidays: ['2026-11-22'] },
      '2026-11-23T04:00:00Z',
      '2026-11-23T21:00:00.000Z',
      undefined,
    ],
    [
      'until midnight',
      { from: '09:00', to: '24:00' },
      '2026-11-23T22:00:00Z',
      '2026-11-23T22:00:00.000Z',
      '2026-11-23T23:00:00.000Z',
    ],
    [
      'on whole working days, which run together',
      { from: '00:00', to: '00:00', weekdays: [1, 2, 3, 4, 5] },
      '2026-11-24T22:00:00Z',
      '2026-11-24T22:00:00.000Z',
      '2026-11-27T23:00:00.000Z',
    ],
    [
      'on days from noon to noon until a holiday',
      { from: '12:00', to: '12:00', holidays: ['2026-11-25'] },
      '2026-11-24T04:00:00Z',
      '2026-11-24T04:00:00.000Z',
      '2026-11-25T11:00:00.000Z',
    ],
    [
      'always, said with 24:00',
      { from: '00:00', to: '24:00' },
      '2026-11-24T22:00:00Z',
      '2026-11-24T22:00:00.000Z',
      undefined,
    ],
    [
      'always, with every weekday named',
      { from: '09:00', to: '09:00', weekdays: [7, 6, 5, 4, 3, 2, 1] },
      '2026-11-24T22:00:00Z',
      '2026-11-24T22:00:00.000Z',
      undefined,
    ],
    [
      'until a holiday far away',
      { from: '00:00', to: '00:00', holidays: ['2036-01-01'] },
      '2026-11-24T22:00:00Z',
      '2026-11-24T22:00:00.000Z',
      undefined,
    ],
    [
      'never, for want of weekdays',
      { ...office, weekdays: [] },
      '2026-11-24T12:00:00Z',
      undefined,
      undefined,
    ],
    // The change to summer time, 2027-03-28 02:00 -> 03:00.
    [
      'from within the gap',
      { from: '02:30', to: '05:00' },
      '2027-03-28T00:00:00Z',
      '2027-03-28T01:00:00.000Z',
      undefined,
    ],
    [
      'to within the gap',
      { from: '01:00', to: '02:30' },
      '2027-03-28T00:30:00Z',
      '2027-03-28T00:30:00.000Z',
      '2027-03-28T01:00:00.000Z',
    ],
    [
      'wholly in the gap: not that day',
      { from: '02:10', to: '02:50' },
      '2027-03-27T12:00:00Z',
      '2027-03-29T00:10:00.000Z',
      undefined,
    ],
    [
      'with only its pause in the gap: no pause',
      { from: '02:50', to: '02:10' },
      '2027-03-28T00:30:00Z',
      '2027-03-28T00:30:00.000Z',
      '2027-03-29T00:10:00.000Z',
    ],
    // The change back, 2027-10-31 03:00 -> 02:00.
    [
      'from within the overlap: the first',
      { from: '02:30', to: '05:00' },
      '2027-10-31T00:00:00Z',
      '2027-10-31T00:30:00.000Z',
      undefined,
    ],
    [
      'to within the overlap: the first',
      { from: '01:00', to: '02:30' },
      '2027-10-31T00:00:00Z',
      '2027-10-31T00:00:00.000Z',
      '2027-10-31T00:30:00.000Z',
    ],
    [
      'wholly in the overlap: once',
      { from: '02:10', to: '02:50' },
      '2027-10-31T01:20:00Z',
      '2027-11-01T01:10:00.000Z',
      undefined,
    ],
  ])('%s', (_, window, now, opens, closes) => {
    expect(iso(nextOpening(window, at(now), rome))).toBe(opens)
    expect(iso(closesAt(window, at(now), rome))).toBe(closes)
    expect(isOpen(window, at(now), rome)).toBe(opens !== undefined && at(opens) === at(now))
  })

  test('with the clock put back across midnight, the new day has begun and goes on', () => {
    // America/Scoresbysund: Sunday 2027-10-31 00:00 -> Saturday 23:00. Opens at 00:00 (once, after the change).
    const scoresby = 'America/Scoresbysund'
    const sunday: DailyWindow = { from: '00:00', to: '06:00', weekdays: [7] }
    const opens = nextOpening(sunday, at('2027-10-30T12:00:00Z'), scoresby)
    expect(iso(opens)).toBe('2027-10-31T02:00:00.000Z')
  })

  test('with 00:30 put back to 23:30 the window that opened at 00:00 stays open', () => {
    // St. John's until 2011: at 00:01 the clock went back to 23:01 of the day before.
    const night: DailyWindow = { from: '00:00', to: '02:00', weekdays: [7] }
    const midnight = zonedDailyTime('2010-11-07', '00:00', 'America/St_Johns')
    const later = instant(midnight + 30 * 60_000)
    expect(zoned(later, 'America/St_Johns').toPlainDate().toString()).toBe('2010-11-06')
    expect(isOpen(night, later, 'America/St_Johns')).toBe(true)
  })

  test('has a schema that takes what it takes', () => {
    expect(
      Check(DailyWindowSchema, {
        from: '09:00',
        to: '24:00',
        weekdays: [1],
        holidays: ['2026-12-25'],
      }),
    ).toBe(true)
    expect(Check(DailyWindowSchema, { from: '09:00', to: '20:00' })).toBe(true)
    for (const wrong of [
      { from: '9:00' },
      { from: '24:00' },
      { to: '24:01' },
      { weekdays: [0] },
      { weekdays: [] },
      { weekdays: [1, 1] },
      { holidays: ['25.12.'] },
      { day: 1 },
    ]) {
      expect(Check(DailyWindowSchema, { from: '09:00', to: '20:00', ...wrong })).toBe(false)
    }
  })
})

describe('the name of a zone', () => {
  test('is taken for every zone that the platform knows, and spelled as IANA does', () => {
    for (const zone of zones) expect(parseZone(zone)).toEqual({ ok: true, zone })
    expect(parseZone('europe/rome')).toEqual({ ok: true, zone: rome })
    expect(parseZone('utc')).toEqual({ ok: true, zone: 'UTC' })
  })

  test.each([
    '',
    '+02:00',
    'Z',
    'Rome/Europe',
    '2026-01-01T00:00[Europe/Rome]',
    'x'.repeat(100_000),
  ])('%.40s is refused', (text) => {
    expect(parseZone(text)).toMatchObject({ ok: false })
  })

  test('a mistyped one is refused with the nearest', () => {
    expect(parseZone('Europe/Rom')).toEqual({
      ok: false,
      reason:
        'is not a time zone: write an IANA name such as Europe/Rome. Did you mean Europe/Rome?',
    })
  })
})
