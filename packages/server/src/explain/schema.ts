/** Requests and answers of `POST /explain`, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

export const explainBody = Type.Object({
  delivery: Type.Optional(
    Type.String({ maxLength: 100, description: 'dlv_…: why this one went as it did.' }),
  ),
  eventId: Type.Optional(
    Type.String({ maxLength: 100, description: 'evt_…: what followed from an event that was.' }),
  ),
  event: Type.Optional(
    Type.Object(
      {
        type: Type.String({ minLength: 1, maxLength: 255 }),
        source: Type.Optional(Type.String({ maxLength: 255 })),
        id: Type.Optional(Type.String({ maxLength: 255 })),
        subject: Type.Optional(Type.String({ maxLength: 1_000 })),
        time: Type.Optional(time),
        data: Type.Optional(Type.Object({}, { additionalProperties: true })),
      },
      { description: 'An event that was not: what would follow from it now. Nothing is sent.' },
    ),
  ),
  person: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'Whom it is about: an address, a user id, usr_… or con_…. Left out: everybody.',
    }),
  ),
})
export type ExplainBody = Static<typeof explainBody>

const decision = Type.Object({
  depth: Type.Integer({
    description: 'In the tree: a decision belongs to the last one above it with a smaller depth.',
  }),
  verdict: Type.Enum(['yes', 'no', 'wait', 'info']),
  code: Type.String({ description: 'What was decided, for programs; `values` go with it.' }),
  text: Type.String({ description: 'The same in English.' }),
  values: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
  at: orNull(time),
  link: orNull(
    Type.Object({
      type: Type.Enum([
        'event',
        'rule',
        'delivery',
        'integration',
        'subscription',
        'registration',
        'suppression',
        'contact',
        'campaign',
      ]),
      id: Type.String(),
    }),
    { description: 'Where it can be looked at or changed.' },
  ),
})
export type Decision = Static<typeof decision>
export type Link = NonNullable<Decision['link']>

export const explainAnswer = Type.Object({
  mode: Type.Enum(['past', 'hypothetical']),
  decisions: Type.Array(decision),
  conclusion: Type.Object({
    verdict: Type.Enum(['yes', 'no', 'wait']),
    code: Type.String(),
    text: Type.String(),
    values: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
  }),
  timeZone: Type.String(),
})
export type ExplainAnswer = Static<typeof explainAnswer>
