import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { nearestName } from './nearest-name.ts'

const known = ['CARILLON_HOST', 'CARILLON_PORT', 'CARILLON_DATABASE_URL', 'name']

test.each([
  ['CARILLON_PROT', 'CARILLON_PORT'],
  ['carillon_host', 'CARILLON_HOST'],
  ['CARILLON_DATABSE_URL', 'CARILLON_DATABASE_URL'],
  ['nmae', 'name'],
])('%s most likely means %s', (typed, meant) => {
  expect(nearestName(typed, known)).toBe(meant)
})

test('a name that resembles none has no suggestion', () => {
  expect(nearestName('zzzzzzzzzz', known)).toBeUndefined()
  expect(nearestName('anything', [])).toBeUndefined()
})

test('a known name is always its own nearest', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (names) => {
      for (const name of names) expect(nearestName(name, names)).toBe(name)
    }),
  )
})

test('an endless name is compared by its beginning', () => {
  expect(nearestName('x'.repeat(100_000), known)).toBeUndefined()
})
