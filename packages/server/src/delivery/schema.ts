/** Requests and answers of the deliveries' routes, as JSON Schema. */
import { Type, type Static } from 'typebox'
import { deliveryStates, pendingReasons } from '@carillon/domain/delivery-status'
import { outcomeKinds } from '@carillon/domain/outcome'
import { receiptKinds } from '@carillon/domain/receipt'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const nullable = <T extends ReturnType<typeof Type.String>>(schema: T) =>
  Type.Union([schema, Type.Null()])
const state = Type.Enum([...deliveryStates])

/** A delivery as lists show it. */
export const deliverySchema = Type.Object({
  id: Type.String({ description: '`dlv_…`; also the idempotency key of every attempt.' }),
  state,
  pendingReason: Type.Union([Type.Enum([...pendingReasons]), Type.Null()], {
    description: 'Why a pending delivery waits.',
  }),
  channel: nullable(Type.String()),
  integration: Type.String(),
  to: Type.String({ description: 'The address of the current step of the route.' }),
  step: Type.Integer({ description: 'The step of the route, from 0.' }),
  attemptCount: Type.Integer(),
  possibleDuplicate: Type.Boolean({ description: 'An earlier attempt may have got through.' }),
  createdAt: time,
  dueAt: nullable(time),
  sendUntil: time,
  sentAt: nullable(time),
  lastError: nullable(Type.String()),
  event: Type.String(),
  rule: nullable(Type.String()),
  subscription: Type.Union([Type.String(), Type.Null()], {
    description: 'The subscriptionId of the subscription whose registration it went to.',
  }),
  userId: Type.Union([Type.String(), Type.Null()], { description: 'Who registered.' }),
  fanOut: nullable(Type.String()),
  campaign: nullable(Type.String()),
  resendOf: nullable(Type.String()),
})
export type DeliveryView = Static<typeof deliverySchema>

const attempt = Type.Object({
  number: Type.Integer(),
  step: Type.Integer(),
  integration: Type.String(),
  startedAt: time,
  durationMs: Type.Integer(),
  outcome: Type.Enum([...outcomeKinds]),
  reason: nullable(Type.String()),
  httpStatus: Type.Union([Type.Integer(), Type.Null()]),
  providerCode: nullable(Type.String()),
  providerMessage: nullable(Type.String()),
  providerIds: Type.Array(Type.String()),
  possibleDuplicate: Type.Boolean(),
})

const turn = Type.Object({
  turn: Type.Integer(),
  at: time,
  state,
  step: Type.Integer(),
  integration: Type.String(),
  outcome: nullable(Type.String()),
  reason: nullable(Type.String()),
  nextDueAt: nullable(time),
})

/** One delivery with everything that happened to it. */
export const deliveryDetailSchema = Type.Object({
  ...deliverySchema.properties,
  route: Type.Array(Type.Object({ to: Type.String() }), {
    description: 'The addresses of the route, in order; empty where the recipient has none.',
  }),
  attempts: Type.Array(attempt, { description: 'Every exchange with a provider, oldest first.' }),
  timeline: Type.Array(turn, {
    description:
      'Every settled turn: the attempts, and the decisions that were taken without an exchange.',
  }),
  receipts: Type.Array(
    Type.Object({
      kind: Type.Enum([...receiptKinds]),
      integration: Type.String(),
      at: time,
      receivedAt: time,
      reason: nullable(Type.String()),
      providerId: nullable(Type.String()),
      certified: Type.Boolean({
        description: 'A legal receipt of certified mail, whose signature was verified.',
      }),
      event: nullable(
        Type.String({ description: 'The event that brought it: the mail with the receipt.' }),
      ),
    }),
    { description: 'What the provider has told later, in the order in which it happened.' },
  ),
})
export type DeliveryDetail = Static<typeof deliveryDetailSchema>

export const deliveryListQuery = Type.Object({
  ...listQuery,
  state: Type.Optional(
    Type.String({
      pattern: `^(?:${deliveryStates.join('|')})(?:,(?:${deliveryStates.join('|')}))*$`,
      description: `One state or several, with commas between: ${deliveryStates.join(', ')}.`,
    }),
  ),
  event: Type.Optional(Type.String()),
  rule: Type.Optional(Type.String()),
  subscription: Type.Optional(Type.String({ maxLength: 100, description: 'A subscriptionId.' })),
  userId: Type.Optional(Type.String({ maxLength: 200 })),
  fanOut: Type.Optional(Type.String()),
  campaign: Type.Optional(Type.String()),
  integration: Type.Optional(Type.String()),
  recipient: Type.Optional(Type.String({ maxLength: 500, description: 'The whole address.' })),
  search: Type.Optional(
    Type.String({ minLength: 2, maxLength: 200, description: 'The beginning of the address.' }),
  ),
  since: Type.Optional(
    Type.String({ format: 'date-time', description: 'Made at or after this time.' }),
  ),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'Made before this time.' })),
})
export type DeliveryListQuery = Static<typeof deliveryListQuery>

const { limit: _limit, cursor: _cursor, ...deliveryFilters } = deliveryListQuery.properties

/** What tells deliveries from others, without the paging. */
export const deliveryFilterSchema = Type.Object(deliveryFilters)
export type DeliveryFilter = Static<typeof deliveryFilterSchema>

export const deliveryCountSchema = Type.Object({
  count: Type.Integer(),
  isExact: Type.Boolean({
    description: 'false: there are more than `count`, or at least so many.',
  }),
})
export type DeliveryCount = Static<typeof deliveryCountSchema>
