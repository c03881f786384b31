import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { jsonExcerpt } from './json-excerpt.ts'

const json = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })

test('what fits is printed exactly as JSON.stringify does', () => {
  fc.assert(
    fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
      expect(jsonExcerpt(value, { maxChars: 1_000_000, indent })).toBe(
        JSON.stringify(value, null, indent),
      )
    }),
  )
})

test('what does not fit is the beginning of that and an ellipsis, never longer than asked', () => {
  fc.assert(
    fc.property(json, fc.integer({ min: 1, max: 40 }), (value, maxChars) => {
      const whole = JSON.stringify(value)
      const excerpt = jsonExcerpt(value, { maxChars })
      const fits = whole.length <= maxChars
      expect(excerpt.length).toBeLessThanOrEqual(maxChars)
      expect(excerpt.endsWith('…') || fits).toBe(true)
      expect(whole.startsWith(fits ? excerpt : excerpt.slice(0, -1))).toBe(true)
    }),
  )
})

test('what JSON does not have prints as null, as JSON.stringify has it in arrays', () => {
  expect(jsonExcerpt([undefined, Number.NaN, Infinity], { maxChars: 100 })).toBe('[null,null,null]')
})

test('an abyss of brackets is cut at a depth instead of overflowing the stack', () => {
  let abyss: unknown = []
  for (let depth = 0; depth < 100_000; depth += 1) abyss = [abyss]
  const excerpt = jsonExcerpt(abyss, { maxChars: 1_000_000 })
  expect(excerpt).toBe(`${'['.repeat(41)}…${']'.repeat(41)}`)
})
