// The evaluator and the explanation against a second, naive reading of the same language (reliability.md T-X2).
import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { explainFilter } from './explain-filter.ts'
import { operators } from './filter-operator.ts'
import { isRecord } from './filter-path.ts'
import { compileFilter, matchFilter, type Filter, type FilterEvent } from './filter.ts'

const compilePattern = (source: string): ((text: string) => boolean) => {
  const pattern = new RegExp(source, 'u')
  return (text) => pattern.test(text)
}

const compiled = (json: unknown): Filter => {
  const result = compileFilter(json, { compilePattern })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.filter
}

// The naive oracle: the rules of the language written down a second time, slowly and without closures.
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const oracleRead = (event: FilterEvent, path: string): unknown => {
  const names = path.split('.')
  if (['id', 'source', 'type', 'subject', 'time'].includes(path)) {
    return new Map<string, unknown>(Object.entries(event)).get(path)
  }
  if (names[0] === 'data') names.shift()
  return names.reduce<unknown>((value, name) => {
    if (value === null || typeof value !== 'object') return undefined
    if (Array.isArray(value) && !/^\d+$/.test(name)) return undefined
    return Object.entries(value).find(([key]) => key === name)?.[1]
  }, event.data)
}

const isTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+\d\d:\d\d)$/.test(text)

const oracleOrder = (a: unknown, b: unknown): number | undefined => {
  if (typeof a === 'number' && typeof b === 'number') return Math.sign(a - b)
  if (typeof a !== 'string' || typeof b !== 'string') return undefined
  if (isTime(a) && isTime(b)) return Math.sign(Date.parse(a) - Date.parse(b))
  return a === b ? 0 : [a, b].sort()[0] === a ? -1 : 1
}

const oracleOperator = (operator: string, value: unknown, expected: unknown): boolean => {
  if (operator === 'exists') return (value === undefined) !== expected
  if (operator === 'ne') return !oracleOperator('eq', value, expected)
  if (operator === 'nin') return !oracleOperator('in', value, expected)
  if (value === undefined) return false
  if (Array.isArray(value)) {
    return value.some((item) => !Array.isArray(item) && oracleOperator(operator, item, expected))
  }
  if (operator === 'in') {
    return Array.isArray(expected) && expected.some((item) => oracleOperator('eq', value, item))
  }
  if (operator === 'eq') {
    return typeof value !== 'object' || value === null
      ? JSON.stringify([value]) === JSON.stringify([expected])
      : false
  }
  const order = oracleOrder(value, expected)
  if (operator === 'gt') return order === 1
  if (operator === 'lt') return order === -1
  if (operator === 'gte') return order === 0 || order === 1
  if (operator === 'lte') return order === 0 || order === -1
  if (typeof value !== 'string' || typeof expected !== 'string') return false
  if (operator === 'contains') return value.split(expected).length > 1 || expected === ''
  if (operator === 'startsWith') return value.slice(0, expected.length) === expected
  if (operator === 'endsWith') {
    return (
      value.slice(value.length - expected.length) === expected && expected.length <= value.length
    )
  }
  if (operator === 'matches') return value.search(new RegExp(expected)) >= 0
  throw new Error(`no operator ${operator}`)
}

type Leaf = (pointer: string, path: string, operator: string, expected: unknown) => boolean

/** Folds a filter with a given answer for each condition. */
const oracleFold = (json: unknown, leaf: Leaf, pointer = ''): boolean =>
  Object.entries(isRecord(json) ? json : {}).every(([key, value]) => {
    const at = `${pointer}/${key}`
    if (key === 'not') return !oracleFold(value, leaf, at)
    if (key === 'all' || key === 'any') {
      const results = (Array.isArray(value) ? value : []).map((item, index) =>
        oracleFold(item, leaf, `${at}/${index}`),
      )
      return key === 'all' ? !results.includes(false) : results.includes(true)
    }
    if (Array.isArray(value)) return leaf(at, key, 'in', value)
    if (value === null || typeof value !== 'object') return leaf(at, key, 'eq', value)
    return Object.entries(value).every(([operator, expected]) =>
      leaf(`${at}/${operator}`, key, operator, expected),
    )
  })

const oracle = (json: unknown, event: FilterEvent): boolean =>
  oracleFold(json, (_, path, operator, expected) =>
    oracleOperator(operator, oracleRead(event, path), expected),
  )

