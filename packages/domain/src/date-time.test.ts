import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { parseDateTime } from './date-time.ts'

test.each([
  ['1970-01-01T00:00:00Z', 0],
  ['1970-01-01T00:00:01.000001Z', 1_000_001],
  ['1970-01-01t01:00:00.5+01:00', 500_000],
  ['1969-12-31 23:00:00-01:30', 1_800_000_000],
  ['0001-01-01T00:00:00Z', -62_135_596_800_000_000],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29) * 1000],
  ['1998-12-31T23:59:60Z', Date.UTC(1999, 0, 1) * 1000],
  ['1970-01-01T00:00:00.1234567890123Z', 123_456],
])('%s is %i microseconds', (text, micros) => {
  expect(parseDateTime(text)).toBe(micros)
})

test.each([
  '',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00.Z',
  '2026-01-01T00:00Z-----',
  '2026-13-01T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:61Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01T00:00:00+00:60',
  '20260101T000000.000000Z',
  `2026-01-01T00:00:00.${'1'.repeat(40)}Z`,
])('%j is no date-time', (text) => {
  expect(parseDateTime(text)).toBeUndefined()
})

test('every date that JavaScript prints is read as the same moment', () => {
  const date = fc.date({ min: new Date(-62e12), max: new Date(253e12), noInvalidDate: true })
  fc.assert(
    fc.property(date, (date) => {
      expect(parseDateTime(date.toISOString())).toBe(date.getTime() * 1000)
    }),
  )
})
