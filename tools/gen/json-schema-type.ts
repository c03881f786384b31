/** JSON Schema as TypeScript: the part of it that our API document uses. Not for validation. */

/** The text, or nothing where there is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A piece of a JSON document, read by name. */
export type Readable = { readonly [name: string]: unknown }

/** Is it an object whose members can be read? */
export const isReadable = (value: unknown): value is Readable =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const quoted = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name.replaceAll("'", "\\'")}'`

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value)

const union = (types: readonly string[]): string =>
  types.includes('unknown') ? 'unknown' : [...new Set(types)].join(' | ')

const comment = (schema: unknown, indent: string): string => {
  const text = isReadable(schema) ? schema['description'] : undefined
  return typeof text === 'string' && text !== ''
    ? `${indent}/** ${text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */\n`
    : ''
}

/** The type of what this schema describes, as text; `indent` is that of the line it stands on. */
export const typeOf = (schema: unknown, indent = ''): string => {
  if (!isReadable(schema)) return 'unknown'
  if ('const' in schema) return literal(schema['const'])
  if ('enum' in schema) return union(listOf(schema['enum']).map(literal))
  for (const name of ['anyOf', 'oneOf'])
    if (name in schema) return union(listOf(schema[name]).map((part) => typeOf(part, indent)))
  if ('allOf' in schema)
    return listOf(schema['allOf'])
      .map((part) => `(${typeOf(part, indent)})`)
      .join(' & ')
  const types = listOf(schema['type'])
  if (types.length > 0) return union(types.map((type) => typeOf({ ...schema, type }, indent)))
  return plainType(schema, indent)
}

const plainType = (schema: Readable, indent: string): string => {
  switch (schema['type']) {
    case 'string':
      return 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return `readonly (${typeOf(schema['items'], indent)})[]`
    case 'object':
      return objectType(schema, indent)
    default:
      return 'properties' in schema ? objectType(schema, indent) : 'unknown'
  }
}

const objectType = (schema: Readable, indent: string): string => {
  const properties = isReadable(schema['properties']) ? Object.entries(schema['properties']) : []
  const patterns = isReadable(schema['patternProperties'])
    ? Object.values(schema['patternProperties'])
    : []
  const rest = isReadable(schema['additionalProperties'])
    ? schema['additionalProperties']
    : patterns[0]
  if (properties.length === 0)
    return rest === undefined
      ? '{ readonly [name: string]: unknown }'
      : `{ readonly [name: string]: ${typeOf(rest, indent)} }`
  const required = new Set(listOf(schema['required']))
  const inner = `${indent}  `
  const lines = properties.map(([name, property]) => {
    const mark = required.has(name) ? '' : '?'
    return `${comment(property, inner)}${inner}readonly ${quoted(name)}${mark}: ${typeOf(property, inner)}\n`
  })
  return `{\n${lines.join('')}${indent}}`
}