const times = ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00', '2026-01-01T00:30:00Z']
const text = fc.constantFrom('', 'a', 'b', 'ab', 'aab', 'é', '10', '9', ...times)
const scalar = fc.oneof(text, fc.constantFrom(0, 1, 2.5, -3, 10), fc.boolean(), fc.constant(null))
const name = fc.constantFrom(
  'a',
  'b',
  '0',
  '1',
  'length',
  'constructor',
  '__proto__',
  'subject',
  'data',
)
const { value: jsonValue } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  ),
}))
const event: fc.Arbitrary<FilterEvent> = fc.record(
  {
    id: text,
    source: text,
    type: text,
    time: fc.constantFrom(...times),
    subject: text,
    data: jsonValue,
  },
  { requiredKeys: ['id', 'source', 'type', 'time'] },
)
const path = fc
  .tuple(fc.constantFrom('data', 'a', 'b', '0', 'constructor'), fc.array(name, { maxLength: 2 }))
  .map(([first, rest]) => [first, ...rest].join('.'))
const anyPath = fc.oneof(path, fc.constantFrom('id', 'source', 'type', 'subject', 'time', 'data'))
const expectedBy: Record<string, fc.Arbitrary<unknown>> = {
  eq: scalar,
  ne: scalar,
  in: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  nin: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  gt: fc.oneof(text, fc.constantFrom(0, 2, 10)),
  gte: fc.oneof(text, fc.constantFrom(0, 2, 10)),
  lt: fc.oneof(text, fc.constantFrom(0, 2, 10)),
  lte: fc.oneof(text, fc.constantFrom(0, 2, 10)),
  contains: text,
  startsWith: text,
  endsWith: text,
  matches: fc.constantFrom('a', '^a', 'b$', '^$', '[0-9]'),
  exists: fc.boolean(),
}
const conditions = fc
  .record(expectedBy, { requiredKeys: [] })
  .filter((it) => Object.keys(it).length > 0)
const oneCondition = fc
  .constantFrom(...Object.keys(expectedBy))
  .chain((operator) =>
    (expectedBy[operator] ?? scalar).map((expected) => ({ [operator]: expected })),
  )
const { filter: anyFilter } = fc.letrec<{ filter: Record<string, unknown> }>((tie) => {
  const list = fc.array(tie('filter'), { minLength: 1, maxLength: 3 })
  return {
    filter: fc.oneof(
      { maxDepth: 3 },
      fc.dictionary(
        anyPath,
        fc.oneof(
          scalar,
          fc.array(scalar, { minLength: 1, maxLength: 3 }),
          oneCondition,
          oneCondition,
          conditions,
        ),
        { maxKeys: 2 },
      ),
      fc.record({ all: list }),
      fc.record({ any: list }),
      fc.record({ not: tie('filter') }),
      fc.record({ any: list, not: tie('filter') }),
    ),
  }
})

describe('the evaluator', () => {
  test('the oracle knows every operator', () => {
    expect(Object.keys(expectedBy).toSorted()).toEqual([...operators].toSorted())
  })

  test('agrees with the naive oracle on random filters and events', () => {
    const seen = { true: 0, false: 0 }
    fc.assert(
      fc.property(anyFilter, event, (json, event) => {
        const expected = oracle(json, event)
        seen[`${expected}`] += 1
        expect(matchFilter(compiled(json), event)).toBe(expected)
      }),
      { numRuns: 5_000 },
    )
    // A test that only ever saw one answer would prove nothing.
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(500)
  })

  test('agrees with the oracle operator by operator', () => {
    fc.assert(
      fc.property(anyPath, oneCondition, event, (path, condition, event) => {
        const json = { [path]: condition }
        expect(matchFilter(compiled(json), event)).toBe(oracle(json, event))
      }),
      { numRuns: 5_000 },
    )
  })

  test('never throws on any JSON: it compiles or says why not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), event, (json, event) => {
        const result = compileFilter(json, { compilePattern })
        expect(
          result.ok ? typeof matchFilter(result.filter, event) : result.errors.length > 0,
        ).toBe(result.ok ? 'boolean' : true)
      }),
    )
  })
})

describe('the explanation', () => {
  test('never disagrees with the evaluator: its conditions, combined, give the same answer', () => {
    fc.assert(
      fc.property(anyFilter, event, (json, event) => {
        const filter = compiled(json)
        const explained = explainFilter(filter, event)
        const byPointer = new Map(explained.conditions.map((it) => [it.pointer, it.holds]))
        const combined = oracleFold(json, (pointer) => {
          const holds = byPointer.get(pointer)
          if (holds === undefined) throw new Error(`${pointer} was not explained`)
          return holds
        })
        expect(explained.complete).toBe(true)
        expect(explained.matches).toBe(combined)
        expect(explained.matches).toBe(matchFilter(filter, event))
      }),
      { numRuns: 2_000 },
    )
  })
})
