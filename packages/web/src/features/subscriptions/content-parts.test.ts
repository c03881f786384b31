import { expect, test } from 'vitest'
import { contentOf, emptyPart, nameOfPart, partsOf } from './content-parts.ts'

const content = {
  sms: { text: 'Short' },
  default: {
    subject: '{{ data.count }} errors',
    text: 'Errors',
    mjml: '<mjml/>',
    languages: { it: { text: 'Errori', html: '<b>Errori</b>' } },
  },
}

test('texts that are opened and saved unchanged are the same', () => {
  expect(contentOf(partsOf(content))).toEqual(content)
})

test('the words for all channels come first', () => {
  expect(partsOf(content).map(nameOfPart)).toEqual(['default', 'default/it', 'sms'])
})

test('no part at all is no texts', () => {
  expect([partsOf(null), contentOf([])]).toEqual([[], null])
})

test('a language without the words that it belongs to is left out', () => {
  expect(contentOf([emptyPart('email', 'it')])).toEqual({})
})
