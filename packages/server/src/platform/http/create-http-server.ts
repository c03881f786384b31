/**
 * The HTTP edge: a Fastify instance on which features register routes. It reads and checks requests, demands
 * authentication, turns everything thrown into problem documents, and serves health, metrics and the API document. It
 * knows no feature and no SQL.
 */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify'
import { appError, type AppError } from '@carillon/domain/errors'
import { printId } from '@carillon/domain/ids'
import { asActor } from '../actor.ts'
import type { IdGenerator } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { LimitRate } from '../rate-limit/request-limits.ts'
import { createMethodTable, type MethodTable } from './allowed-methods.ts'
import { addApiDocument, isDocsRoute } from './api-document.ts'
import { createAnswerSerializer } from './answer-serializer.ts'
import { addBodyDeadline } from './body-deadline.ts'
import type { HttpServer } from './fastify-types.ts'
import { addHealthRoutes, type ReadinessCheck } from './health-routes.ts'
import { acceptJsonBodies } from './json-body.ts'
import { authorize, routeAuthError, type Authenticate } from './principal.ts'
import { problemMediaType, toAnswer } from './problem.ts'
import { type CompileTime, closeSchema, createRequestCompiler } from './request-schema.ts'
import { securityHeaders, strictTransport } from './security-headers.ts'

/** Enough for 1,000 events of ordinary size; a route that needs more says so with `bodyLimit`. */
export const defaultBodyLimit = 1_048_576
/** A body that is still not complete by then comes from a slow-loris, not from a slow line. */
const bodyWithinMs = 120_000
/** The same for the routes that read large files as they come in, and for Node itself. */
const requestWithinMs = 3_600_000
/** Our ids have 30 characters; subscription ids and e-mail addresses in paths need more. */
const longestPathPart = 400
const retryWhileStoppingSeconds = 5

type Options = {
  readonly log: Log
  readonly metrics: Metrics
  readonly newId: IdGenerator
  /** Of the program, for the API document. */
  readonly version: string
  readonly authenticate: Authenticate
  /** Called for routes with `config.rateLimit`; absent: nothing is limited. */
  readonly limitRate?: LimitRate
  readonly readiness: readonly ReadinessCheck[]
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[]
  /** Where others reach us; https makes browsers insist on it. */
  readonly publicUrl?: string | undefined
  /** Turns errors of libraries (the database is away: `unavailable`) into ours. */
  readonly translateError?: (error: unknown) => AppError | undefined
  /** Default: at once. At first use a schema that can't be used is not found by `server.ready()`. */
  readonly compileTime?: CompileTime
}

export type HttpEdge = {
  readonly server: HttpServer
  /** From now on every request but the health probes gets 503 with Retry-After. Call it before `server.close()`. */
  readonly drain: () => void
}

/** `schema`, closed: unknown fields are refused in bodies and, on routes with auth, also in the query. */
const closeRequestSchemas = (route: RouteOptions): void => {
  const { body, querystring, ...rest } = { ...route.schema }
  const isPublic = route.config?.auth !== undefined && 'public' in route.config.auth
  const query = querystring ?? (isPublic ? undefined : { type: 'object', properties: {} })
  // Assigning is how Fastify's onRoute hook changes a route.
  Object.assign(route, {
    schema: {
      ...rest,
      ...(body === undefined ? {} : { body: closeSchema(body) }),
      ...(query === undefined ? {} : { querystring: closeSchema(query) }),
    },
  })
}

/** Refuses at registration what must not run: a route without `config.auth`, a schema that can't be closed. */
const checkRoute = (route: RouteOptions): void => {
  if (isDocsRoute(route.url)) {
    Object.assign(route, { config: { ...route.config, auth: { public: true } } })
  }
  const error = routeAuthError(route.config?.auth)
  if (error !== undefined) throw new Error(`route ${String(route.method)} ${route.url} ${error}`)
  try {
    closeRequestSchemas(route)
  } catch (cause) {
    throw new Error(`route ${String(route.method)} ${route.url} has a schema that can't be used`, {
      cause,
    })
  }
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? ''

/** A NUL in the query ends as an error of Postgres; in the path there can't be anything. */
const refuseNul = (request: FastifyRequest): void => {
  if (!request.url.includes('%00')) return
  if (pathOf(request).includes('%00')) {
    throw appError('not_found', { detail: 'There is nothing under this path.' })
  }
  const parameters = request.url.slice(request.url.indexOf('?') + 1).split('&')
  const name = parameters.find((parameter) => parameter.includes('%00'))?.split('=', 1)[0] ?? ''
  const detail = 'Contains a NUL character (%00): remove it.'
  throw appError('validation_failed', {
    detail,
    errors: [{ pointer: `?${name.slice(0, 100)}`, detail }],
  })
}

const stopping = (): AppError =>
  appError('unavailable', {
    detail: 'The server is stopping.',
    retryAfterSeconds: retryWhileStoppingSeconds,
  })

const addHooks = (server: HttpServer, options: Options, isDraining: () => boolean): void => {
  const { authenticate, metrics, publicUrl } = options
  const headers = {
    ...securityHeaders,
    ...(publicUrl?.startsWith('https:') === true ? strictTransport : {}),
  }
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    if (isDraining() && !request.url.startsWith('/health/')) throw stopping()
    refuseNul(request)
    if (request.is404) return
    const { auth, rateLimit } = request.routeOptions.config
    // Every route was checked when it was registered; should one slip through all the same, it stays shut.
    if (auth === undefined) throw new Error('a route without config.auth was called')
    if ('public' in auth) return
    request.principal = await authenticate(request)
    authorize(request.principal, auth)
    // Hooks are public, and count for themselves.
    if (rateLimit !== undefined && rateLimit !== 'hooks')
      await options.limitRate?.(request, rateLimit)
  })
  // After the body is read: its events come from the socket and would lose what is carried along.
  server.addHook('preHandler', (request, _reply, done) => {
    if (request.principal === null) done()
    else asActor(request.principal.actor, done)
  })
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
    const labels = { method: request.method, route, status: reply.statusCode }
    metrics.httpRequestSeconds.observe(labels, reply.elapsedTime / 1_000)
    done()
  })
}

