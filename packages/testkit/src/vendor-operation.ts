/**
 * Reads operations out of OpenAPI 3.x and Swagger 2.0 documents in one shape: parameters, body schema, security. Says
 * nothing about values: `vendor-document.ts` does.
 */
import { isJsonObject, valueAtPointer, type JsonObject } from './json-pointer.ts'

export type Operation = {
  readonly operation: JsonObject
  readonly pathItem: JsonObject
  /** What stands in the place of the path's parameters, percent-decoded. */
  readonly pathValues: Readonly<Record<string, string>>
}

export type Parameter = {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly required: boolean
  readonly schema: JsonObject
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {})

const deref = (document: unknown, value: unknown): JsonObject => {
  const object = objectOf(value)
  const reference = object['$ref']
  return typeof reference === 'string' ? objectOf(valueAtPointer(document, reference)) : object
}

/**
 * The operation with this method whose path the URL ends with. In front of it may stand the path of one of the document's
 * servers; any other prefix only when the host is not one of theirs (a gateway of one's own).
 */
export const findOperation = (
  document: unknown,
  method: string,
  url: URL,
): Operation | undefined => {
  const bases = basesOf(objectOf(document))
  const isVendors = bases.some(({ host }) => host === url.host)
  const paths = Object.entries(objectOf(objectOf(document)['paths']))
  // A parameter is first one segment; then several (Google's `{parent}`).
  const kinds = ['([^/]+)', '(.+)']
  for (const kind of kinds) {
    for (const [template, item] of paths) {
      const pathItem = objectOf(item)
      const operation = pathItem[method.toLowerCase()]
      if (!isJsonObject(operation)) continue
      for (const { path } of bases) {
        const start = isVendors ? '^' : '^(?:/.*)?'
        const pattern = new RegExp(`${start}${patternOf(`${path}${template}`, kind)}$`)
        const match = pattern.exec(url.pathname)
        if (match !== null) {
          return { operation, pathItem, pathValues: valuesOf(template, match.slice(1)) }
        }
      }
    }
  }
  return undefined
}

type Base = { readonly host: string; readonly path: string }

const basesOf = (document: JsonObject): readonly Base[] => {
  if (document['swagger'] !== undefined) {
    return [{ host: textOf(document['host']), path: withoutSlash(textOf(document['basePath'])) }]
  }
  const servers = listOf(document['servers']).flatMap((server) => {
    const url = textOf(objectOf(server)['url']).replace(/^\/\//, 'https://')
    if (!URL.canParse(url)) return []
    const { host, pathname } = new URL(url)
    return [{ host, path: withoutSlash(pathname) }]
  })
  return servers.length === 0 ? [{ host: '', path: '' }] : servers
}

const withoutSlash = (path: string): string => path.replace(/\/$/, '')

const patternOf = (template: string, parameter: string): string =>
  template
    .split(/\{[^}]*\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join(parameter)

const valuesOf = (template: string, found: readonly string[]): Readonly<Record<string, string>> => {
  const names = [...template.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? '')
  return Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at] ?? '')]))
}

/** Path, query and header parameters of the operation and its path. Bodies of Swagger 2.0 are not among them. */
export const parametersOf = (
  document: unknown,
  { operation, pathItem }: Operation,
): readonly Parameter[] =>
  [...listOf(pathItem['parameters']), ...listOf(operation['parameters'])].flatMap((each) => {
    const parameter = deref(document, each)
    const place = parameter['in']
    if (place !== 'path' && place !== 'query' && place !== 'header') return []
    const name = textOf(parameter['name'])
    const required = parameter['required'] === true
    return [{ in: place, name, required, schema: schemaOfParameter(parameter) }]
  })

/** Swagger 2.0 writes the schema's keywords into the parameter, where `required` means something else. */
const schemaOfParameter = (parameter: JsonObject): JsonObject => {
  const { schema } = parameter
  if (isJsonObject(schema)) return schema
  const { in: _in, name: _name, required: _required, ...keywords } = parameter
  return keywords
}

export type BodySchema =
  | { readonly ok: true; readonly schema: JsonObject | undefined }
  | { readonly ok: false; readonly problem: string }

const formType = 'application/x-www-form-urlencoded'

/** The schema of the body with this content type; undefined when the operation takes none. */
export const bodySchemaOf = (
  document: unknown,
  operation: Operation,
  type: string,
  jsonForForm: boolean,
): BodySchema => {
  const { requestBody } = operation.operation
  if (requestBody !== undefined) {
    const content = objectOf(deref(document, requestBody)['content'])
    const media = content[type] ?? (jsonForForm ? content[formType] : undefined)
    return isJsonObject(media)
      ? { ok: true, schema: objectOf(media['schema']) }
      : refused(type, Object.keys(content))
  }
  return swaggerBody(document, operation, type, jsonForForm)
}

const refused = (type: string, taken: readonly string[]): BodySchema => ({
  ok: false,
  problem: `the content type ${type || 'is missing'}: the document takes ${taken.join(', ')}`,
})

const swaggerBody = (
  document: unknown,
  { operation, pathItem }: Operation,
  type: string,
  jsonForForm: boolean,
): BodySchema => {
  const all = [...listOf(pathItem['parameters']), ...listOf(operation['parameters'])]
  const parameters = all.map((each) => deref(document, each))
  const body = parameters.find((parameter) => parameter['in'] === 'body')
  const fields = parameters.filter((parameter) => parameter['in'] === 'formData')
  if (body === undefined && fields.length === 0) return { ok: true, schema: undefined }
  const given = [operation['consumes'], objectOf(document)['consumes']].flatMap(listOf).map(textOf)
  const usual = body === undefined ? formType : 'application/json'
  const taken = given.length === 0 ? [usual] : given
  const isTaken = taken.includes(type) || (jsonForForm && type === 'application/json')
  if (!isTaken) return refused(type, taken)
  return { ok: true, schema: body === undefined ? formSchema(fields) : objectOf(body['schema']) }
}

const formSchema = (fields: readonly JsonObject[]): JsonObject => ({
  type: 'object',
  properties: Object.fromEntries(
    fields.map((field) => [textOf(field['name']), schemaOfParameter(field)]),
  ),
  required: fields
    .filter((field) => field['required'] === true)
    .map((field) => textOf(field['name'])),
})

type Sent = { readonly headers: Readonly<Record<string, string>>; readonly url: URL }

/** Is one of the operation's security requirements met? Looks at the places of the credentials, not at their values. */
export const securityProblems = (
  document: unknown,
  { operation }: Operation,
  sent: Sent,
): readonly string[] => {
  const requirements = listOf(operation['security'] ?? objectOf(document)['security'])
  if (requirements.length === 0) return []
  const schemes =
    valueAtPointer(document, '/components/securitySchemes') ??
    valueAtPointer(document, '/securityDefinitions')
  const isMet = requirements.some((requirement) =>
    Object.keys(objectOf(requirement)).every((name) =>
      isPresent(objectOf(objectOf(schemes)[name]), sent),
    ),
  )
  return isMet ? [] : [`no credentials as in ${JSON.stringify(requirements)}`]
}

const isPresent = (scheme: JsonObject, { headers, url }: Sent): boolean => {
  const name = textOf(scheme['name'])
  if (scheme['type'] === 'apiKey') {
    return scheme['in'] === 'query' ? url.searchParams.has(name) : name.toLowerCase() in headers
  }
  const isBasic = scheme['type'] === 'basic' || textOf(scheme['scheme']).toLowerCase() === 'basic'
  return (headers['authorization'] ?? '').startsWith(isBasic ? 'Basic ' : 'Bearer ')
}
