/** Reads and amends JSON documents by RFC 6901 pointers, for tests that hold code to somebody's document. No JSON Schema here. */

export type JsonObject = Readonly<Record<string, unknown>>

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a pointer (`/paths/~1email/post`), or undefined when nothing is there. `#` in front is allowed. */
export const valueAtPointer = (document: unknown, pointer: string): unknown =>
  partsOf(pointer).reduce<unknown>((at, part) => memberOf(at, part), document)

const partsOf = (pointer: string): readonly string[] =>
  pointer
    .replace(/^#/, '')
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))

const memberOf = (value: unknown, name: string): unknown => {
  const entries = value instanceof Object ? Object.entries(value) : []
  return entries.find(([key]) => key === name)?.[1]
}

/**
 * A copy of the document with other values at these pointers; undefined takes the member away. Throws when the place is
 * not there: an amendment that amends nothing is out of date.
 */
export const amended = (
  document: unknown,
  amendments: Readonly<Record<string, unknown>>,
): unknown => {
  const copy: unknown = structuredClone(document)
  for (const [pointer, value] of Object.entries(amendments)) {
    const parts = partsOf(pointer)
    const name = parts.at(-1) ?? ''
    const home = parts.slice(0, -1).reduce<unknown>(memberOf, copy)
    if (!(home instanceof Object)) throw new Error(`${pointer} is not in the document`)
    if (value === undefined) {
      if (!Reflect.has(home, name)) throw new Error(`${pointer} is not in the document`)
      Reflect.deleteProperty(home, name)
    } else Reflect.set(home, name, value)
  }
  return copy
}
