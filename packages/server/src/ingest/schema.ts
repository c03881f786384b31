/** CloudEvents as we take and show them, as JSON Schema. https://github.com/cloudevents/spec (1.0.2, JSON format). */
import { Type, type Static } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

/** CloudEvents in one request; the contract's bound. */
export const maxEventsPerRequest = 1_000
/** One event's data as JSON text. A PEC envelope with 100 recipients has 10 kB; documents belong into a store, not into an event. */
export const maxDataChars = 256_000

const attribute = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]+$', description })

/** One event. Unknown attributes are refused: what is not in the list belongs into `data`. */
export const eventSchema = Type.Object(
  {
    specversion: Type.Optional(Type.Literal('1.0')),
    id: attribute(
      255,
      'Unique with `source`: the same pair again is a duplicate and changes nothing.',
    ),
    source: attribute(
      255,
      'Where it happened: a URI reference such as `shop` or `/mail/ufficio`. Not `carillon/…`.',
    ),
    type: attribute(255, 'What happened, such as `order.paid`.'),
    subject: Type.Optional(attribute(1_000, 'What it happened to, such as an order number.')),
    time: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'When it happened (RFC 3339); default: now.',
      }),
    ),
    datacontenttype: Type.Optional(Type.Literal('application/json')),
    dataschema: Type.Optional(Type.String({ maxLength: 1_000 })),
    traceparent: Type.Optional(Type.String({ maxLength: 255 })),
    tracestate: Type.Optional(Type.String({ maxLength: 1_000 })),
    data: Type.Optional(
      Type.Object({}, { additionalProperties: true, description: 'Any JSON object; default {}.' }),
    ),
  },
  { additionalProperties: false },
)
export type EventInput = Static<typeof eventSchema>

export const acceptedSchema = Type.Object({
  accepted: Type.Integer({ description: 'Events that are new.' }),
  duplicates: Type.Integer({ description: 'Events that were known by their source and id.' }),
  events: Type.Array(Type.Object({ id: Type.String(), duplicate: Type.Boolean() }), {
    description: 'In the order sent; `id` is `evt_…`.',
  }),
})
export type AcceptedView = Static<typeof acceptedSchema>

const time = Type.String({ format: 'date-time' })

export const eventViewSchema = Type.Object({
  id: Type.String({ description: '`evt_…`' }),
  source: Type.String(),
  sourceId: Type.String({ description: "The producer's id." }),
  type: Type.String(),
  subject: Type.Union([Type.String(), Type.Null()]),
  time,
  acceptedAt: time,
  data: Type.Unknown(),
})
export type EventView = Static<typeof eventViewSchema>

export const eventListQuery = Type.Object({
  ...listQuery,
  type: Type.Optional(
    Type.String({ maxLength: 255, description: 'Exact, or a prefix that ends in `*`: `order.*`.' }),
  ),
  source: Type.Optional(Type.String({ maxLength: 255 })),
  since: Type.Optional(Type.String({ format: 'date-time', description: 'Accepted at or after.' })),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'Accepted before.' })),
})
export type EventListQuery = Static<typeof eventListQuery>
