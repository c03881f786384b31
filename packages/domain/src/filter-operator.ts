/**
 * The operators of the filter language, each compiled once with what it expects. The evaluator and the explanation call
 * these same functions. Knows nothing of paths (`filter-path.ts`) and combinations (`filter.ts`).
 */
import { parseDateTime } from './date-time.ts'
import { nearestName } from './nearest-name.ts'

/** What an evaluation may still spend, in steps (about 10 ns each). Below zero: it has run out, and nothing matches. */
export type Fuel = { left: number }

/** Does the value, undefined when the path finds nothing, satisfy the operator? Spends fuel. */
export type Predicate = (value: unknown, fuel: Fuel) => boolean

/**
 * Compiles a regular expression that must run in linear time (RE2), or returns a sentence saying why it can't. The
 * domain imports no engine: the server passes one.
 */
export type CompilePattern = (source: string) => ((text: string) => boolean) | string

type Scalar = string | number | boolean | null
type Refusal = { readonly error: string }
type MakePredicate = (expected: unknown, compilePattern: CompilePattern) => Predicate | Refusal

/** The longest text that a filter may compare with, in UTF-16 units. */
export const maxTextLength = 10_000
/** The most values that `in` and `nin` take. */
export const maxValues = 1_000
/** A pattern looks at this much of a value, from its beginning. */
export const maxMatchedLength = 10_000

const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

const tooLong: Refusal = { error: `is too long a text: at most ${maxTextLength} characters` }

/** A condition on an array holds when it holds for any of its elements (one level: their own arrays are not opened). */
const anyElement =
  (holds: Predicate): Predicate =>
  (value, fuel) => {
    fuel.left -= 1
    if (!Array.isArray(value)) return holds(value, fuel)
    for (const element of value) {
      fuel.left -= 1
      if (fuel.left < 0) return false
      if (holds(element, fuel)) return true
    }
    return false
  }

const negated = (made: Predicate | Refusal): Predicate | Refusal =>
  typeof made === 'function' ? (value, fuel) => !made(value, fuel) : made

const equal: MakePredicate = (expected) => {
  if (!isScalar(expected)) {
    return { error: 'takes a text, a number, true, false or null; for several values use "in"' }
  }
  if (typeof expected === 'string' && expected.length > maxTextLength) return tooLong
  return anyElement((value) => value === expected)
}

const oneOf: MakePredicate = (expected) => {
  if (!Array.isArray(expected) || !expected.every(isScalar)) {
    return { error: 'takes an array of texts, numbers, true, false or null' }
  }
  if (expected.length === 0) {
    return {
      error: 'is an empty array, so it would compare with nothing: write a value or leave it out',
    }
  }
  if (expected.length > maxValues) {
    return { error: `has ${expected.length} values: at most ${maxValues} are possible` }
  }
  if (expected.some((value) => typeof value === 'string' && value.length > maxTextLength)) {
    return { error: `has too long a text: at most ${maxTextLength} characters each` }
  }
  const values = new Set<unknown>(expected)
  return anyElement((value) => values.has(value))
}

/** -1, 0 or 1: numbers by size, texts by UTF-16 code unit. */
const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : Number(a > b))

// Reading a date-time takes some 300 ns.
const dateTimeCost = 30

/** Numbers compare with numbers only, texts with texts only; two date-times compare as points in time. */
const ordered =
  (accepts: (order: number) => boolean): MakePredicate =>
  (expected) => {
    if (typeof expected === 'number') {
      return anyElement((value) => typeof value === 'number' && accepts(compare(value, expected)))
    }
    if (typeof expected !== 'string') {
      return { error: 'takes a number, a text or an RFC 3339 time such as "2026-11-22T10:00:00Z"' }
    }
    if (expected.length > maxTextLength) return tooLong
    const expectedTime = parseDateTime(expected)
    if (expectedTime === undefined) {
      return anyElement((value) => typeof value === 'string' && accepts(compare(value, expected)))
    }
    return anyElement((value, fuel) => {
      if (typeof value !== 'string') return false
      fuel.left -= dateTimeCost
      const time = parseDateTime(value)
      return accepts(time === undefined ? compare(value, expected) : compare(time, expectedTime))
    })
  }

/** A predicate on texts; `cost` tells the steps before they are spent, so that a run out of fuel does no work. */
const onText = (holds: (text: string) => boolean, cost: (length: number) => number): Predicate =>
  anyElement((value, fuel) => {
    if (typeof value !== 'string') return false
    fuel.left -= cost(value.length)
    return fuel.left >= 0 && holds(value)
  })

const textOperator =
  (
    holds: (text: string, expected: string) => boolean,
    cost: (length: number, expectedLength: number) => number,
  ): MakePredicate =>
  (expected) => {
    if (typeof expected !== 'string') return { error: 'takes a text' }
    if (expected.length > maxTextLength) return tooLong
    return onText(
      (text) => holds(text, expected),
      (length) => cost(length, expected.length),
    )
  }

const free = (): number => 0

// Searching is usually linear, but V8 needs length x length for periodic texts (measured: 170 ms for 10,000 in 100,000).
const searchCost = (length: number, expectedLength: number): number =>
  (length * (16 + expectedLength)) / 512

const matching: MakePredicate = (expected, compilePattern) => {
  if (typeof expected !== 'string') return { error: 'takes a regular expression as a text' }
  if (expected.length > maxTextLength) return tooLong
  const test = compilePattern(expected)
  if (typeof test === 'string') return { error: test }
  // RE2 takes about 85 ns a character at worst (measured with re2js on `^(a+)+$`), and stops early as a rule.
  return onText(
    (text) => test(text.length > maxMatchedLength ? text.slice(0, maxMatchedLength) : text),
    (length) => Math.min(length, maxMatchedLength),
  )
}

const existing: MakePredicate = (expected) => {
  if (typeof expected !== 'boolean') return { error: 'takes true or false' }
  return (value, fuel) => {
    fuel.left -= 1
    return (value !== undefined) === expected
  }
}

const makers = {
  eq: equal,
  ne: (expected, compilePattern) => negated(equal(expected, compilePattern)),
  in: oneOf,
  nin: (expected, compilePattern) => negated(oneOf(expected, compilePattern)),
  gt: ordered((order) => order > 0),
  gte: ordered((order) => order >= 0),
  lt: ordered((order) => order < 0),
  lte: ordered((order) => order <= 0),
  contains: textOperator((text, expected) => text.includes(expected), searchCost),
  startsWith: textOperator((text, expected) => text.startsWith(expected), free),
  endsWith: textOperator((text, expected) => text.endsWith(expected), free),
  matches: matching,
  exists: existing,
} as const satisfies Record<string, MakePredicate>

export type Operator = keyof typeof makers

/** Is this the name of an operator? */
export const isOperator = (name: string): name is Operator => Object.hasOwn(makers, name)

/** Every operator's name, in the order of the documentation. */
export const operators: readonly Operator[] = Object.keys(makers).filter(isOperator)

/** A sentence for a name that is no operator: the nearest one that is, and all of them. */
export const unknownOperator = (name: string): string => {
  const nearest = nearestName(name, operators)
  const hint = nearest === undefined ? '' : ` did you mean "${nearest}"?`
  return `is not an operator:${hint} There are ${operators.join(', ')}.`
}

/** Compiles one operator with what it expects (any JSON), or returns a sentence saying what it takes. */
export const compileOperator = (
  operator: Operator,
  expected: unknown,
  compilePattern: CompilePattern,
): Predicate | { readonly error: string } => makers[operator](expected, compilePattern)
