/** The events' API: accepting them, listing them, and one with what followed from it. */
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import { asId, printId } from '@carillon/domain/ids'
import { createAcrossTenants } from '../access/create-with-key.ts'
import { systemClock } from '../platform/clock.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import { findEvent, listEvents } from './find-events.ts'
import type { GatherEvents } from './gather-events.ts'
import type { Accepted, AcceptEvents } from './accept-events.ts'
import type { AcceptedEvent, IncomingEvent } from './incoming-event.ts'
import { readEvents } from './read-events.ts'
import { acceptedSchema, eventListQuery, eventViewSchema, type AcceptedView } from './schema.ts'

/** 1,000 events of four kilobytes. */
const eventsBodyLimit = 4 * 1_048_576
const fullRetrySeconds = 2

export type EventRoutesOptions = {
  /** Pool of role carillon_app, for reading. */
  readonly pool: Pool
  /** Pool of role carillon_engine, for accepting together with an Idempotency-Key. */
  readonly enginePool: Pool
  readonly gather: GatherEvents
  readonly acceptEvents: AcceptEvents
  /** Hears of what was accepted, once it is durable. */
  readonly onAccepted: (accepted: Accepted) => void
}

/** Registers `POST /events`, `GET /events`, `GET /events/{id}`. */
export const addEventRoutes = (server: HttpServer, options: EventRoutesOptions): void => {
  addAcceptRoute(server, options)
  addReadRoutes(server, options)
}

const addAcceptRoute = (server: HttpServer, options: EventRoutesOptions): void => {
  const { gather } = options
  server.post(
    '/api/v1/events',
    {
      config: { auth: { scope: 'events:write' }, rateLimit: 'events' },
      bodyLimit: eventsBodyLimit,
      schema: {
        tags: ['events'],
        summary: 'Accept one CloudEvent or an array of up to 1,000',
        description:
          'Answered 202 only when the events and everything that follows from them are durable. Repeating a request is safe: (source, id) tells duplicates.',
        body: Type.Unknown({ description: 'A CloudEvent 1.0, or an array of them.' }),
        response: { 202: acceptedSchema },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request)
      const events = readEvents(request.body, { tenantId, now: systemClock.now() })
      if (!gather.hasRoom(events.length))
        throw appError('unavailable', {
          detail: 'Too many events are waiting to be stored.',
          retryAfterSeconds: fullRetrySeconds,
        })
      if (request.headers['idempotency-key'] !== undefined)
        return await acceptOnce(request, reply, { ...options, events })
      return await reply.code(202).send(viewAccepted(await gather.accept(events)))
    },
  )
}

const addReadRoutes = (server: HttpServer, { pool }: EventRoutesOptions): void => {
  server.get(
    '/api/v1/events',
    {
      config: { auth: { scope: 'events:read' } },
      schema: {
        tags: ['events'],
        summary: 'List events, newest first',
        querystring: eventListQuery,
        response: { 200: pageOf(eventViewSchema) },
      },
    },
    async (request) => await listEvents(pool, tenantOf(request), request.query),
  )

  server.get(
    '/api/v1/events/:id',
    {
      config: { auth: { scope: 'events:read' } },
      schema: {
        tags: ['events'],
        summary: 'One event, with the deliveries that it led to',
        params: Type.Object({ id: Type.String() }),
        response: {
          200: Type.Object({
            ...eventViewSchema.properties,
            deliveries: Type.Array(
              Type.Object({
                id: Type.String(),
                state: Type.String(),
                rule: Type.Union([Type.String(), Type.Null()]),
              }),
            ),
          }),
        },
      },
    },
    async (request) =>
      await findEvent(pool, tenantOf(request), requireId('event', request.params.id)),
  )
}

/** With an Idempotency-Key the answer itself is repeated, so key and events go into one transaction of their own. */
const acceptOnce = async (
  request: FastifyRequest,
  reply: Parameters<typeof createAcrossTenants>[1],
  given: EventRoutesOptions & { readonly events: readonly IncomingEvent[] },
): Promise<AcceptedView> => {
  const accepted: Accepted[] = []
  const body = await createAcrossTenants(
    request,
    reply,
    given.enginePool,
    async (client) => {
      const batch = await given.acceptEvents(client, given.events)
      accepted.push(batch)
      return viewAccepted(batch.events)
    },
    { status: 202 },
  )
  for (const batch of accepted) given.onAccepted(batch)
  return body
}

const viewAccepted = (events: readonly AcceptedEvent[]): AcceptedView => {
  const duplicates = events.filter((event) => event.duplicate).length
  return {
    accepted: events.length - duplicates,
    duplicates,
    events: events.map(({ eventId, duplicate }) => ({
      id: printId('event', asId('event', eventId)),
      duplicate,
    })),
  }
}
