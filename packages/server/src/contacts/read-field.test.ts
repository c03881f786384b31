import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textFields } from './contact-values.ts'
import { readField, readTag } from './read-field.ts'

test('what was read once is read again as the same, whatever came in', () => {
  fc.assert(
    fc.property(fc.constantFrom(...textFields), fc.string(), (field, text) => {
      const read = readField(field, text)
      if (read.ok) expect(readField(field, read.value)).toEqual(read)
      else expect(read.reason).toMatch(/\.$/)
    }),
  )
})

describe('phone numbers', () => {
  test('every number 7XXXXXXXXXX is taken, with or without +, spaces and signs', () => {
    const digits = fc.integer({ min: 0, max: 9_999_999_999 })
    fc.assert(
      fc.property(digits, (number) => {
        const rest = String(number).padStart(10, '0')
        const value = `+7${rest}`
        const spaced = `+7 (${rest.slice(0, 3)}) ${rest.slice(3, 6)}-${rest.slice(6)}`
        for (const text of [`7${rest}`, value, ` ${value} `, spaced])
          expect(readField('phone', text)).toEqual({ ok: true, value })
      }),
    )
  })

  test.each([
    ['9001234567', undefined],
    ['79001234', undefined],
    ['790012345678', undefined],
    ['+7900123456789012345', undefined],
    ['call me', undefined],
    ['+39 333 1234567 ext. 5', undefined],
    ['123', 'IT'],
  ])('%s (%s) is none', (text, country) => {
    expect(readField('phone', text, country)).toMatchObject({ ok: false })
  })

  test.each([
    ['8 900 123-45-67', 'RU', '+79001234567'],
    ['06 12345678', 'IT', '+390612345678'],
    ['+44 (0)20 7946 0958', undefined, '+442079460958'],
    ['00393331234567', undefined, '+393331234567'],
  ])('%s (%s) is %s', (text, country, value) => {
    expect(readField('phone', text, country)).toEqual({ ok: true, value })
  })
})

test('tags are trimmed, composed, and never split a list', () => {
  expect(readTag('  caffe\u0300 ')).toEqual({ ok: true, value: 'caffè' })
  for (const text of ['', ' ', 'a,b', 'a|b', 'a\nb', 'x'.repeat(101), '\ud800'])
    expect([text, readTag(text)]).toMatchObject([text, { ok: false }])
})
