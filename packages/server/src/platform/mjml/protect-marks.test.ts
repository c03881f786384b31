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
