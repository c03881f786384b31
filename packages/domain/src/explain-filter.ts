/**
 * Why a filter matched an event or did not, condition by condition. Runs the very predicates that decided, so it can't
 * disagree with them. Not for the hot path: it evaluates every condition, where `matchFilter` stops at the first that decides.
 */
import { filterFuel, runFilter, type Condition, type Filter, type FilterEvent } from './filter.ts'
import type { Operator } from './filter-operator.ts'
import { jsonExcerpt } from './json-excerpt.ts'

/** One condition and what came of it. */
export type ExplainedCondition = {
  /** RFC 6901, from the filter's root; inside a `not` it still tells whether the condition itself holds. */
  readonly pointer: string
  readonly path: string
  readonly operator: Operator
  /** JSON text, at most 200 characters. */
  readonly expected: string
  /** JSON text, at most 200 characters; null when the path finds nothing (a JSON null prints as "null"). */
  readonly actual: string | null
  readonly holds: boolean
}

export type FilterExplanation = {
  /** The same as `matchFilter`. */
  readonly matches: boolean
  /** The evaluation needed too many steps, and therefore did not match. */
  readonly outOfFuel: boolean
  readonly conditions: readonly ExplainedCondition[]
  /** False when evaluating them all would have cost too much, and `conditions` has the first ones only. */
  readonly complete: boolean
}

const shownChars = 200
// All conditions of the worst filter on the worst event together: about a tenth of a second, not 1,000 times a run.
const explainFuel = 10 * filterFuel

/** Explains a compiled filter on an event; conditions come in the order of the filter's text. */
export const explainFilter = (filter: Filter, event: FilterEvent): FilterExplanation => {
  const run = { left: filterFuel }
  const matches = runFilter(filter, event, run)
  const conditions: ExplainedCondition[] = []
  const actuals = actualsOf(event)
  const fuel = { left: explainFuel }
  for (const condition of filter.conditions) {
    const holds = condition.test(event, fuel)
    if (fuel.left < 0) break
    const { pointer, path, operator } = condition
    const expected = excerpt(condition.expected)
    conditions.push({ pointer, path, operator, expected, actual: actuals(condition), holds })
  }
  const complete = conditions.length === filter.conditions.length
  return { matches, outOfFuel: run.left < 0, conditions, complete }
}

const excerpt = (value: unknown): string => jsonExcerpt(value, { maxChars: shownChars })

/** Prints the value at each path once, however many conditions look at it. */
const actualsOf = (event: FilterEvent): ((condition: Condition) => string | null) => {
  const printed = new Map<string, string | null>()
  return ({ path, read }) => {
    const known = printed.get(path)
    if (known !== undefined) return known
    const value = read(event)
    const text = value === undefined ? null : excerpt(value)
    printed.set(path, text)
    return text
  }
}
