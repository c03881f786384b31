/**
 * Contract tests against the vendors' own API documents (OpenAPI 3.x and Swagger 2.0) in the folder shared/openapi beside
 * the repository: is this request one that the document allows? Not a mock server, and never a part of the product.
 *
 * How a connector's test uses it (see telegram.test.ts):
 *
 *     const document = vendorDocument('resend_emails.json')
 *
 *     describe.skipIf(!document.isThere)(`requests against Resend’s document${document.leftOut}`, () => {
 *       test.each(connector.examples)('$name', async (example) => {
 *         for (const request of await exampleRequests(connector, example)) {
 *           expect(document.problems(request)).toEqual([])
 *         }
 *       })
 *     })
 *
 * What it looks at: method and path (found among the operations; the host may be another one, for `baseUrl`), path, query
 * and header parameters, the security schemes, the content type, and the body with ajv. JSON and
 * application/x-www-form-urlencoded bodies are read; in a form, texts count as the numbers and booleans that the document
 * asks for. Members that the document does not name are problems, at every depth: most documents allow any other member,
 * and a misspelt one would pass.
 *
 * A document is not always right. Say where it is not, with the reason in a comment, through the options:
 *
 *     vendorDocument('meta.json', {
 *       amendments: { '/components/schemas/TextMessage/allOf/1/additionalProperties': true },  // undefined takes away
 *       alsoNamed: ['/biz_opaque_callback_data'],  // members that the vendor takes and the document forgets
 *       jsonForForm: true,                         // an operation described as a form that takes JSON too (Slack)
 *     })
 *
 * Without the folder `isThere` is false, and `leftOut` says so in the name of what is skipped.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { HttpRequest } from '@carillon/connectors/http-port'
import { amended, isJsonObject, valueAtPointer, type JsonObject } from './json-pointer.ts'
import { memberSchema, unnamedMembers } from './unnamed-members.ts'
import {
  bodySchemaOf,
  findOperation,
  parametersOf,
  securityProblems,
  type Operation,
} from './vendor-operation.ts'

export type VendorDocumentOptions = {
  /** Other values for places of the document, by JSON pointer; undefined takes the member away. */
  readonly amendments?: Readonly<Record<string, unknown>>
  /** Pointers into the body of members that the document does not name and the vendor takes. */
  readonly alsoNamed?: readonly string[]
  /** Operations that are described as forms may be called with JSON. */
  readonly jsonForForm?: boolean
}

export type VendorDocument = {
  /** False: the folder with the documents is not there. */
  readonly isThere: boolean
  /** For the end of the title: empty, or says in parentheses that the document is missing. */
  readonly leftOut: string
  /** Everything in the request that the document does not allow; empty: it fits. */
  readonly problems: (request: HttpRequest) => readonly string[]
  /** Does a value fit the schema at this pointer of the document? For bodies of callbacks and answers. */
  readonly valueProblems: (pointer: string, value: unknown) => readonly string[]
}

const folder = resolve(import.meta.dirname, '../../../../shared/openapi')

/** Opens `shared/openapi/<file>`. Throws for an amendment of a place that is not in the document. */
export const vendorDocument = (
  file: string,
  options: VendorDocumentOptions = {},
): VendorDocument => {
  const path = resolve(folder, file)
  return existsSync(path)
    ? readDocument(JSON.parse(readFileSync(path, 'utf8')), options)
    : { ...readDocument({}), isThere: false, leftOut: ' (LEFT OUT: shared/openapi is missing)' }
}

/** The same for a document that was parsed already. */
export const readDocument = (
  original: unknown,
  options: VendorDocumentOptions = {},
): VendorDocument => {
  const document = amended(original, options.amendments ?? {})
  const validate = validatorOf(document)
  return {
    isThere: true,
    leftOut: '',
    problems: (request) => requestProblems(document, request, { ...options, validate }),
    valueProblems: (pointer, value) => [
      ...validate({ $ref: `#${pointer}` }, value),
      ...unnamedMembers(document, valueAtPointer(document, pointer), value).map(unnamed),
    ],
  }
}

type Validate = (schema: JsonObject, value: unknown) => readonly string[]
type Checking = VendorDocumentOptions & { readonly validate: Validate }

/** One validator of each kind for the whole document: compiled schemas are kept. Formats that ajv does not know pass. */
const validatorOf = (document: unknown): Validate => {
  const version = isJsonObject(document) ? document['openapi'] : undefined
  const Kind = typeof version === 'string' && version.startsWith('3.1') ? Ajv2020 : Ajv
  const ajv = new Kind({ strict: false, allErrors: true, logger: false, coerceTypes: false })
  ajv.addFormat('uuid', /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i)
  ajv.addFormat('uri', (text: string) => URL.canParse(text))
  ajv.addFormat('email', /^[^@\s]+@[^@\s]+$/)
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  if (isJsonObject(document)) ajv.addSchema(document, 'vendor')
  return (schema, value) => {
    ajv.validate(absolute(schema), value)
    return (ajv.errors ?? []).map(sentence)
  }
}

