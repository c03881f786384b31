/** What a POST to an unsubscribe link wants: one click in both encodings, the page's form, and nothing else. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readForm } from './read-form.ts'

const urlencoded = 'application/x-www-form-urlencoded'
const bytes = (text: string): Uint8Array => Buffer.from(text)
const read = (text: string, type = urlencoded) => readForm(bytes(text), type)
const multipart = (name: string, value: string): string =>
  `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--x--\r\n`

describe('one click', () => {
  test.each([
    ['as RFC 8058 has it', 'List-Unsubscribe=One-Click', urlencoded],
    ['with a charset', 'List-Unsubscribe=One-Click', `${urlencoded}; charset=utf-8`],
    ['beside other fields', 'a=b&List-Unsubscribe=One-Click', urlencoded],
    ['in parts', multipart('List-Unsubscribe', 'One-Click'), 'multipart/form-data; boundary=x'],
    [
      'in parts, quoted',
      multipart('List-Unsubscribe', 'One-Click'),
      'Multipart/Form-Data; boundary="x"',
    ],
  ])('%s', (_what, body, type) => expect(read(body, type)).toEqual({ kind: 'one-click' }))

  test.each([
    ['nothing', '', urlencoded],
    ['another value', 'List-Unsubscribe=one-click', urlencoded],
    ['the value alone', 'One-Click', urlencoded],
    ['JSON', '{"List-Unsubscribe":"One-Click"}', 'application/json'],
    ['no content type', 'List-Unsubscribe=One-Click', ''],
    ['parts without a boundary', multipart('List-Unsubscribe', 'One-Click'), 'multipart/form-data'],
    [
      'parts of another boundary',
      multipart('List-Unsubscribe', 'One-Click'),
      'multipart/form-data; boundary=y',
    ],
  ])('%s is none', (_what, body, type) => expect(read(body, type)).toEqual({ kind: 'unclear' }))
})

describe('the page’s form', () => {
  test('says what was shown and what is wanted of it', () => {
    expect(
      read(
        'do=save&shown-topic=News&shown-topic=Offers&topic=News&topic=Foreign&shown-campaigns=yes',
      ),
    ).toEqual({
      kind: 'save',
      wish: { shown: ['News', 'Offers'], wanted: ['News'], campaigns: false },
    })
    expect(read('do=save&shown-topic=a%27b&shown-campaigns=yes&campaigns=yes')).toEqual({
      kind: 'save',
      wish: { shown: [], wanted: [], campaigns: true },
    })
    expect(read('do=save')).toMatchObject({ wish: { campaigns: undefined } })
    expect(read('do=nothing&topic=News')).toEqual({ kind: 'nothing' })
  })
})

test('whatever comes, it is read without an error, and is one click only with that very pair', () => {
  const type = fc.constantFrom(urlencoded, 'multipart/form-data; boundary=x', 'text/plain', '')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), type, (body, contentType) => {
      const { kind } = readForm(body, contentType)
      const text = Buffer.from(body).toString('latin1')
      expect(kind === 'one-click' && !text.includes('One')).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})
