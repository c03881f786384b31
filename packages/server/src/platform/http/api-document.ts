/**
 * The API document: OpenAPI 3.1 at `/api/v1/openapi.json`, generated from the routes' schemas and `config.auth`, and
 * browsable at `/api/docs`. Nothing about single routes is said here.
 */
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifySchema, RouteOptions } from 'fastify'
import { errorTable } from '@carillon/domain/errors'
import { rateLimits, type RateLimitKind } from '../rate-limit/request-limits.ts'
import type { HttpServer } from './fastify-types.ts'
import type { RouteAuth } from './principal.ts'
import { problemMediaType, problemSchema } from './problem.ts'
import { docsPolicy } from './security-headers.ts'

export const apiDocumentPath = '/api/v1/openapi.json'
const docsPath = '/api/docs'

/**
 * The pages of the API browser: the plugin registers them and can't be given a `config.auth`. Public like the document
 * itself: both describe the program, not the data in it.
 */
export const isDocsRoute = (url: string): boolean =>
  url === docsPath || url.startsWith(`${docsPath}/`)

const securityOf = (auth: RouteAuth | undefined): Record<string, string[]>[] => {
  if (auth === undefined || 'public' in auth) return []
  return 'session' in auth ? [{ session: [] }] : [{ apiKey: [] }, { session: [] }]
}

const needs = (auth: RouteAuth | undefined): string => {
  if (auth === undefined || 'public' in auth) return ''
  if ('platform' in auth) return 'Needs a platform admin.'
  if ('session' in auth) return 'Needs a person who is signed in.'
  const own = auth.own === true ? ' Members come in without it and see their own only.' : ''
  if (auth.also === undefined) return `Needs the scope \`${auth.scope}\`.${own}`
  const all = [auth.scope, ...auth.also].map((scope) => `\`${scope}\``)
  return `Needs the scopes ${all.slice(0, -1).join(', ')} and ${all.at(-1)}.${own}`
}

const limitOf = (kind: RateLimitKind | undefined): string =>
  kind === undefined
    ? ''
    : `At most ${rateLimits[kind].standard} requests a minute ${limitedBy[kind]}; a tenant may have other numbers. More are a 429 with Retry-After.`

const limitedBy: Readonly<Record<RateLimitKind, string>> = {
  subscriptions: 'of a session or key, on subscriptions and registrations together',
  trigger: 'for a subscription',
  events: 'of a caller',
  hooks: 'for an integration, which are authentic',
}

/** "GET /api/v1/rules/:id" -> "getRulesById": stable names for generated clients. */
export const operationIdOf = (method: string, url: string): string => {
  const words = url
    .replace(/^\/api\/v1\//, '/')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (part.startsWith(':') ? `by-${part.slice(1)}` : part))
    .flatMap((part) => part.split(/[^A-Za-z\d]+/))
    .filter((word) => word !== '')
  return (
    method.toLowerCase() +
    words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  )
}

const methodOf = ({ method }: RouteOptions): string =>
  Array.isArray(method) ? (method[0] ?? '') : method

type TransformInput = {
  readonly schema: FastifySchema
  readonly url: string
  readonly route: RouteOptions
}

/** Adds to a route's schema what follows from its method, path and auth. */
const describeRoute = ({
  schema,
  url,
  route,
}: TransformInput): { schema: FastifySchema; url: string } => {
  const given: Readonly<Record<string, unknown>> = { ...schema }
  const { auth, rateLimit } = route.config ?? {}
  const description = [given['description'], needs(auth), limitOf(rateLimit)].filter(
    (text) => typeof text === 'string' && text !== '',
  )
  const described = {
    operationId: operationIdOf(methodOf(route), url),
    ...given,
    security: securityOf(auth),
    // Read by the test that holds every route to it, and by whoever draws up roles.
    'x-carillon-auth': auth,
    ...(rateLimit === undefined ? {} : { 'x-carillon-rate-limit': rateLimit }),
    ...(description.length === 0 ? {} : { description: description.join(' ') }),
  }
  return { schema: described, url }
}

const problemResponse = {
  description: `Any error: ${Object.keys(errorTable).join(', ')}.`,
  content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
}

/** Every operation may answer with a problem; said once as a shared response. */
const addProblems = (paths: object): void => {
  const values = (item: unknown): readonly unknown[] =>
    typeof item === 'object' && item !== null ? Object.values(item) : []
  for (const operation of values(paths).flatMap(values)) {
    const isOperation =
      typeof operation === 'object' && operation !== null && 'responses' in operation
    if (!isOperation || typeof operation.responses !== 'object') continue
    Object.assign(operation.responses ?? {}, {
      default: { $ref: '#/components/responses/Problem' },
    })
  }
}

type Options = { readonly version: string; readonly publicUrl?: string | undefined }

/** Registers the document and its browser. Must come before the routes that it is to describe. */
export const addApiDocument = async (
  server: HttpServer,
  { version, publicUrl }: Options,
): Promise<void> => {
  await server.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Carillon',
        version,
        description:
          'Notifications with proof. Send `Authorization: Bearer <api key>`; a platform-admin key names its tenant with the header `Carillon-Tenant`.',
      },
      ...(publicUrl === undefined ? {} : { servers: [{ url: publicUrl }] }),
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer' },
          // Under https its name begins with __Host-.
          session: { type: 'apiKey', in: 'cookie', name: 'carillon.session_token' },
        },
        // TypeBox schemas are JSON Schema; swagger's types want OpenAPI 3.0's own names for the same thing.
        schemas: { Problem: problemSchema as object },
        responses: { Problem: problemResponse },
      },
    },
    transform: describeRoute,
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      addProblems(document.openapiObject.paths ?? {})
      return document.openapiObject
    },
  })
  server.get(apiDocumentPath, { config: { auth: { public: true } }, schema: { hide: true } }, () =>
    server.swagger(),
  )
  await server.register(fastifySwaggerUi, {
    routePrefix: docsPath,
    staticCSP: docsPolicy,
    // Without it the page asks a public service to validate the document.
    uiConfig: { validatorUrl: null, deepLinking: true, persistAuthorization: false },
  })
}
