/** Reading a value out of an event by its dot path. Knows nothing of operators (`filter-operator.ts`). */

/** An event as filters, explanations and built-in texts see it: the attributes and the parsed `data`. */
export type FilterEvent = {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string | undefined
  /** RFC 3339. */
  readonly time: string
  /** Parsed JSON; undefined when the event has none. */
  readonly data?: unknown
}

/** Gives the value at a path, or undefined when nothing is there (JSON itself has no undefined). */
export type ReadPath = (event: FilterEvent) => unknown

const attributes: ReadonlyMap<string, ReadPath> = new Map<string, ReadPath>([
  ['id', (event) => event.id],
  ['source', (event) => event.source],
  ['type', (event) => event.type],
  ['subject', (event) => event.subject],
  ['time', (event) => event.time],
])

const maxSegments = 32
const maxPathLength = 1_000
const arrayIndex = /^(0|[1-9][0-9]{0,8})$/

/** Is it a JSON object (not an array, not null)? */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Makes the reader of a path, or returns a sentence saying what to write instead. `id`, `source`, `type`, `subject` and
 * `time` are the event's attributes and win over keys of `data` with those names; `data.x` and a bare `x` are both the
 * key `x` of `data`. A number reads an element of an array. Only own properties count: inherited ones are not found.
 */
export const compilePath = (path: string): ReadPath | { readonly error: string } => {
  if (path.length > maxPathLength) {
    return { error: `is too long a path: at most ${maxPathLength} characters` }
  }
  const segments = path.split('.')
  if (segments.includes('')) {
    return { error: 'is not a path: write names joined by single dots, such as data.order.total' }
  }
  if (segments.length > maxSegments) {
    return { error: `is too deep a path: at most ${maxSegments} names joined by dots` }
  }
  const [first = '', ...rest] = segments
  const attribute = attributes.get(first)
  if (attribute === undefined) return readData(first === 'data' ? rest : segments)
  if (rest.length === 0) return attribute
  return {
    error: `finds nothing: "${first}" is the event's own ${first}, a text; for the key in its data write "data.${path}"`,
  }
}

const readData = (segments: readonly string[]): ReadPath => {
  const steps = segments.map((name) => ({ name, index: arrayIndex.test(name) ? Number(name) : -1 }))
  return (event) => {
    let value = event.data
    for (const { name, index } of steps) {
      if (Array.isArray(value)) value = value[index]
      else if (isRecord(value) && Object.hasOwn(value, name)) value = value[name]
      else return undefined
    }
    return value
  }
}
