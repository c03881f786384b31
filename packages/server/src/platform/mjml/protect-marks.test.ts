import fc from 'fast-check'
import { expect, test } from 'vitest'
import { protectMarks } from './protect-marks.ts'

test('what is put back is what was there, whatever the text', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '{{ a }}',
      '{% if a < 3 %}',
      '{{',
      '}}',
      '%}',
      'zqmark',
      'zqmark0q',
      '$1',
      '\n',
    ),
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const source = pieces.join('')
      const { text, restore, missingIn } = protectMarks(source)
      expect(restore(text)).toBe(source)
      expect(missingIn(text)).toEqual([])
    }),
  )
})

test('a mark that is gone is named, one that is there twice is not', () => {
  const { text, restore, missingIn } = protectMarks('<a>{{ x }}</a>{% if y %}')
  const [word = ''] = /zq\w+/.exec(text) ?? []
  expect(missingIn(`${word} ${word}`)).toEqual(['{% if y %}'])
  expect(restore(`${word} ${word}`)).toBe('{{ x }} {{ x }}')
})

test('the words are letters and digits', () => {
  expect(protectMarks('{{ a | default: "x" }}').text).toMatch(/^[a-z0-9]+$/)
})

test('marks are what the expression says that is too slow to be used', () => {
  const slow = /\{\{[^]*?\}\}|\{%[^]*?%\}/g
  const piece = fc.constantFrom('{', '}', '%', 'a')
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const source = pieces.join('')
      // What is in no text at all is missing.
      expect(protectMarks(source).missingIn('')).toEqual(source.match(slow) ?? [])
    }),
    { numRuns: 2_000 },
  )
})

// 200,000 characters are allowed, and this runs beside everything else that the process does: what grew with the square of
// the length stood still for 30 s.
test.each([
  ['marks that never end', '{{'.repeat(100_000)],
  ['tags that never end, after one that does', `{{ a }}${'{%{{'.repeat(50_000)}%}`],
  ['our own words', `zqmark${'x'.repeat(200_000)}`],
  ['our own words, many of them', 'zqaaaaazqaaaabzqaaaac'.repeat(9_000)],
  ['marks and our own words', `zqmark${'x'.repeat(100_000)}${'{{a}}'.repeat(20_000)}`],
])('it takes no longer for %s', (_name, source) => {
  const startedMs = performance.now()
  const { text, restore, missingIn } = protectMarks(source)
  expect(restore(text)).toBe(source)
  expect(missingIn(text)).toEqual([])
  expect(text.length).toBeLessThan(3 * source.length)
  expect(performance.now() - startedMs).toBeLessThan(1_000)
})
