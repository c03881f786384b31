/** The events' API: accepting them, listing them, and one with what followed from it. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import { asId, printId } from '@carillon/domain/ids'
import { systemClock } from '../platform/clock.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { requireId } from '../platform/http/path-id.ts'
import { tenantOf } from '../platform/http/principal.ts'
import { findEvent, listEvents } from './find-events.ts'
import type { GatherEvents } from './gather-events.ts'
import type { AcceptedEvent } from './incoming-event.ts'
import { readEvents } from './read-events.ts'
import { acceptedSchema, eventListQuery, eventViewSchema, type AcceptedView } from './schema.ts'

/** 1,000 events of four kilobytes. */
const eventsBodyLimit = 4 * 1_048_576
const fullRetrySeconds = 2

export type EventRoutesOptions = {
  /** Pool of role carillon_app, for reading. */
  readonly pool: Pool
  readonly gather: GatherEvents
}

/** Registers `POST /events`, `GET /events`, `GET /events/{id}`. */
export const addEventRoutes = (server: HttpServer, { pool, gather }: EventRoutesOptions): void => {
  server.post(
    '/api/v1/events',
    {
      config: { auth: { scope: 'events:write' } },
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
      const accepted = await gather.accept(events)
      return await reply.code(202).send(viewAccepted(accepted))
    },
  )

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
            deliveries: Type.Array(Type.Object({ id: Type.String(), state: Type.String(), rule: Type.Union([Type.String(), Type.Null()]) })),
          }),
        },
      },
    },
    async (request) => await findEvent(pool, tenantOf(request), requireId('event', request.params.id)),
  )
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
