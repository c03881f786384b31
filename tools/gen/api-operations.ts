/** The operations of the API document, each with the place and name that it has in the client. */
import { isReadable, textOf, type Readable } from './json-schema-type.ts'

export type Operation = {
  readonly method: string
  /** With `{name}` for parameters. */
  readonly path: string
  readonly summary: string
  readonly description: string
  /** `rules`, `auditLog`; undefined: a method of the client itself. */
  readonly resource: string
  readonly name: string
  readonly pathParameters: readonly string[]
  /** JSON Schema of the query, undefined when it takes none. */
  readonly query: Readable | undefined
  readonly body: Readable | undefined
  readonly isBodyRequired: boolean
  /** The body may be a file. */
  readonly takesFile: boolean
  readonly answer: Readable | undefined
  /** It answers with `{items, nextCursor}`. */
  readonly isPage: boolean
  /** The answer is no JSON: the client hands out the response as it is. */
  readonly isStream: boolean
}

const verbs = ['get', 'post', 'put', 'patch', 'delete'] as const

const camel = (words: readonly string[]): string =>
  words
    .flatMap((word) => word.split(/[^A-Za-z\d]+/))
    .filter((word) => word !== '')
    .map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('')

const isParameter = (part: string): boolean => part.startsWith('{')

/** Hooks are called by providers, the callback by a browser that comes back from one: neither is for a client. */
const isForClients = (path: string): boolean =>
  (path.startsWith('/api/v1/') && !path.startsWith('/api/v1/hooks/')) ||
  (path.startsWith('/api/auth/') && !path.startsWith('/api/auth/callback/'))

/**
 * Every operation below /api/v1, and those of signing in as the resource `auth`, in the document's order. Throws when two
 * of them would have the same name.
 */
export const operationsOf = (document: Readable): readonly Operation[] => {
  const paths = isReadable(document['paths']) ? document['paths'] : {}
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    isForClients(path) && isReadable(item)
      ? verbs.flatMap((method) => {
          const operation = item[method]
          return isReadable(operation) ? [readOperation(method, path, operation)] : []
        })
      : [],
  )
  const named = operations.map((operation) => withOwnName(operation, operations))
  const seen = new Map<string, string>()
  for (const { resource, name, method, path } of named) {
    const key = `${resource}.${name}`
    const other = seen.get(key)
    if (other !== undefined) throw new Error(`${method} ${path} and ${other} are both ${key}`)
    seen.set(key, `${method} ${path}`)
  }
  return named
}

/** Reading what can also be posted is `getDaily` beside `daily`; a list of all beside one's own is `listAllLog` beside `listLog`. */
const withOwnName = (operation: Operation, all: readonly Operation[]): Operation => {
  const { method, resource, name, pathParameters, isPage } = operation
  if (method !== 'GET') return operation
  const twins = all.filter(
    (other) => other !== operation && other.resource === resource && other.name === name,
  )
  if (twins.some((twin) => twin.method === 'POST')) {
    return { ...operation, name: camel(['get', name]) }
  }
  const isOfAll = isPage && pathParameters.length === 0
  return twins.length > 0 && isOfAll
    ? { ...operation, name: name.replace(/^list/, 'listAll') }
    : operation
}

const readOperation = (method: string, path: string, operation: Readable): Operation => {
  const parts = path.replace(/^\/api\/(?:v1\/)?/, '').split('/')
  const answer = answerOf(operation)
  const isPage = isReadable(answer?.schema?.['properties'])
    ? 'nextCursor' in answer.schema['properties']
    : false
  const body = contentOf(operation['requestBody'])
  return {
    method: method.toUpperCase(),
    path,
    summary: textOf(operation['summary']),
    description: textOf(operation['description']),
    resource: camel([parts[0] ?? '']),
    name: nameOf(method, parts, isPage),
    pathParameters: parts.filter(isParameter).map((part) => part.slice(1, -1)),
    query: queryOf(operation),
    body: body?.schema,
    isBodyRequired: isReadable(operation['requestBody'])
      ? operation['requestBody']['required'] === true
      : false,
    takesFile: takesFile(operation['requestBody']),
    answer: answer?.schema,
    isPage,
    isStream:
      answer !== undefined && !answer.type.includes('json')
        ? true
        : answer?.type.includes('ndjson') === true,
  }
}

const plainNames: Readonly<Record<string, readonly [string, string]>> = {
  // method: [on the collection, on one]
  get: ['list', 'get'],
  post: ['create', 'run'],
  put: ['replace', 'replace'],
  patch: ['update', 'update'],
  delete: ['deleteAll', 'delete'],
}

/** `rules.list`, `rules.get`, `integrations.circuitClose`, `subscriptions.listRegistrations`, `trigger.run`. */
const nameOf = (method: string, parts: readonly string[], isPage: boolean): string => {
  const tail = parts.slice(1).filter((part) => !isParameter(part))
  const endsWithParameter = isParameter(parts.at(-1) ?? '')
  const [ofCollection = method, ofOne = method] = plainNames[method] ?? []
  if (tail.length === 0) {
    if (method === 'get' && parts.length === 1 && !isPage) return 'get'
    return parts.length === 1 ? ofCollection : ofOne
  }
  if (method === 'post' && !endsWithParameter) return camel(tail)
  if (method === 'get') {
    if (isPage) return camel(['list', ...tail])
    return parts.some(isParameter) ? camel(['get', ...tail]) : camel(tail)
  }
  if (tail.at(-1) === 'unsubscribe') return 'unsubscribe'
  return camel([endsWithParameter ? ofOne : ofCollection, ...tail])
}

const contentOf = (
  holder: unknown,
): { readonly type: string; readonly schema: Readable } | undefined => {
  const content = isReadable(holder) ? holder['content'] : undefined
  if (!isReadable(content)) return undefined
  const [first] = Object.entries(content)
  if (first === undefined) return undefined
  const [type, value] = first
  const schema = isReadable(value) && isReadable(value['schema']) ? value['schema'] : {}
  return { type, schema }
}

const takesFile = (body: unknown): boolean => {
  const content = isReadable(body) ? body['content'] : undefined
  return isReadable(content) && 'text/csv' in content
}

/** What success looks like; where several codes have different answers (a dry run and the real thing), one of them. */
const answerOf = (operation: Readable) => {
  const responses = isReadable(operation['responses']) ? operation['responses'] : {}
  const answers = Object.entries(responses).flatMap(([code, response]) => {
    const content = /^2\d\d$/.test(code) ? contentOf(response) : undefined
    return content === undefined ? [] : [content]
  })
  const [first] = answers
  const different = [...new Map(answers.map((one) => [JSON.stringify(one.schema), one])).values()]
  if (first === undefined || different.length === 1) return first
  return { type: first.type, schema: { anyOf: different.map(({ schema }) => schema) } }
}

const queryOf = (operation: Readable): Readable | undefined => {
  const all: readonly unknown[] = Array.isArray(operation['parameters'])
    ? operation['parameters']
    : []
  const query = all.filter(isReadable).filter((parameter) => parameter['in'] === 'query')
  if (query.length === 0) return undefined
  const described = query.map((parameter) => [
    textOf(parameter['name']),
    {
      ...(isReadable(parameter['schema']) ? parameter['schema'] : {}),
      ...(parameter['description'] === undefined ? {} : { description: parameter['description'] }),
    },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(described),
    required: query.filter(({ required }) => required === true).map(({ name }) => textOf(name)),
  }
}