/** References inside a schema that was taken out of the document point into the document. */
const absolute = (schema: JsonObject): JsonObject => {
  const text = JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"vendor#')
  const copy: unknown = JSON.parse(text)
  return isJsonObject(copy) ? copy : {}
}

const sentence = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath === '' ? 'the value' : instancePath} ${message ?? ''} ${JSON.stringify(params)}`

const unnamed = (pointer: string): string => `${pointer} is not named in the document`

const requestProblems = (
  document: unknown,
  request: HttpRequest,
  checking: Checking,
): readonly string[] => {
  const url = new URL(request.url)
  const operation = findOperation(document, request.method, url)
  if (operation === undefined) return [`no operation ${request.method} ${url.pathname}`]
  return [
    ...parameterProblems(document, operation, { request, url, checking }),
    ...securityProblems(document, operation, { headers: request.headers ?? {}, url }),
    ...bodyProblems(document, operation, { request, checking }),
  ]
}

const parameterProblems = (
  document: unknown,
  operation: Operation,
  given: { readonly request: HttpRequest; readonly url: URL; readonly checking: Checking },
): readonly string[] => {
  const { headers = {} } = given.request
  const parameters = parametersOf(document, operation)
  const values = {
    path: operation.pathValues,
    query: Object.fromEntries(given.url.searchParams),
    header: Object.fromEntries(Object.entries(headers)),
  }
  const named = new Set(parameters.filter((each) => each.in === 'query').map(({ name }) => name))
  const strangers = Object.keys(values.query)
    .filter((name) => !named.has(name))
    .map((name) => `the query parameter ${name} is not named in the document`)
  const wrong = parameters.flatMap((parameter) => {
    const value = values[parameter.in][keyOf(parameter)]
    if (value === undefined) {
      return parameter.required
        ? [`the ${parameter.in} parameter ${parameter.name} is missing`]
        : []
    }
    return given.checking
      .validate(parameter.schema, asAsked(document, parameter.schema, value))
      .map((problem) => `${parameter.in} parameter ${parameter.name}: ${problem}`)
  })
  return [...strangers, ...wrong]
}

const keyOf = (parameter: { readonly in: string; readonly name: string }): string =>
  parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name

const bodyProblems = (
  document: unknown,
  operation: Operation,
  { request, checking }: { readonly request: HttpRequest; readonly checking: Checking },
): readonly string[] => {
  const type = (request.headers?.['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const found = bodySchemaOf(document, operation, type, checking.jsonForForm === true)
  if (!found.ok) return [found.problem]
  const { schema } = found
  if (schema === undefined) {
    return (request.body ?? '').length === 0 ? [] : ['the operation takes no body']
  }
  const value = readBody(document, request, { type, schema })
  if (value === undefined) return ['the body can not be read as its content type']
  const also = new Set(checking.alsoNamed)
  return [
    ...checking.validate(schema, value).map((problem) => `body: ${problem}`),
    ...unnamedMembers(document, schema, value)
      .filter((pointer) => !also.has(pointer))
      .map((pointer) => `body: ${unnamed(pointer)}`),
  ]
}

type Reading = { readonly type: string; readonly schema: JsonObject }

const readBody = (document: unknown, { body = '' }: HttpRequest, reading: Reading): unknown => {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString()
  if (reading.type !== 'application/x-www-form-urlencoded') {
    try {
      return JSON.parse(text) as unknown
    } catch (error) {
      if (error instanceof SyntaxError) return undefined
      throw error
    }
  }
  const form = new URLSearchParams(text)
  const fields = [...new Set(form.keys())].map((name): readonly [string, unknown] => {
    const values = form.getAll(name)
    const value = values.length === 1 ? values[0] : values
    return [name, asAsked(document, memberSchema(document, reading.schema, name), value)]
  })
  return Object.fromEntries(fields)
}

/** A text of a form or a URL as the type that the document asks for; what it can't be stays a text, and is found then. */
const asAsked = (document: unknown, schema: unknown, value: unknown): unknown => {
  const { $ref: reference } = isJsonObject(schema) ? schema : {}
  const target = typeof reference === 'string' ? valueAtPointer(document, reference) : schema
  const type = isJsonObject(target) ? target['type'] : undefined
  if (type === 'array') return Array.isArray(value) ? value : [value]
  if (typeof value !== 'string') return value
  if (type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true'
  const isNumber = type === 'integer' || type === 'number'
  return isNumber && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}
