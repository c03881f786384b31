/** What must hold for what a source gives, as schemas and lists of problems (empty: fine). A part of the conformance suite. */
import Type from 'typebox'
import { Value } from 'typebox/value'

const closed = { additionalProperties: false }
/** A call's id. */
export const name255 = Type.String({ minLength: 1, maxLength: 255 })
const name512 = Type.String({ minLength: 1, maxLength: 512 })

/** An event as `acceptEvents` takes it. */
export const sourceEventSchema = Type.Object(
  {
    id: name255,
    source: name255,
    type: name255,
    subject: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    time: Type.Optional(Type.Number({ minimum: 0, maximum: 4_102_444_800_000 })),
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  closed,
)

/** "Look again at this". */
export const hintSchema = Type.Object(
  {
    key: name512,
    type: name512,
    id: name512,
    data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
)

/** Something for quarantine. */
export const unreadableSchema = Type.Object(
  {
    id: name512,
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    raw: Type.Optional(Type.Unknown()),
  },
  closed,
)

const cursor = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])
const reason = Type.String({ minLength: 1, maxLength: 2_000 })

const pollResultSchema = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('events'),
      events: Type.Array(sourceEventSchema),
      unreadable: Type.Optional(Type.Array(unreadableSchema)),
      cursor,
      more: Type.Boolean(),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('retry'),
      reason,
      afterMs: Type.Optional(Type.Number({ minimum: 0, maximum: 7 * 24 * 3_600_000 })),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('stop'), reason }, closed),
])

/** Is it a result as `source.ts` has them, its reason storable? */
export const pollResultProblems = (result: unknown): readonly string[] => {
  const shape = Value.Check(pollResultSchema, result)
    ? []
    : [`not a result: ${JSON.stringify(result ?? null).slice(0, 300)}`]
  const said = Value.Check(Type.Object({ reason: Type.String() }), result) ? result.reason : ''
  return said.includes('\0') || !said.isWellFormed()
    ? [...shape, 'a reason that the database can not store']
    : shape
}
