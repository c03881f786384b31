/**
 * Ajv's errors as field errors: a pointer to the field and a sentence that says what to do. Nothing of the caller's
 * values is repeated (they may be secrets), only names.
 */
import type { ErrorObject } from 'ajv'
import type { FieldError } from '@carillon/domain/errors'
import { nearestName } from '@carillon/domain/nearest-name'

/** Which part of a request was checked. */
export const httpParts = ['body', 'querystring', 'params', 'headers'] as const
export type HttpPart = (typeof httpParts)[number]

/** More than this helps nobody; a hostile body could produce any number. */
const mostErrors = 50
/** Names of the caller's making are shown up to this length. */
const longestName = 100
/** A description's sentence is repeated in an error up to this length. */
const longestMeaning = 200

const escapeToken = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
const shorten = (text: string): string =>
  text.length > longestName ? `${text.slice(0, longestName)}…` : text

const propertiesOf = (schema: unknown): readonly string[] =>
  typeof schema === 'object' &&
  schema !== null &&
  'properties' in schema &&
  typeof schema.properties === 'object'
    ? Object.keys(schema.properties ?? {})
    : []

const propertyOf = (schema: unknown, name: string): unknown =>
  typeof schema === 'object' &&
  schema !== null &&
  'properties' in schema &&
  typeof schema.properties === 'object' &&
  schema.properties !== null
    ? Object.entries(schema.properties).find(([key]) => key === name)?.[1]
    : undefined

