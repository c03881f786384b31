/**
 * The language of rule filters: JSON that says which events a rule is about, compiled once into closures and run for
 * every event and rule. Bounded in size, depth and steps, and never code: no expression of a user is ever evaluated.
 * Operators are in `filter-operator.ts`, paths in `filter-path.ts`; the printed account is `explain-filter.ts`.
 *
 * `{ "data.direction": "inbound", "data.pec_type": ["accettazione", "avvenuta_consegna"], "data.total": { "gt": 10 } }`
 *
 * - A key is a path; its value a scalar (equals), an array (one of) or an object of operators. All keys and all operators
 *   of an object must hold. `all` and `any` take an array of filters, `not` takes one filter.
 * - A path that finds nothing satisfies only `exists: false`, `ne` and `nin`.
 * - `null` is a value like any other: it equals null only, it exists, and it is neither more nor less than anything.
 * - A condition on an array holds when it holds for any element. `ne` and `nin` are the exact negations of `eq` and
 *   `in`: on an array they hold when NO element is equal. `exists` looks at the array itself.
 * - Texts compare exactly (case, accents). More and less: numbers with numbers, date-times by time, texts by code unit.
 */
import type { FieldError } from './errors.ts'
import {
  compileOperator,
  isOperator,
  unknownOperator,
  type CompilePattern,
  type Fuel,
  type Operator,
} from './filter-operator.ts'
import { compilePath, isRecord, type FilterEvent, type ReadPath } from './filter-path.ts'

export type { CompilePattern } from './filter-operator.ts'
export type { FilterEvent } from './filter-path.ts'

/** Bounds of a filter: nesting of objects, and objects plus conditions in all. */
export const maxFilterDepth = 32
export const maxFilterNodes = 1_000
/** Steps of one evaluation: under 1 ms for ordinary filters and events, about 10 ms for the worst that can be sent. */
export const filterFuel = 100_000

const maxErrors = 50

type Test = (event: FilterEvent, fuel: Fuel) => boolean

/** One compiled condition, for the explanation. */
export type Condition = {
  /** RFC 6901, from the filter's root. */
  readonly pointer: string
  readonly path: string
  readonly operator: Operator
  readonly expected: unknown
  readonly read: ReadPath
  readonly test: Test
}

/** A compiled filter: run it with `matchFilter`. */
export type Filter = { readonly test: Test; readonly conditions: readonly Condition[] }

export type FilterResult =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

type Build = {
  readonly compilePattern: CompilePattern
  readonly conditions: Condition[]
  readonly errors: FieldError[]
  nodes: number
}

/**
 * Compiles a filter (any JSON; `{}` matches every event). Errors carry a pointer, behind `pointer` (where the filter
 * stands in the body, such as "/filter"), and a sentence with the remedy; at most 50 are returned.
 */
export const compileFilter = (
  json: unknown,
  {
    compilePattern,
    pointer = '',
  }: { readonly compilePattern: CompilePattern; readonly pointer?: string },
): FilterResult => {
  const build: Build = { compilePattern, conditions: [], errors: [], nodes: 0 }
  const test = compileObject(json, { pointer: '', depth: 1 }, build)
  if (build.errors.length === 0) return { ok: true, filter: { test, conditions: build.conditions } }
  const errors = build.errors
    .slice(0, maxErrors)
    .map((error) => ({ pointer: pointer + error.pointer, detail: error.detail }))
  return { ok: false, errors }
}

/** Does the event satisfy the filter? A run that needs more than `filterFuel` steps does not match. */
export const matchFilter = (filter: Filter, event: FilterEvent): boolean =>
  runFilter(filter, event, { left: filterFuel })

/** The same with a tank of one's own, to see afterwards how much was spent (`left` < 0: it ran out). */
export const runFilter = (filter: Filter, event: FilterEvent, fuel: Fuel): boolean =>
  filter.test(event, fuel) && fuel.left >= 0

type Place = { readonly pointer: string; readonly depth: number }

const refuse = (build: Build, pointer: string, detail: string): Test => {
  build.errors.push({ pointer, detail })
  return never
}

const always: Test = () => true
const never: Test = () => false