const sendProblem = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: Options,
): void => {
  const bodyLimit = request.routeOptions.bodyLimit ?? defaultBodyLimit
  const { translateError, log } = options
  const instance = printId('request', options.newId('request'))
  const answer = toAnswer(error, { instance, bodyLimit, translateError })
  const route = request.routeOptions.url
  if (answer.isFault) {
    log.error({ instance, method: request.method, route, err: error }, 'request failed')
  }
  // Fastify wants to close the connection after a body that it did not read to the end. A client that is still sending
  // would now and then see a reset instead of this answer; kept open, Node discards the rest (`body-deadline.ts` bounds it).
  reply.removeHeader('connection')
  void reply
    .code(answer.problem.status)
    .headers(answer.headers)
    .send(JSON.stringify(answer.problem))
}

const sendNotFound = (request: FastifyRequest, reply: FastifyReply, methods: MethodTable): void => {
  const path = pathOf(request)
  const allowed = methods.allowedFor(path)
  if (allowed.length === 0) {
    throw appError('not_found', { detail: 'There is no such path: /api/docs lists all.' })
  }
  reply.header('allow', allowed.join(', '))
  throw appError('method_not_allowed', { detail: `This path takes ${allowed.join(', ')}.` })
}

/** What Node's parser can't read never becomes a request: the answer is written to the socket by hand. */
const answerClientError = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status =
    { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400
  const title = STATUS_CODES[status] ?? ''
  const detail = 'The request is not valid HTTP, too slow, or its headers are too large.'
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    code: 'validation_failed',
    detail,
  })
  const head = `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}`
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`)
}

const createInstance = (options: Options): HttpServer => {
  const loggerInstance: FastifyBaseLogger = options.log
  const { trustedProxies = [] } = options
  return fastify({
    loggerInstance,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    // One log for all requests: a child for each costs more than the request, and we log by fields.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: defaultBodyLimit,
    requestTimeout: requestWithinMs,
    // The draining hook answers with a problem and Retry-After; Fastify's own 503 has neither.
    return503OnClosing: false,
    // Only problems have an id, made for them: nearly all requests go well (1 µs each).
    genReqId: () => '',
    routerOptions: { maxParamLength: longestPathPart },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply.headers(securityHeaders), options)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
}

/**
 * Builds the edge; it does not listen yet. Throws (now, or at `server.ready()`) for a route that lacks `config.auth` or
 * has a schema that is not strict.
 */
export const createHttpServer = async (options: Options): Promise<HttpEdge> => {
  const state = { draining: false }
  const isDraining = (): boolean => state.draining
  const methods = createMethodTable()
  const server = createInstance(options)
  server.decorateRequest('principal', null)
  server.decorateRequest('rawBody', null)
  const { compileTime = 'at once' } = options
  server.setValidatorCompiler(createRequestCompiler(compileTime))
  if (compileTime === 'at first use') server.setSerializerCompiler(await createAnswerSerializer())
  server.addHook('onRoute', (route) => {
    checkRoute(route)
    for (const method of [route.method].flat()) methods.add(method, route.url)
  })
  acceptJsonBodies(server)
  addBodyDeadline(server, { withinMs: bodyWithinMs, silentMs: bodyWithinMs })
  addHooks(server, options, isDraining)
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, options))
  server.setNotFoundHandler((request, reply) => sendNotFound(request, reply, methods))
  await addApiDocument(server, options)
  addHealthRoutes(server, { ...options, checks: options.readiness, isDraining })
  return {
    server,
    drain: () => {
      state.draining = true
    },
  }
}
