import { expect, test } from 'vitest'
import { uuidsIn } from './things-in-details.ts'

const [one, two] = ['0199a5c2-7b1e-7def-8123-456789abcde0', '0199a5c2-7b1e-7def-8123-456789abcde1']

test('UUIDs are found in columns, changes and JSON, each once; what only contains one is none', () => {
  expect(
    uuidsIn({
      source: one,
      target: { from: null, to: two },
      body: { steps: [{ integrationId: one }, `about ${two}`, 7, null] },
    }),
  ).toEqual([one, two])
  expect(uuidsIn('text')).toEqual([])
})

test('what is nested without end is left at some depth', () => {
  let nested: unknown = one
  for (let n = 0; n < 10_000; n += 1) nested = [nested]
  expect(uuidsIn(nested)).toEqual([])
})
