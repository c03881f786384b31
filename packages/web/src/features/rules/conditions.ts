/** A rule's filter as lines of a form: path, operator, value. Filters that do more than that stay JSON. Pure. */

export const operators = [
  'eq',
  'ne',
  'in',
  'nin',
  'gt',
  'gte',
  'lt',
  'lte',
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'exists',
] as const
export type Operator = (typeof operators)[number]

export type Condition = {
  readonly path: string
  readonly operator: Operator
  /** As it is typed: `12`, `true` and `"12"` are JSON, everything else is a text; lists have commas. */
  readonly value: string
}

/** Which words say it: "is there" says whether something is meant to be, and has no value beside it. */
export const wordsOf = (
  operator: Operator,
  value: string,
): `operators.${Operator}` | 'operators.absent' =>
  operator === 'exists' && value === 'false' ? 'operators.absent' : `operators.${operator}`

const isOperator = (name: string): name is Operator => operators.some((known) => known === name)
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: unknown): boolean =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)
const isList = (name: Operator): boolean => name === 'in' || name === 'nin'

/** The lines of a filter; undefined when it combines (all, any, not) or holds what no line can show. */
export const readConditions = (filter: unknown): readonly Condition[] | undefined => {
  if (!isRecord(filter)) return undefined
  const lines: Condition[] = []
  for (const [path, wanted] of Object.entries(filter)) {
    const own = ['all', 'any', 'not'].includes(path) ? undefined : linesOf(path, wanted)
    if (own === undefined) return undefined
    lines.push(...own)
  }
  return lines
}

const linesOf = (path: string, wanted: unknown): readonly Condition[] | undefined => {
  if (isScalar(wanted)) return [{ path, operator: 'eq', value: show(wanted) }]
  if (Array.isArray(wanted))
    return wanted.every(isScalar)
      ? [{ path, operator: 'in', value: wanted.map(show).join(', ') }]
      : undefined
  if (!isRecord(wanted)) return undefined
  const lines = Object.entries(wanted).map(([name, value]) => lineOf(path, name, value))
  return lines.some((line) => line === undefined) ? undefined : lines.flatMap((line) => line ?? [])
}

const lineOf = (path: string, operator: string, value: unknown): Condition | undefined => {
  if (!isOperator(operator)) return undefined
  if (isList(operator))
    return Array.isArray(value) && value.every(isScalar)
      ? { path, operator, value: value.map(show).join(', ') }
      : undefined
  return isScalar(value) ? { path, operator, value: show(value) } : undefined
}

/** A text is shown bare unless it would be read as something else. */
const show = (value: unknown): string => {
  if (typeof value !== 'string') return JSON.stringify(value)
  return value !== '' && read(value) === value && !value.includes(',')
    ? value
    : JSON.stringify(value)
}

/** What is typed, as a value. */
const read = (text: string): unknown => {
  const trimmed = text.trim()
  if (!/^(?:-?\d|true$|false$|null$|")/.test(trimmed)) return trimmed
  try {
    return JSON.parse(trimmed)
  } catch (error) {
    // A date such as 2026-11-22 begins like a number and is a text.
    if (error instanceof SyntaxError) return trimmed
    throw error
  }
}

/** Commas between, not those within quotes. */
const readList = (text: string): readonly unknown[] =>
  (text.match(/\s*"(?:[^"\\]|\\.)*"\s*(?=,|$)|[^,]+/g) ?? []).map((part) => read(part))

/** The filter of some lines; a line without a path is left out. Lines on the same path hold together. */
export const writeConditions = (lines: readonly Condition[]): Record<string, unknown> => {
  const filter: Record<string, Record<string, unknown>> = {}
  for (const { path, operator, value } of lines) {
    if (path.trim() === '') continue
    const own = filter[path.trim()] ?? {}
    own[operator] = isList(operator) ? readList(value) : read(value)
    filter[path.trim()] = own
  }
  return Object.fromEntries(
    Object.entries(filter).map(([path, wanted]) => {
      const names = Object.keys(wanted)
      return [path, names.length === 1 && 'eq' in wanted ? wanted['eq'] : wanted]
    }),
  )
}
