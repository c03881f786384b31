/** Requests and answers of triggers and fan-outs, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

const state = Type.Enum(['open', 'done', 'failed', 'canceled'])
const origin = Type.Enum(['trigger', 'rule', 'schedule'])

export const triggerBody = Type.Object({
  eventParameters: Type.Optional(
    Type.Object(
      {},
      {
        additionalProperties: true,
        description:
          'What the function gets, and what templates see as `data`. Any JSON object; default {}.',
      },
    ),
  ),
})

/** The execution's result. A function's further fields come along as they are. */
export const triggerAnswer = Type.Object(
  {
    success: Type.Boolean(),
    messagesSent: Type.Integer({ description: 'Deliveries made.' }),
    errorMessage: Type.Optional(Type.String()),
    pending: Type.Optional(
      Type.Integer({
        description:
          'Registrations that are left: a large audience, or a slow function. GET /fan-outs/{id} shows the progress.',
      }),
    ),
    skipped: Type.Integer({ description: 'Registrations that got none; the fan-out says why.' }),
    fanOut: Type.String({ description: '`fan_…`' }),
  },
  { additionalProperties: true },
)
export type TriggerAnswer = Static<typeof triggerAnswer> & Readonly<Record<string, unknown>>

export const fanOutSchema = Type.Object({
  id: Type.String({ description: '`fan_…`' }),
  subscriptionId: orNull(Type.String(), { description: 'null: it was deleted since.' }),
  event: Type.String({ description: '`evt_…`' }),
  rule: orNull(Type.String()),
  origin,
  state,
  audience: orNull(
    Type.Integer({
      description:
        'Active registrations when it began (at most a million are counted), at its end those that were dealt with: reached + skipped.',
    }),
    { description: 'null: not begun.' },
  ),
  reached: Type.Integer({ description: 'Registrations that got a delivery.' }),
  messagesSent: Type.Integer({
    description: 'Deliveries made: a function may write somebody twice.',
  }),
  skipped: Type.Integer({ description: 'Registrations that got none.' }),
  skips: Type.Array(Type.Object({ reason: Type.String(), count: Type.Integer() })),
  pending: Type.Integer({ description: 'Registrations that are left.' }),
  success: orNull(Type.Boolean(), { description: 'null: it is not at its end.' }),
  errorCode: orNull(Type.String()),
  errorMessage: orNull(Type.String()),
  result: orNull(
    Type.Object({}, { additionalProperties: true, description: "The function's further fields." }),
  ),
  tries: Type.Integer({ description: 'Failures since its last progress.' }),
  nextTryAt: orNull(time),
  createdAt: time,
  finishedAt: orNull(time),
})
export type FanOutView = Static<typeof fanOutSchema>

export const fanOutListQuery = Type.Object({
  ...listQuery,
  subscriptionId: Type.Optional(Type.String({ maxLength: 100 })),
  state: Type.Optional(state),
  origin: Type.Optional(origin),
  event: Type.Optional(Type.String({ maxLength: 100 })),
})
export type FanOutListQuery = Static<typeof fanOutListQuery>

export const cancelQuery = Type.Object({
  deliveries: Type.Optional(
    Type.Enum(['keep', 'cancel'], {
      default: 'keep',
      description: 'cancel: those that wait end too; those that are sent stay sent.',
    }),
  ),
})

export const cancelAnswer = Type.Object({
  ...fanOutSchema.properties,
  deliveriesCanceled: Type.Integer(),
  more: Type.Boolean({
    description: 'true: not all deliveries were looked at in the time; ask again.',
  }),
})
export type CancelAnswer = Static<typeof cancelAnswer>
