/** The readings of values that a pool does, without a database. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTimestamptz } from './parse-timestamptz.ts'
import { parseInt8 } from './pool.ts'

test('an int8 is a number as long as a number holds it exactly', () => {
  expect(parseInt8('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  expect(parseInt8('-42')).toBe(-42)
  expect(() => parseInt8('9007199254740993')).toThrow('does not fit')
})

test('a timestamptz is read to the microsecond', () => {
  expect(parseTimestamptz('1970-01-01 00:00:01+00')).toBe(1000)
  expect(parseTimestamptz('2026-11-22 10:00:00.5+00')).toBe(Date.UTC(2026, 10, 22, 10, 0, 0, 500))
  expect(parseTimestamptz('2026-11-22 10:00:00.000001+00') % 1).toBeCloseTo(0.001, 4)
  expect(parseTimestamptz('0044-03-15 12:00:00+00')).toBe(Date.parse('0044-03-15T12:00:00Z'))
})

test.each([
  'infinity',
  '-infinity',
  '2026-11-22 10:00:00+01',
  '0044-03-15 12:00:00+00 BC',
  '294276-12-31 23:59:59+00',
])('a timestamptz of %s is refused rather than misread', (text) => {
  expect(() => parseTimestamptz(text)).toThrow('is not a moment in UTC')
})

test('every millisecond of our time is read as itself', () => {
  const times = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(times, (time) => {
      const text = `${time.toISOString().slice(0, -1).replace('T', ' ')}+00`
      expect(parseTimestamptz(text)).toBe(time.getTime())
    }),
  )
})
