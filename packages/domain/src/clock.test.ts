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
