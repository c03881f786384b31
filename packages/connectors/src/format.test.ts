/** Holds `format.ts` to its promises: limits are never exceeded, nothing is torn apart, nothing gets lost in a split. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cleanText,
  escapeHtml,
  lengthIn,
  plainText,
  singleLine,
  splitText,
  truncate,
  type TextUnit,
} from './format.ts'

const units = ['utf16', 'codepoints', 'utf8bytes'] as const satisfies readonly TextUnit[]
const anyText = fc.string({ unit: 'grapheme', maxLength: 200 })
const anyLimit = fc.record({ n: fc.integer({ min: 4, max: 60 }), unit: fc.constantFrom(...units) })
const family = '👨‍👩‍👧‍👦'

describe('escapeHtml', () => {
  test('leaves no character that could open a tag, an entity or end an attribute', () => {
    expect(escapeHtml(`<a href="x">'&amp;`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;')
  })
})

describe('plainText', () => {
  test('puts the title and an empty line above the text', () => {
    expect(plainText({ title: 'Paid', text: 'Order 42\nis paid' })).toBe(
      'Paid\n\nOrder 42\nis paid',
    )
  })

  test('leaves out what is missing', () => {
    expect(plainText({ text: 'only text' })).toBe('only text')
    expect(plainText({ title: 'only title', text: '' })).toBe('only title')
  })

  test('keeps the title on one line and drops what no provider takes', () => {
    expect(plainText({ title: 'a\r\nb', text: 'x\0y\uD800' })).toBe('a b\n\nxy\uFFFD')
  })
})

test('singleLine turns runs of control characters and line separators into one space', () => {
  expect(singleLine('a\r\n\tb\u2028c\u0085d ')).toBe('a b c d')
})

test('cleanText is always encodable and without NUL', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const clean = cleanText(text)
      expect(clean.isWellFormed()).toBe(true)
      expect(clean).not.toContain('\0')
    }),
  )
})

test('lengthIn counts one family as 11 UTF-16 units, 7 code points and 25 bytes', () => {
  expect(units.map((unit) => lengthIn(family, unit))).toEqual([11, 7, 25])
})

describe('truncate', () => {
  test('leaves a text that fits exactly as it is', () => {
    expect(truncate('1234', { n: 4, unit: 'utf16' })).toBe('1234')
  })

  test('ends a longer text with an ellipsis that counts', () => {
    expect(truncate('12345', { n: 4, unit: 'utf16' })).toBe('123…')
    expect(truncate('12345', { n: 4, unit: 'utf8bytes' })).toBe('1…')
  })

  test('does not tear a family apart', () => {
    expect(truncate(`ab${family}cd`, { n: 12, unit: 'utf16' })).toBe('ab…')
    expect(truncate('ab🇮🇹cd', { n: 5, unit: 'utf16' })).toBe('ab…')
  })

  test('cuts a single grapheme that is longer than the limit instead of leaving nothing', () => {
    const accents = `e${'\u0301'.repeat(100)}`
    expect(truncate(accents, { n: 10, unit: 'utf16' })).toBe(`${accents.slice(0, 9)}…`)
  })

  test('leaves the ellipsis away where it does not fit', () => {
    expect(truncate('abcdef', { n: 2, unit: 'utf8bytes' })).toBe('ab')
    expect(truncate('abcdef', { n: 0, unit: 'utf16' })).toBe('')
  })

  test('never exceeds the limit and keeps a beginning of the text', () => {
    fc.assert(
      fc.property(anyText, anyLimit, (text, limit) => {
        const cut = truncate(text, limit)
        expect(lengthIn(cut, limit.unit)).toBeLessThanOrEqual(limit.n)
        expect(cut === text || text.startsWith(cut.slice(0, -1))).toBe(true)
        expect(cut.isWellFormed()).toBe(true)
      }),
    )
  })

  test('takes a megabyte in its stride', () => {
    expect(truncate(family.repeat(100_000), { n: 4096, unit: 'utf16' })).toHaveLength(4093)
  })
})

describe('splitText', () => {
  test('breaks at a line break, else at a space, else in the word', () => {
    expect(splitText('one two\nthree four', { n: 10, unit: 'utf16' })).toEqual([
      'one two',
      'three four',
    ])
    expect(splitText('one two three', { n: 9, unit: 'utf16' })).toEqual(['one two', 'three'])
    expect(splitText('abcdefghij', { n: 4, unit: 'utf16' })).toEqual(['abcd', 'efgh', 'ij'])
  })

  test('does not break early for the sake of a space near the beginning', () => {
    expect(splitText('a bcdefghijk', { n: 8, unit: 'utf16' })).toEqual(['a bcdefg', 'hijk'])
  })

  test('an empty or blank text is one empty part', () => {
    expect(splitText('', { n: 4, unit: 'utf16' })).toEqual([''])
    expect(splitText(' '.repeat(9), { n: 4, unit: 'utf16' })).toEqual([''])
  })

  test('loses nothing but white space and never exceeds the limit', () => {
    const words = fc.array(fc.oneof(anyText, fc.constantFrom(' ', '\n', '  ')), { maxLength: 6 })
    fc.assert(
      fc.property(words, anyLimit, (pieces, limit) => {
        const text = pieces.join('')
        const parts = splitText(text, limit)
        expect(parts.every((part) => lengthIn(part, limit.unit) <= limit.n)).toBe(true)
        expect(parts.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
      }),
    )
  })
})
