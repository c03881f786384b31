/** The value that a form is about: read and changed by JSON pointers, and made ready to be sent. No components. */
import { kindOf, type FieldSchema, type Json } from './field-schema.ts'

export type JsonObject = { readonly [key: string]: Json }

/** Is it an object, and no array? */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member's value; undefined where there is none. */
export const memberOf = (value: Json | undefined, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined

/** The object with another value for a member; undefined takes it out. */
export const withMember = (
  value: Json | undefined,
  name: string,
  member: Json | undefined,
): JsonObject => {
  const { [name]: _before, ...rest } = isObject(value) ? value : {}
  return member === undefined ? rest : { ...rest, [name]: member }
}

/** Nothing was filled in: such a field is left out of what is sent. */
const isEmpty = (value: Json | undefined): boolean =>
  value === undefined ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.values(value).every(isEmpty))

/** Without what was left empty, all the way down. */
export const withoutEmpty = (value: Json | undefined): Json | undefined => {
  if (isEmpty(value)) return undefined
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, Json][] => {
      const kept = withoutEmpty(member)
      return kept === undefined ? [] : [[name, kept]]
    }),
  )
}

/** One step of a JSON pointer as it is written. */
export const pointerStep = (name: string): string =>
  `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

export type LocalProblem =
  | { readonly pointer: string; readonly problem: 'missing' }
  | { readonly pointer: string; readonly problem: 'least' | 'most'; readonly bound: number }
  | { readonly pointer: string; readonly problem: 'longest'; readonly bound: number }

/** What is plainly missing or out of bounds, by pointer; the server says the rest. `value` is one without empty members. */
export const problemsOf = (
  schema: FieldSchema,
  value: Json | undefined,
  pointer = '',
): readonly LocalProblem[] => {
  if (typeof value === 'number') return boundsOf(schema, value, pointer)
  if (typeof value === 'string') {
    const { maxLength } = schema
    const isLong = maxLength !== undefined && value.length > maxLength
    return isLong ? [{ pointer, problem: 'longest', bound: maxLength }] : []
  }
  const kind = kindOf(schema)
  if (kind.kind !== 'group') return []
  return kind.fields.flatMap(([name, field]) => {
    const member = memberOf(value, name)
    const at = `${pointer}${pointerStep(name)}`
    if (member !== undefined) return problemsOf(field, member, at)
    return schema.required?.includes(name) === true
      ? [{ pointer: at, problem: 'missing' as const }]
      : []
  })
}

const boundsOf = (
  { minimum, maximum }: FieldSchema,
  value: number,
  pointer: string,
): readonly LocalProblem[] => {
  if (minimum !== undefined && value < minimum)
    return [{ pointer, problem: 'least', bound: minimum }]
  if (maximum !== undefined && value > maximum)
    return [{ pointer, problem: 'most', bound: maximum }]
  return []
}
