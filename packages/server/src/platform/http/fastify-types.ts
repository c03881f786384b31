/**
 * What our edge adds to Fastify's types: the principal and the raw body of a request, and the mandatory `auth` of a
 * route. Types only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { RateLimitKind } from '../rate-limit/request-limits.ts'
import type { Principal, RouteAuth } from './principal.ts'

declare module 'fastify' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only interfaces merge with Fastify's
  interface FastifyRequest {
    /** Who asks; null on public routes. Read it with `principalOf` or `tenantOf`. */
    principal: Principal | null
    /** The body as it came in, for signatures and body hashes; null without a body. */
    rawBody: Buffer | null
    /** Ends the connection when the body is not complete by then; `body-deadline.ts` alone. */
    bodyDeadline: NodeJS.Timeout | null
  }
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only interfaces merge with Fastify's
  interface FastifyContextConfig {
    auth?: RouteAuth
    /** Which limit of requests counts here; absent: none. */
    rateLimit?: RateLimitKind
    /** The handler reads the body as it comes in, however long that takes. */
    slowBody?: true
  }
}

/** The Fastify instance that features register their routes on: TypeBox schemas give the types. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
