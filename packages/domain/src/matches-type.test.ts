import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { matchesType } from './matches-type.ts'

test.each([
  ['mail.received', 'mail.received', true],
  ['mail.received', 'mail.receive', false],
  ['mail.*', 'mail.received', true],
  ['mail.*', 'mail.received.again', true],
  ['mail.*', 'mail', false],
  ['mail.*', 'mailing.done', false],
  ['mail.*', 'mail.', false],
  ['*', 'anything', true],
  ['mail*', 'mailing', false],
  ['*.received', 'mail.received', false],
  ['', 'mail', false],
])('the pattern %j takes the type %j: %j', (pattern, type, taken) => {
  expect(matchesType(pattern, type)).toBe(taken)
})

test('a type is always taken by itself, by each of its families and by the star', () => {
  const names = fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 2, maxLength: 5 })
  fc.assert(
    fc.property(names, (names) => {
      const type = names.join('.')
      expect(matchesType(type, type)).toBe(true)
      expect(matchesType('*', type)).toBe(true)
      for (let depth = 1; depth < names.length; depth += 1) {
        expect(matchesType(`${names.slice(0, depth).join('.')}.*`, type)).toBe(true)
      }
    }),
  )
})
