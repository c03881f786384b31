import { expect, test } from 'vitest'
import { builtinLanguage } from './content.ts'

test.each([
  ['it', 'it'],
  ['IT-ch', 'it'],
  ['en-GB-oed', 'en'],
  ['ita', undefined],
  ['pt-BR', undefined],
  ['', undefined],
  [null, undefined],
])('built-in texts for %s are in %s', (tag, language) => {
  expect(builtinLanguage(tag)).toBe(language)
})
