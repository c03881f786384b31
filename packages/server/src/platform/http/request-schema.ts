/**
 * How requests are checked against their schemas: Ajv in strict mode, nothing removed, nothing coerced except in query
 * strings and path parameters (which are text), unknown fields refused. Answers are not checked here (Fastify's
 * serializer drops undeclared fields).
 */
import ajvFormats from 'ajv-formats'
import { Ajv, type ErrorObject } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import { appError, type AppError } from '@carillon/domain/errors'
import { onceAsked } from '../once-asked.ts'
import { fieldErrors, httpParts, type HttpPart } from './field-errors.ts'

/**
 * With `allErrors` the time and memory for the errors grow with the body; so the first error decides, and only for
 * bodies below this many bytes of JSON the rest is collected as well.
 */
const collectAllBelowBytes = 65_536

const createAjv = ({
  part,
  allErrors,
}: {
  readonly part: 'body' | 'text'
  readonly allErrors: boolean
}): Ajv => {
  const ajv = new Ajv({
    strict: true,
    // `type: ['string', 'null']` is how OpenAPI 3.1 says nullable.
    allowUnionTypes: true,
    // Demands that `required` names only declared properties: wrong for schemas put together with anyOf.
    strictRequired: false,
    coerceTypes: part === 'text' ? 'array' : false,
    useDefaults: true,
    removeAdditional: false,
    allErrors,
    verbose: true,
  })
  ajvFormats.default(ajv)
  return ajv
}

/** Each is made when the first schema of its kind is compiled: an Ajv holds its own compiled meta-schema. */
const createAjvs = ({ allErrors }: { readonly allErrors: boolean }) => ({
  body: onceAsked(() => createAjv({ part: 'body', allErrors })),
  text: onceAsked(() => createAjv({ part: 'text', allErrors })),
})

type JsonSchema = Readonly<Record<string, unknown>>

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Keywords whose values are schemas, lists of schemas, or maps of schemas. */
const schemaKeywords = [
  'items',
  'additionalItems',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
]
const listKeywords = ['anyOf', 'oneOf', 'items']
const mapKeywords = ['properties', 'patternProperties', '$defs', 'definitions']

const closeKeyword = (keyword: string, value: unknown): unknown => {
  if (keyword === 'allOf') {
    throw new Error(
      'allOf (Type.Intersect) cannot refuse unknown fields: spread the properties into one Type.Object',
    )
  }
  if (listKeywords.includes(keyword) && Array.isArray(value)) return value.map(closeSchema)
  if (schemaKeywords.includes(keyword)) return closeSchema(value)
  if (mapKeywords.includes(keyword) && isSchema(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => [name, closeSchema(schema)]),
    )
  }
  return value
}

/**
 * A copy of a request schema in which every object with declared properties refuses others, unless it says itself what
 * it wants (`additionalProperties`). Throws for `allOf`, which can't be closed.
 */
export const closeSchema = (schema: unknown): unknown => {
  if (!isSchema(schema)) return schema
  const closed = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, closeKeyword(keyword, value)]),
  )
  const mustClose = 'properties' in closed && !('additionalProperties' in closed)
  return mustClose ? { ...closed, additionalProperties: false } : closed
}

/** A malformed path parameter is a 404: foreign, missing and malformed ids must look the same. */
const toError = (errors: readonly ErrorObject[], part: HttpPart, data: unknown): AppError => {
  if (part === 'params') {
    return appError('not_found', { detail: 'There is nothing under this path.' })
  }
  const present = part !== 'body' || (data !== undefined && data !== null)
  const fields = fieldErrors(errors, { part, present })
  const [first] = fields
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : ''
  const where = first === undefined || first.pointer === '' ? '' : `${first.pointer}: `
  return appError('validation_failed', {
    detail: `${where}${first?.detail ?? 'The request does not match the schema.'}${more}`,
    errors: fields,
  })
}

const isSmall = (data: unknown): boolean => {
  const json = JSON.stringify(data) as string | undefined
  return json === undefined || json.length < collectAllBelowBytes
}

/**
 * When schemas become code. `at first use` saves an idle server the code of some hundred routes; a schema that Ajv's strict
 * mode refuses is then found by the first request only, so whatever checks the routes compiles them `at once`.
 */
export type CompileTime = 'at once' | 'at first use'

/**
 * Fastify's compiler for request schemas. A check gives `true`, or the error to throw: an app error with a pointer and a
 * sentence for every field. Throws for schemas that Ajv's strict mode refuses, at `compileTime` (default: at once, which
 * is at registration).
 */
export const createRequestCompiler = (
  compileTime: CompileTime = 'at once',
): FastifySchemaCompiler<object> => {
  const first = createAjvs({ allErrors: false })
  const all = createAjvs({ allErrors: true })
  return ({ schema, httpPart }) => {
    const part = httpParts.find((known) => known === httpPart) ?? 'body'
    const kind = part === 'body' ? 'body' : 'text'
    const check = onceAsked(() => first[kind]().compile(schema))
    const checkAll = onceAsked(() => all[kind]().compile(schema))
    if (compileTime === 'at once') check()
    return (data: unknown) => {
      if (check()(data)) return true
      if (!isSmall(data)) return { error: toError(check().errors ?? [], part, data) }
      checkAll()(data)
      return { error: toError(checkAll().errors ?? check().errors ?? [], part, data) }
    }
  }
}