/** Counts a node; false, with one error for the whole filter, once there are too many. */
const countNode = (build: Build): boolean => {
  build.nodes += 1
  if (build.nodes === maxFilterNodes + 1) {
    refuse(build, '', `has too many conditions: at most ${maxFilterNodes}; split the rule in two`)
  }
  return build.nodes <= maxFilterNodes
}

/** Whoever sends a million mistakes gets the first of them. */
const isEnough = (build: Build): boolean =>
  build.nodes > maxFilterNodes || build.errors.length > maxErrors

const compileObject = (json: unknown, { pointer, depth }: Place, build: Build): Test => {
  if (!countNode(build)) return never
  if (!isRecord(json)) {
    return refuse(
      build,
      pointer,
      'is not a filter: write an object such as {"data.total": {"gt": 10}}',
    )
  }
  if (depth > maxFilterDepth) {
    return refuse(build, pointer, `is nested too deeply: at most ${maxFilterDepth} levels`)
  }
  const tests: Test[] = []
  for (const [key, value] of Object.entries(json)) {
    const place = { pointer: `${pointer}/${escapePointer(key)}`, depth }
    tests.push(compileKey(key, value, place, build))
    if (isEnough(build)) break
  }
  return allOf(tests)
}

const compileKey = (key: string, value: unknown, place: Place, build: Build): Test => {
  switch (key) {
    case 'all':
      return allOf(compileList(value, place, build))
    case 'any':
      return anyOf(compileList(value, place, build))
    case 'not':
      return noneOf(compileObject(value, { ...place, depth: place.depth + 1 }, build))
    default:
      return compileConditions(key, value, place.pointer, build)
  }
}

const compileList = (json: unknown, place: Place, build: Build): readonly Test[] => {
  if (!Array.isArray(json) || json.length === 0) {
    return [
      refuse(
        build,
        place.pointer,
        'takes an array of at least one filter, such as [{"type": "order.paid"}]',
      ),
    ]
  }
  const tests: Test[] = []
  for (const [at, item] of json.entries()) {
    tests.push(
      compileObject(item, { pointer: `${place.pointer}/${at}`, depth: place.depth + 1 }, build),
    )
    if (isEnough(build)) break
  }
  return tests
}

const compileConditions = (path: string, json: unknown, pointer: string, build: Build): Test => {
  const read = compilePath(path)
  if (typeof read !== 'function') return refuse(build, pointer, read.error)
  const add = (operator: Operator, expected: unknown, pointer: string): Test =>
    addCondition({ pointer, path, operator, expected, read }, build)
  if (Array.isArray(json)) return add('in', json, pointer)
  if (!isRecord(json)) return add('eq', json, pointer)
  const entries = Object.entries(json)
  if (entries.length === 0) {
    return refuse(build, pointer, 'has no operator: write one, such as {"exists": true}')
  }
  const tests: Test[] = []
  for (const [name, expected] of entries) {
    const at = `${pointer}/${escapePointer(name)}`
    const known = isOperator(name)
    tests.push(known ? add(name, expected, at) : refuse(build, at, unknownOperator(name)))
    if (isEnough(build)) break
  }
  return allOf(tests)
}

const addCondition = (condition: Omit<Condition, 'test'>, build: Build): Test => {
  if (!countNode(build)) return never
  const holds = compileOperator(condition.operator, condition.expected, build.compilePattern)
  if (typeof holds !== 'function') return refuse(build, condition.pointer, holds.error)
  const { read } = condition
  const test: Test = (event, fuel) => holds(read(event), fuel)
  build.conditions.push({ ...condition, test })
  return test
}

// Fuel that ran out makes every answer meaningless; `runFilter` looks at the end, so these need not.
const allOf = (tests: readonly Test[]): Test => {
  const [only = always] = tests
  if (tests.length < 2) return only
  return (event, fuel) => {
    for (const test of tests) if (!test(event, fuel)) return false
    return true
  }
}

const anyOf = (tests: readonly Test[]): Test => {
  const [only = never] = tests
  if (tests.length < 2) return only
  return (event, fuel) => {
    for (const test of tests) if (test(event, fuel)) return true
    return false
  }
}

const noneOf =
  (test: Test): Test =>
  (event, fuel) =>
    !test(event, fuel)

/** One segment of an RFC 6901 pointer. */
const escapePointer = (segment: string): string =>
  segment.slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1')
