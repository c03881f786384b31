import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSeenRows } from './seen-rows.ts'

test('it knows the last row of every text, as a Map does', () => {
  const entry = fc.tuple(fc.string({ maxLength: 4 }), fc.integer({ min: 2, max: 1_000_000 }))
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 3_000 }), fc.array(fc.string()), (entries, others) => {
      const seen = createSeenRows()
      const model = new Map<string, number>()
      for (const [text, row] of entries) {
        expect(seen.find(text)).toBe(model.get(text))
        seen.note(text, row)
        model.set(text, row)
      }
      for (const text of [...model.keys(), ...others]) expect(seen.find(text)).toBe(model.get(text))
    }),
    { numRuns: 20 },
  )
})

test('a hundred thousand addresses are told apart', () => {
  const seen = createSeenRows()
  const wrong: number[] = []
  for (let n = 1; n <= 100_000; n += 1) {
    if (seen.find(`phone:+7900${n}`) !== undefined) wrong.push(n)
    seen.note(`phone:+7900${n}`, n)
  }
  for (let n = 1; n <= 100_000; n += 1) if (seen.find(`phone:+7900${n}`) !== n) wrong.push(n)
  expect(wrong).toEqual([])
})
