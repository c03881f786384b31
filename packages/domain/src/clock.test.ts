import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMs, instant, toIso } from './clock.ts'

test.each([Number.NaN, Infinity, -Infinity])('%d is not an instant', (value) => {
  expect(() => instant(value)).toThrow(`not an instant: ${value}`)
})

test('moving an instant by something that is no number is a bug, not a time', () => {
  expect(addMs(instant(1_000), -1_500)).toBe(-500)
  expect(() => addMs(instant(0), Number.NaN)).toThrow('not an instant: NaN')
})

test('times leave as RFC 3339 in UTC with milliseconds', () => {
  expect(toIso(instant(Date.UTC(2027, 9, 31, 1, 30, 0, 7)))).toBe('2027-10-31T01:30:00.007Z')
})

const limits = [
  0, 0.9, 951_782_399_999.9, 951_782_400_000, 4_107_542_399_999, 253_402_300_799_999.9,
]

test('any time is written as Date would write it, before 1970 and after 9999 too', () => {
  const numbers = fc.oneof(
    fc.double({ min: -1e13, max: 8.64e15, noNaN: true }),
    fc.integer({ min: 0, max: 4e12 }),
    fc.constantFrom(...limits, -0.5, -1, 253_402_300_800_000),
  )
  fc.assert(
    fc.property(numbers, (at) => {
      expect(toIso(instant(at))).toBe(new Date(at).toISOString())
    }),
    { numRuns: 2_000 },
  )
})

test('every day of a four-hundred-year cycle has its date', () => {
  const days = Array.from({ length: 146_097 }, (_, day) => day * 86_400_000)
  const wrong = days.filter((at) => toIso(instant(at)) !== new Date(at).toISOString())
  expect(wrong).toEqual([])
})
