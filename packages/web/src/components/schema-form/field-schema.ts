/**
 * The part of JSON Schema that connectors write their settings in, and what kind of field each piece becomes. The same
 * schema is what the server validates with (GET /connectors): nothing about a connector is known here.
 */

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }

export type FieldSchema = {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly patternProperties?: Readonly<Record<string, FieldSchema>>
  readonly additionalProperties?: boolean | FieldSchema
  readonly required?: readonly string[]
  readonly items?: FieldSchema
  readonly anyOf?: readonly FieldSchema[]
  readonly enum?: readonly Json[]
  readonly const?: Json
  readonly default?: Json
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

export type FieldKind =
  | { readonly kind: 'text'; readonly isLong: boolean }
  | { readonly kind: 'number'; readonly isWhole: boolean }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** Several values of one text or number each. */
  | { readonly kind: 'list'; readonly ofNumbers: boolean; readonly values: readonly string[] }
  /** Names and values that people choose, such as HTTP headers. */
  | { readonly kind: 'record' }
  | { readonly kind: 'group'; readonly fields: readonly (readonly [string, FieldSchema])[] }
  /** Anything else: edited as JSON. */
  | { readonly kind: 'json' }

/** Texts longer than this are templates, bodies and keys: several lines. With a pattern (an URL, say) only much longer ones. */
const longText = 1_000
const longTextOfPattern = 4_000

const choicesOf = (schema: FieldSchema): readonly string[] | undefined => {
  const values = schema.enum ?? schema.anyOf?.map((one) => one.const)
  if (values === undefined || values.length === 0) return undefined
  return values.every((value) => typeof value === 'string') ? values : undefined
}

const listOf = ({ items = {} }: FieldSchema): FieldKind => {
  const values = choicesOf(items) ?? []
  const isPlain = values.length > 0 || ['string', 'number', 'integer'].includes(items.type ?? '')
  if (!isPlain) return { kind: 'json' }
  return { kind: 'list', ofNumbers: items.type !== 'string' && values.length === 0, values }
}

const objectOf = (schema: FieldSchema): FieldKind => {
  if (schema.properties !== undefined)
    return { kind: 'group', fields: Object.entries(schema.properties) }
  const values = [
    ...Object.values(schema.patternProperties ?? {}),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ]
  const isPlain = values.length > 0 && values.every(({ type }) => type === 'string')
  return isPlain ? { kind: 'record' } : { kind: 'json' }
}

/** Does the text take several lines? */
export const isLongText = ({ maxLength = 0, pattern }: FieldSchema): boolean =>
  maxLength > (pattern === undefined ? longText : longTextOfPattern)

/** What kind of field a piece of a schema becomes. */
export const kindOf = (schema: FieldSchema): FieldKind => {
  const values = choicesOf(schema)
  if (values !== undefined) return { kind: 'choice', values }
  switch (schema.type ?? '') {
    case 'string':
      return { kind: 'text', isLong: isLongText(schema) }
    case 'number':
    case 'integer':
      return { kind: 'number', isWhole: schema.type === 'integer' }
    case 'boolean':
      return { kind: 'switch' }
    case 'array':
      return listOf(schema)
    case 'object':
      return objectOf(schema)
    default:
      return { kind: 'json' }
  }
}

/** The label of a field: its title, else its name in words. */
export const labelOf = (name: string, { title }: FieldSchema): string =>
  title ?? name.replaceAll(/([A-Z])/g, ' $1').replace(/^./, (first) => first.toUpperCase())

/** Is the value, as an API answer brought it, a schema that a form can be made of? */
export const isFieldSchema = (value: unknown): value is FieldSchema =>
  typeof value === 'object' && value !== null && 'type' in value
