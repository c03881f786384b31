/**
 * A body has to be complete in time, or its connection ends: a slow-loris must not hold sockets. Node's own
 * `requestTimeout` is one for all routes; a route that reads large files as they come in (`config.slowBody`) is let off
 * here, as long as something comes in at all.
 */
import { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './fastify-types.ts'

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

type Deadlines = {
  readonly withinMs: number
  /** For routes with `slowBody`; the handler's own pauses count, so they must be shorter. */
  readonly silentMs: number
}

/**
 * Ends connections whose request's body is not complete `withinMs` after its headers, and those of routes with
 * `slowBody` on which nothing has moved for `silentMs`.
 */
export const addBodyDeadline = (server: HttpServer, { withinMs, silentMs }: Deadlines): void => {
  server.decorateRequest('bodyDeadline', null)
  const lift = (request: FastifyRequest): void => {
    if (request.bodyDeadline !== null) clearTimeout(request.bodyDeadline)
  }
  server.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request
    // Injected requests of tests have no socket.
    const isReal = raw instanceof IncomingMessage
    if (isReal && request.routeOptions.config.slowBody === true) {
      raw.setTimeout(silentMs)
    } else if (isReal && hasBody(request)) {
      const deadline = setTimeout(() => {
        if (!raw.complete) raw.socket.destroy()
      }, withinMs)
      deadline.unref()
      request.bodyDeadline = deadline
    }
    done()
  })
  server.addHook('preHandler', (request, _reply, done) => {
    lift(request)
    done()
  })
  // Answered before the body was there: then the deadline still counts.
  server.addHook('onResponse', (request, _reply, done) => {
    if (request.raw.complete) lift(request)
    done()
  })
}
