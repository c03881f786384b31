/** Filters to lines and back. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readConditions, writeConditions } from './conditions.ts'

test('short forms are lines, and lines are a filter that means the same', () => {
  const filter = {
    'data.direction': 'inbound',
    'data.pec_type': ['a', 'b'],
    'data.total': { gt: 10, lte: 20 },
  }
  const lines = readConditions(filter)
  expect(lines).toEqual([
    { path: 'data.direction', operator: 'eq', value: 'inbound' },
    { path: 'data.pec_type', operator: 'in', value: 'a, b' },
    { path: 'data.total', operator: 'gt', value: '10' },
    { path: 'data.total', operator: 'lte', value: '20' },
  ])
  expect(writeConditions(lines ?? [])).toEqual({ ...filter, 'data.pec_type': { in: ['a', 'b'] } })
})

test('numbers and words are told apart, and a date is a word', () => {
  const line = (value: string) => writeConditions([{ path: 'p', operator: 'eq', value }])['p']
  expect(['12', '"12"', 'true', '2026-11-22', 'anna, bruno'].map(line)).toEqual([
    12,
    '12',
    true,
    '2026-11-22',
    'anna, bruno',
  ])
})

test('what lines can not show stays JSON', () => {
  expect(readConditions({ any: [{ a: 1 }] })).toBeUndefined()
  expect(readConditions({ a: { nested: { deep: 1 } } })).toBeUndefined()
})

test('any texts, numbers and lists survive the way into the form and out again', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  )
  const property = fc.property(
    fc.oneof(
      scalar.map((eq) => ({ eq })),
      fc.array(scalar, { minLength: 1 }).map((all) => ({ in: all })),
      scalar.map((gt) => ({ gt })),
    ),
    (wanted) => {
      const lines = readConditions({ 'data.x': wanted }) ?? []
      const back = writeConditions(lines)['data.x']
      const expected = 'eq' in wanted ? wanted.eq : wanted
      return JSON.stringify(back) === JSON.stringify(expected)
    },
  )
  const { failed, counterexample } = fc.check(property)
  expect({ failed, counterexample }).toEqual({ failed: false, counterexample: null })
})
