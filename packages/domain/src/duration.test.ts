import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { Check } from 'typebox/value'
import { DurationText, formatDuration, maxDurationMs, parseDuration } from './duration.ts'

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['1h30m', 5_400_000],
  ['1d2h3m4s5ms', 93_784_005],
  ['90m', 5_400_000],
  ['366d', maxDurationMs],
  ['1ms', 1],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
  expect(Check(DurationText, text)).toBe(true)
})

const refusal =
  'is not a duration: write whole numbers with d, h, m, s or ms, largest unit first, such as 30s, 5m, 1h30m'

test.each([
  '',
  '5',
  'm',
  '5 m',
  '1.5h',
  '-5m',
  '30m1h',
  '5m5m',
  '5M',
  '5m\n',
  '١m',
  `${'1'.repeat(50)}s`,
])('%j is refused by the parser and by the schema', (text) => {
  expect(parseDuration(text)).toHaveProperty('error', refusal)
  expect(Check(DurationText, text)).toBe(false)
})

test('nothing is shorter than a millisecond or longer than 366 days', () => {
  expect(parseDuration('0s')).toHaveProperty('error', 'is too short: the shortest duration is 1ms')
  expect(parseDuration('366d1ms')).toHaveProperty(
    'error',
    'is too long: the longest duration is 366d',
  )
  expect(parseDuration(`${'9'.repeat(38)}d`)).toHaveProperty(
    'error',
    'is too long: the longest duration is 366d',
  )
})

test('what was formatted parses to the same number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: maxDurationMs }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
      expect(Check(DurationText, formatDuration(ms))).toBe(true)
    }),
  )
})

test('what was parsed formats to the shortest text of the same duration', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^([1-9]d)?([1-9]h)?([1-9]m)?([1-9]s)?([1-9]ms)?$/), (text) => {
      const ms = parseDuration(text)
      expect(typeof ms === 'number' ? formatDuration(ms) : '').toBe(text)
    }),
  )
})

test.each([0, -1, 1.5, Number.NaN, Infinity, maxDurationMs + 1])(
  '%d is no duration to format',
  (ms) => {
    expect(() => formatDuration(ms)).toThrow('not a duration')
  },
)
