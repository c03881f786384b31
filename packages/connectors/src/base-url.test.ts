/** A base URL that a tenant may write: paths can be appended to it, and nothing else hides in it. */
import { Check } from 'typebox/value'
import { expect, test } from 'vitest'
import { baseUrlOf, baseUrlProblems, ownServerUrl } from './base-url.ts'

const schema = ownServerUrl('Address.')
const isTaken = (baseUrl: string): boolean =>
  Check(schema, baseUrl) && baseUrlProblems({ baseUrl }).length === 0

test.each([
  'https://api.example.org',
  'http://localhost:8080/',
  'https://[::1]/path/to',
  'https://x.example',
])('%s is taken', (url) => {
  expect(isTaken(url)).toBe(true)
})

test.each([
  '',
  'api.example.org',
  'ftp://x.example',
  'https://user:password@x.example',
  'https://x.example/?a=1',
  'https://x.example/#a',
  'https://x.example\\@evil.example',
  'https://x .example',
  'https:///x',
])('%j is not', (url) => {
  expect(isTaken(url)).toBe(false)
})

test('paths are appended without a second slash, to the vendor’s address when there is none', () => {
  expect(baseUrlOf('https://x.example/a//', 'https://vendor.example')).toBe('https://x.example/a')
  expect(baseUrlOf(undefined, 'https://vendor.example')).toBe('https://vendor.example')
  expect(baseUrlProblems({})).toEqual([])
})
