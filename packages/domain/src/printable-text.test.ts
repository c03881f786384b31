import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { oneLine, printableLines } from './printable-text.ts'

test.each([
  ['  Fattura n. 12\r\n\tdel\u0000 mese ', 'Fattura n. 12 del mese'],
  ['pay\u2028now\u2029!\u0085', 'pay now !'],
  ['\u202Efdp.exe\u202C \u2066x\u2069\u200F', 'fdp.exe x'],
  ['half \uD83D', 'half \uFFFD'],
  ['👩‍🚀 perché', '👩‍🚀 perché'],
])('%j on one line is %j', (text, line) => {
  expect(oneLine(text, 100)).toBe(line)
})

test('a long line is cut with an ellipsis, never through a character', () => {
  expect(oneLine('abcdef', 6)).toBe('abcdef')
  expect(oneLine('abcdefg', 6)).toBe('abcde…')
  expect(oneLine('ab😀😀', 4)).toBe('ab…')
})

test('any text at all becomes one bounded line without control characters', () => {
  const any = fc.string({ unit: 'binary', maxLength: 200 })
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 50 }), (text, maxChars) => {
      const line = oneLine(text, maxChars)
      expect(line.length).toBeLessThanOrEqual(maxChars)
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u)
      expect(line.isWellFormed()).toBe(true)
      expect(oneLine(line, maxChars)).toBe(line)
    }),
  )
})

test('lines keep their breaks and indentation and lose other control characters', () => {
  expect(printableLines('{\n  "a": "\u009F\u202E\u0007x"\r\n}\uDC00')).toBe(
    '{\n  "a": "x"\n}\uFFFD',
  )
})