const textParam = (error: ErrorObject, name: string): string => {
  const value: unknown = error.params[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

const listParam = (error: ErrorObject, name: string): string => {
  const value: unknown = error.params[name]
  return (Array.isArray(value) ? value : [value])
    .map((item: unknown) => JSON.stringify(item))
    .join(', ')
}

const unknownField = (error: ErrorObject): string => {
  const name = textParam(error, 'additionalProperty')
  const known = propertiesOf(error.parentSchema)
  const nearest = nearestName(name, known)
  if (nearest !== undefined) return `Unknown field "${shorten(name)}": did you mean "${nearest}"?`
  const hint = known.length === 0 ? 'there are none here' : `known are ${known.join(', ')}`
  return `Unknown field "${shorten(name)}": remove it (${hint}).`
}

const articleFor = (word: string): string => (/^[aeio]/.test(word) ? 'an' : 'a')

const typeWords = (type: string): string => {
  if (type === 'null') return type
  return type === 'integer' ? 'a whole number' : `${articleFor(type)} ${type}`
}

const typeSentence = (error: ErrorObject): string => {
  const value: unknown = error.params['type']
  const types: readonly unknown[] = Array.isArray(value) ? value : [value]
  return `Must be ${types.map((type) => typeWords(String(type))).join(' or ')}.`
}

/** The first sentence of what a schema says about itself: what a pattern means, or what goes into a missing field. */
const meaningOf = (schema: unknown): string => {
  if (typeof schema !== 'object' || schema === null || !('description' in schema)) return ''
  const { description } = schema
  if (typeof description !== 'string') return ''
  const [sentence = ''] = description.split(/(?<=\.)\s/, 1)
  return sentence.length > longestMeaning ? '' : sentence.replace(/\.$/, '')
}

/** As the schemas of one-line texts write it. */
const oneLine = '^[^\\u0000-\\u001f\\u007f]*$'

const patternSentence = (error: ErrorObject): string => {
  const pattern = textParam(error, 'pattern')
  if (pattern === oneLine) return 'Must be one line, without control characters.'
  const meaning = meaningOf(error.parentSchema)
  return meaning === '' ? `Must match ${pattern}.` : `Must match ${pattern}. ${meaning}.`
}

const requiredSentence = (error: ErrorObject): string => {
  const name = textParam(error, 'missingProperty')
  const meaning = meaningOf(propertyOf(error.parentSchema, name))
  return `"${name}" is required: add it.${meaning === '' ? '' : ` ${meaning}.`}`
}

const bound: Readonly<Record<string, string>> = {
  '>=': 'at least',
  '<=': 'at most',
  '>': 'more than',
  '<': 'less than',
}

/** `"at_once"`, `{"noReceiptWithin": …}`: a form as a caller would write it; undefined where it takes more words. */
const formOf = (schema: unknown): string | undefined => {
  if (typeof schema !== 'object' || schema === null) return undefined
  if ('const' in schema) return JSON.stringify(schema.const)
  const names = propertiesOf(schema)
  return names.length === 0 ? undefined : `{${names.map((name) => `"${name}": …`).join(', ')}}`
}

/** Where some forms are words, all are listed. */
const formsSentence = ({ parentSchema }: ErrorObject): string | undefined => {
  const anyOf: unknown = parentSchema?.['anyOf']
  if (!Array.isArray(anyOf)) return undefined
  const forms = anyOf.map(formOf)
  const hasWord = forms.some((form) => form?.startsWith('"') === true)
  return hasWord && !forms.includes(undefined) ? `Must be one of ${forms.join(', ')}.` : undefined
}

/** The sentence for each keyword of JSON Schema that our schemas use. */
const sentences: Readonly<Record<string, (error: ErrorObject) => string>> = {
  additionalProperties: unknownField,
  required: requiredSentence,
  type: typeSentence,
  enum: (error) => `Must be one of ${listParam(error, 'allowedValues')}.`,
  const: (error) => `Must be ${listParam(error, 'allowedValue')}.`,
  minLength: (error) => `Must have at least ${textParam(error, 'limit')} characters.`,
  maxLength: (error) => `Must have at most ${textParam(error, 'limit')} characters.`,
  minItems: (error) => `Must have at least ${textParam(error, 'limit')} items.`,
  maxItems: (error) => `Must have at most ${textParam(error, 'limit')} items.`,
  minProperties: (error) => `Must have at least ${textParam(error, 'limit')} fields.`,
  maxProperties: (error) => `Must have at most ${textParam(error, 'limit')} fields.`,
  uniqueItems: () => 'Must not have the same item twice.',
  pattern: patternSentence,
  format: (error) => `Must be a valid ${textParam(error, 'format')}.`,
  multipleOf: (error) => `Must be a multiple of ${textParam(error, 'multipleOf')}.`,
  anyOf: (error) =>
    formsSentence(error) ?? 'Has none of the forms that are allowed here: see the API document.',
  oneOf: () =>
    'Has none of the forms that are allowed here, or several at once: see the API document.',
}

const sentenceOf = (error: ErrorObject): string => {
  const comparison = bound[textParam(error, 'comparison')]
  if (comparison !== undefined) return `Must be ${comparison} ${textParam(error, 'limit')}.`
  return sentences[error.keyword]?.(error) ?? `Is not valid: ${error.message ?? error.keyword}.`
}

/** The field that is meant: the unknown or the missing one, not the object around it. */
const pathOf = (error: ErrorObject): string => {
  if (error.keyword === 'additionalProperties') {
    return `${error.instancePath}/${escapeToken(shorten(textParam(error, 'additionalProperty')))}`
  }
  if (error.keyword === 'required') {
    return `${error.instancePath}/${escapeToken(textParam(error, 'missingProperty'))}`
  }
  return error.instancePath
}

const pointerOf = (error: ErrorObject, part: HttpPart): string => {
  const path = pathOf(error)
  if (part === 'querystring') return `?${path.slice(1)}`
  return part === 'headers' ? `header ${path.slice(1)}` : path
}

const isUnion = (error: ErrorObject): boolean =>
  error.keyword === 'anyOf' || error.keyword === 'oneOf'

/** "#/properties/action/anyOf/2/required" below "#/properties/action/anyOf" -> "2". */
const branchOf = (error: ErrorObject, union: ErrorObject): string | undefined =>
  error.schemaPath.startsWith(`${union.schemaPath}/`)
    ? error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0]
    : undefined

/** Literals: all branches fail by `const` on the value itself, so the allowed values can be listed. */
const literalSentence = (below: readonly ErrorObject[], union: ErrorObject): string | undefined =>
  below.every((error) => error.keyword === 'const' && error.instancePath === union.instancePath)
    ? `Must be one of ${below.map((error) => listParam(error, 'allowedValue')).join(', ')}.`
    : undefined

/** All branches want another type of the value itself, such as a number or null: those types. */
const typesOf = (
  below: readonly ErrorObject[],
  union: ErrorObject,
): readonly string[] | undefined => {
  const isPlain = below.every(
    (error) => error.keyword === 'type' && error.instancePath === union.instancePath,
  )
  return isPlain ? [...new Set(below.map((error) => textParam(error, 'type')))] : undefined
}

/**
 * Of a union's branches the one that was meant: the only one whose errors are neither a wrong type of the whole value nor
 * a wrong literal (the `type` of an action, say). Undefined: can't be told.
 */
const meantBranch = (
  below: readonly ErrorObject[],
  union: ErrorObject,
): readonly ErrorObject[] | undefined => {
  const branches = Map.groupBy(below, (error) => branchOf(error, union) ?? '')
  const possible = [...branches.values()].filter((errors) =>
    errors.every(
      (error) =>
        error.keyword !== 'const' &&
        !(error.keyword === 'type' && error.instancePath === union.instancePath),
    ),
  )
  return possible.length === 1 ? possible[0] : undefined
}

/** Replaces the errors of all branches of one union by those that help. */
const resolveUnion = (
  errors: readonly ErrorObject[],
  union: ErrorObject,
): readonly ErrorObject[] => {
  const below = errors.filter((error) => branchOf(error, union) !== undefined)
  const others = errors.filter((error) => error !== union && branchOf(error, union) === undefined)
  const literal = below.length === 0 ? undefined : literalSentence(below, union)
  if (literal !== undefined) {
    const allowedValues = below.flatMap((error): unknown[] => [error.params['allowedValue']])
    return [...others, { ...union, keyword: 'enum', params: { allowedValues } }]
  }
  const types = below.length === 0 ? undefined : typesOf(below, union)
  if (types !== undefined)
    return [...others, { ...union, keyword: 'type', params: { type: types } }]
  return [...others, ...(meantBranch(below, union) ?? [union])]
}

/** Unions inside of unions end before those around them, so going through them in order resolves inner ones first. */
const resolveUnions = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  let left = errors
  for (const union of errors.filter(isUnion)) {
    if (left.includes(union)) left = resolveUnion(left, union)
  }
  return left
}

/** At most 50 field errors, one for each field and sentence. `present` false: there was no body at all. */
export const fieldErrors = (
  errors: readonly ErrorObject[],
  { part, present }: { readonly part: HttpPart; readonly present: boolean },
): readonly FieldError[] => {
  if (!present) return [{ pointer: '', detail: 'The body is missing: send a JSON document.' }]
  const all = resolveUnions(errors.slice(0, 4 * mostErrors)).map((error) => ({
    pointer: pointerOf(error, part),
    detail: sentenceOf(error),
  }))
  const distinct = new Map(all.map((error) => [`${error.pointer} ${error.detail}`, error]))
  return [...distinct.values()].slice(0, mostErrors)
}
