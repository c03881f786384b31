/**
 * Paths into JSON as people write them in settings: `$`, `$.order.id`, `$.lines[0]`, `$['odd name']`. A small part of
 * RFC 9535: one place, no wildcards, no filters. Own members only: inherited ones are not found.
 */

export type ReadJsonPath = (value: unknown) => unknown

const longest = 500
const deepest = 32
const step = /\.([A-Za-z_][\w-]*)|\[(-?\d{1,9})\]|\['((?:[^'\\]|\\['\\])*)'\]/y

/** Does this setting look like a path? */
export const isJsonPath = (text: string): boolean => text.startsWith('$')

/** The reader of a path (undefined: nothing is there), or a sentence saying what to write instead. */
export const compileJsonPath = (path: string): ReadJsonPath | { readonly error: string } => {
  const wanted = 'write $ for the whole, or names behind it, such as $.order.id or $.lines[0]'
  if (!path.startsWith('$') || path.length > longest) return { error: `is no path: ${wanted}` }
  const steps: (string | number)[] = []
  step.lastIndex = 1
  while (step.lastIndex < path.length) {
    const found = step.exec(path)
    if (found === null || steps.length === deepest) return { error: `is no path: ${wanted}` }
    const [, name, index, quoted] = found
    steps.push(
      index === undefined ? (name ?? (quoted ?? '').replaceAll(/\\(.)/g, '$1')) : Number(index),
    )
  }
  return (value) => steps.reduce<unknown>(memberOf, value)
}

const memberOf = (value: unknown, name: string | number): unknown => {
  if (typeof value !== 'object' || value === null) return undefined
  if (typeof name === 'number') return Array.isArray(value) ? value.at(name) : undefined
  return Object.hasOwn(value, name)
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}

/** The value at a path that was checked before; undefined when nothing is there, or it is none. */
export const readJsonPath = (path: string, value: unknown): unknown => {
  const read = compileJsonPath(path)
  return typeof read === 'function' ? read(value) : undefined
}
