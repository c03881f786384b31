/**
 * Finds the members of a value that a JSON Schema does not name. Vendors' documents allow more members than they
 * describe, so that a misspelt one would pass every validator. Not a validator itself.
 */
import { isJsonObject, valueAtPointer, type JsonObject } from './json-pointer.ts'

/** Deeper than any request goes; ends the walk through a schema that refers to itself. */
const deepest = 32

/**
 * Pointers of the members in `value` that no branch (allOf, anyOf, oneOf, $ref) of `schema` names. A schema without
 * `properties`, or that says which other members it takes (`additionalProperties`), leaves its members alone.
 */
export const unnamedMembers = (
  document: unknown,
  schema: unknown,
  value: unknown,
): readonly string[] => walk(document, [schema], { value, at: '' })

/** The first schema that a branch of `schema` has for this member; undefined when none names it. */
export const memberSchema = (document: unknown, schema: unknown, name: string): unknown =>
  branchesOf(document, schema).flatMap((branch) => schemasOf(branch, name))[0]

type Place = { readonly value: unknown; readonly at: string }

const walk = (
  document: unknown,
  schemas: readonly unknown[],
  { value, at }: Place,
): readonly string[] => {
  const branches = schemas.flatMap((schema) => branchesOf(document, schema))
  if (Array.isArray(value)) {
    const items = branches.flatMap(({ items }) => (items === undefined ? [] : [items]))
    return value.flatMap((item: unknown, index) =>
      walk(document, items, { value: item, at: `${at}/${index}` }),
    )
  }
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = branches.flatMap((branch) => schemasOf(branch, name))
    if (inner.length === 0 && branches.some(isClosed)) return [`${at}/${name}`]
    return walk(document, inner, { value: member, at: `${at}/${name}` })
  })
}

/** The schema and all that it is made of, references followed. */
const branchesOf = (document: unknown, schema: unknown, depth = 0): readonly JsonObject[] => {
  if (!isJsonObject(schema) || depth > deepest) return []
  const { $ref: reference } = schema
  const target = typeof reference === 'string' ? [valueAtPointer(document, reference)] : []
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const list = schema[key]
    return Array.isArray(list) ? (list as readonly unknown[]) : []
  })
  return [schema, ...[...target, ...parts].flatMap((part) => branchesOf(document, part, depth + 1))]
}

const schemasOf = (branch: JsonObject, name: string): readonly unknown[] => {
  const { properties, additionalProperties } = branch
  const named = isJsonObject(properties) ? properties[name] : undefined
  if (named !== undefined) return [named]
  return additionalProperties === true || isJsonObject(additionalProperties)
    ? [additionalProperties]
    : []
}

const isClosed = ({ properties, patternProperties }: JsonObject): boolean =>
  properties !== undefined && patternProperties === undefined
