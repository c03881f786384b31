/** Reads the JSON Schemas of connectors for people: which fields there are, and what may stand in them. */

/** The parts of a JSON Schema that the reference shows. */
export type FieldSchema = {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly FieldSchema[]
  readonly items?: FieldSchema
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
}

export type Field = {
  readonly name: string
  readonly schema: FieldSchema
  readonly isRequired: boolean
}

const isSchema = (value: unknown): value is FieldSchema => value instanceof Object

/** The fields of an object schema in their own order. Throws when it is none. */
export const fieldsOf = (schema: unknown): readonly Field[] => {
  if (!isSchema(schema) || schema.properties === undefined)
    throw new Error('not the schema of an object')
  const required = new Set(schema.required)
  return Object.entries(schema.properties).map(([name, field]) => ({
    name,
    schema: field,
    isRequired: required.has(name),
  }))
}

/** `text, at most 256 characters`, `"HTML" or "none"`, `list of whole numbers from 300 to 599`. */
export const describeSchema = (schema: FieldSchema): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (schema.anyOf) return schema.anyOf.map(describeSchema).join(' or ')
  if (schema.type === 'array')
    return `list of ${describeSchema(schema.items ?? {})}${most(schema.maxItems, 'items')}`
  if (schema.type === 'string')
    return `text${least(schema.minLength)}${most(schema.maxLength, 'characters')}`
  if (schema.type === 'integer' || schema.type === 'number') return number(schema)
  return { boolean: 'yes or no', object: 'object', null: 'null' }[schema.type ?? ''] ?? 'any value'
}

const most = (limit: number | undefined, unit: string): string =>
  limit === undefined ? '' : `, at most ${limit} ${unit}`
const least = (limit: number | undefined): string =>
  limit === undefined || limit <= 1 ? '' : `, at least ${limit}`

const number = ({ type, minimum, maximum }: FieldSchema): string => {
  const from = minimum === undefined ? '' : ` from ${minimum}`
  const to = maximum === undefined ? '' : ` to ${maximum}`
  return `${type === 'integer' ? 'whole number' : 'number'}${from}${to}`
}
