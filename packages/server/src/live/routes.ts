/** `GET /stream`: the live tail of a tenant as server-sent events. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import {
  authorize,
  hasScope,
  ownOnly,
  principalOf,
  tenantOf,
  type Authenticate,
  type Principal,
} from '../platform/http/principal.ts'
import type { Timers } from '../platform/timers.ts'
import { heartbeat } from './messages.ts'
import type { StreamHub } from './stream-hub.ts'

/** A proxy closes what is silent for 30 or 60 s. */
const heartbeatMs = 10_000
/** What one connection may have in its buffer: some thousand deliveries. */
const mostBuffered = 1_048_576
const mostOfTenant = 200
const mostOfProcess = 2_000
const scope = 'deliveries:read'
const scopeOfEvents = 'events:read'

export type LiveOptions = {
  readonly hub: StreamHub
  readonly authenticate: Authenticate
  readonly timers: Timers
}

/** Registers the route. A stream ends with its session or key, with its connection, and when the server stops. */
export const addLiveRoutes = (server: HttpServer, options: LiveOptions): void => {
  const open = new Set<() => void>()
  server.addHook('preClose', (done) => {
    for (const end of open) end()
    done()
  })
  server.get(
    '/api/v1/stream',
    {
      config: { auth: { scope, own: true } },
      schema: {
        tags: ['deliveries'],
        summary: 'What happens in the tenant, as it happens; members see their own deliveries',
        description:
          'Server-sent events: `delivery` (as in lists, at every change), `event` (with the scope `events:read`), `pulse` (rates, every two seconds), `reset` (something was missed: read anew). The header Last-Event-ID goes on where a connection broke.',
        produces: ['text/event-stream'],
        querystring: Type.Object({
          seconds: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 86_400, description: 'End after so long.' }),
          ),
          lastEventId: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 100,
              description: 'Like the header Last-Event-ID, for who can not send it.',
            }),
          ),
        }),
        response: { 200: Type.Unknown({ description: 'text/event-stream' }) },
      },
    },
    (request, reply) => {
      refuseTooMany(options.hub, tenantOf(request))
      const end = stream(request, reply, { ...options, ...request.query })
      open.add(end)
      reply.raw.on('close', () => open.delete(end))
    },
  )
}

const refuseTooMany = (hub: StreamHub, tenantId: string): void => {
  if (hub.readers(tenantId) < mostOfTenant && hub.readers() < mostOfProcess) return
  throw appError('unavailable', {
    detail: 'Too many live streams are open.',
    retryAfterSeconds: 30,
  })
}

type StreamQuery = { readonly seconds?: number; readonly lastEventId?: string }

/** Opens it; returns what ends it. */
const stream = (
  request: FastifyRequest,
  reply: FastifyReply,
  { hub, authenticate, timers, seconds, lastEventId }: LiveOptions & StreamQuery,
): (() => void) => {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...headersOf(reply),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would collect the stream before passing it on.
    'x-accel-buffering': 'no',
  })
  raw.write(heartbeat)
  const write = (text: string): boolean => {
    if (raw.writableLength > mostBuffered) return false
    raw.write(text)
    return true
  }
  const began = rightsOf(principalOf(request))
  const lastId = request.headers['last-event-id']?.toString() ?? lastEventId
  const reader = {
    ownOf: ownOnly(request, scope),
    seesEvents: hasScope(principalOf(request), scopeOfEvents),
    write,
  }
  const leave = hub.join(tenantOf(request), reader, lastId)
  const end = (): void => void raw.end()
  const stillMay = async (): Promise<void> => {
    const principal = await authenticate(request)
    authorize(principal, { scope, own: true })
    // Another role, or (where none was named) another tenant: whoever comes back joins with the rights of now.
    if (rightsOf(principal) !== began) return end()
    write(heartbeat)
    cancelBeat = timers.after(heartbeatMs, beat)
  }
  // The session has ended, the key was revoked: so does what it sees. A reader comes back, and is told why.
  const beat = (): void => void stillMay().catch(end)
  let cancelBeat = timers.after(heartbeatMs, beat)
  const cancelEnd = seconds === undefined ? undefined : timers.after(seconds * 1_000, end)
  raw.on('close', () => {
    leave()
    cancelBeat()
    cancelEnd?.()
  })
  return end
}

/** Equal when a caller sees the same as before. */
const rightsOf = (principal: Principal): string =>
  `${principal.tenantId ?? ''} ${hasScope(principal, scope) ? 'all' : principal.actor} ${hasScope(principal, scopeOfEvents)}`

/** The security headers, which a reply that is written by hand does not get by itself. */
const headersOf = (reply: FastifyReply): Record<string, string> =>
  Object.fromEntries(
    Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as const],
    ),
  )
