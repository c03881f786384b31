import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutSms, fitSegments, smsSegments } from './sms-text.ts'

describe('segments', () => {
  test.each([
    ['', 1],
    ['x'.repeat(160), 1],
    ['x'.repeat(161), 2],
    ['x'.repeat(306), 2],
    ['x'.repeat(307), 3],
    // Accents of Italian are in the GSM alphabet, € counts twice.
    ['è'.repeat(160), 1],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    ['ж'.repeat(70), 1],
    ['ж'.repeat(71), 2],
    ['😀'.repeat(35), 1],
    [`${'x'.repeat(70)}…`, 2],
  ])('%j takes %d', (text, segments) => {
    expect(smsSegments(text)).toBe(segments)
  })
})

test('a text is cut with full stops, because an ellipsis costs', () => {
  expect(cutSms('abcdefgh', 8)).toBe('abcdefgh')
  expect(cutSms('abcdefghi', 8)).toBe('abcde...')
})

test('what fits is not cut, and what is cut fits and is nearly as long as it may be', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'è', '€', ' '), maxLength: 2_000 }),
    fc.string({ unit: fc.constantFrom('a', 'ж', '😀', '\n'), maxLength: 2_000 }),
  )
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 10 }), (text, segments) => {
      const fitted = fitSegments(text, segments)
      expect(smsSegments(fitted)).toBeLessThanOrEqual(segments)
      expect(fitted.isWellFormed()).toBe(true)
      expect(fitted === text).toBe(smsSegments(text) <= segments)
    }),
  )
  expect(fitSegments('x'.repeat(1_000), 2)).toBe(`${'x'.repeat(303)}...`)
  expect(fitSegments('ж'.repeat(1_000), 2)).toBe(`${'ж'.repeat(131)}...`)
})
