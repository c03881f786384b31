/** Suppressions as the API takes and shows them. */
import { Type, type Static } from 'typebox'
import { scopePattern, suppressionReasons } from '@carillon/domain/suppression'
import { listQuery } from '../platform/http/paging.ts'

/** Rows of one import, and addresses of one check. */
export const mostAtOnce = 1_000

const channel = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Such as email, sms, telegram: the channel of a connector.',
})
const address = Type.String({
  minLength: 1,
  maxLength: 500,
  description:
    'As it would be written to. Compared in one spelling: mail addresses in lower case, phone numbers as + and digits.',
})
const scope = Type.String({
  pattern: scopePattern,
  maxLength: 120,
  description:
    'What it stops: `all` (everything of the channel), `campaigns`, or `subscription:<subscriptionId>`.',
})
const reason = Type.Enum([...suppressionReasons])
const note = Type.String({ maxLength: 500 })
const time = Type.String({ format: 'date-time' })
const orNull = <S extends ReturnType<typeof Type.String>>(schema: S) =>
  Type.Union([schema, Type.Null()])

export const suppressionSchema = Type.Object({
  id: Type.String(),
  channel,
  address: Type.String({ description: 'In the one spelling that is compared.' }),
  scope,
  reason,
  note: orNull(note),
  deliveryId: orNull(Type.String({ description: 'The delivery that it came from.' })),
  createdBy: orNull(
    Type.String({
      description: '`key_…`, `usr_…`, `recipient`; null: what a provider said.',
    }),
  ),
  createdAt: time,
  expiresAt: orNull(time),
  active: Type.Boolean({
    description: 'False: it has ended, or bounces are counted that are too few yet.',
  }),
})
export type SuppressionView = Static<typeof suppressionSchema>

const filters = {
  channel: Type.Optional(channel),
  address: Type.Optional(address),
  scope: Type.Optional(scope),
  reason: Type.Optional(reason),
  since: Type.Optional(
    Type.String({ format: 'date-time', description: 'Made at or after this time.' }),
  ),
  active: Type.Optional(
    Type.Boolean({ default: true, description: 'false: only those that stop nothing.' }),
  ),
}

export const suppressionListQuery = Type.Object({ ...listQuery, ...filters })
export type SuppressionListQuery = Static<typeof suppressionListQuery>
export const exportQuery = Type.Object(filters)
export type SuppressionFilter = Static<typeof exportQuery>

export const suppressionBody = Type.Object({
  channel,
  address,
  scope: Type.Optional(scope),
  reason: Type.Optional(Type.Enum([...suppressionReasons], { description: 'Default: manual.' })),
  note: Type.Optional(note),
  expiresAt: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'Default: as the reason says; all but `bounced` hold for good.',
    }),
  ),
})
export type SuppressionBody = Static<typeof suppressionBody>

export const liftAnswer = Type.Object({
  lifted: suppressionSchema,
  remaining: Type.Array(suppressionSchema, {
    description: 'What still stops messages to this address, each to be lifted by itself.',
  }),
  detail: Type.String(),
})
export type LiftAnswer = Static<typeof liftAnswer>

export const checkBody = Type.Object({
  channel,
  addresses: Type.Array(address, { minItems: 1, maxItems: mostAtOnce }),
})
export type CheckBody = Static<typeof checkBody>

export const checkAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      address: Type.String({ description: 'As it was given.' }),
      suppressed: Type.Boolean({ description: 'Nothing of the channel is sent to it.' }),
      suppressions: Type.Array(suppressionSchema),
    }),
  ),
})
export type CheckAnswer = Static<typeof checkAnswer>

export const importBody = Type.Array(
  Type.Unknown({ description: '{channel, address, scope?, reason?, note?, expiresAt?}' }),
  { minItems: 1, maxItems: mostAtOnce },
)

export const importAnswer = Type.Object({
  created: Type.Integer(),
  existing: Type.Integer({ description: 'Were there already, and hold as they did.' }),
  refused: Type.Integer(),
  rows: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'From 0; the header of a CSV file does not count.' }),
      status: Type.Enum(['created', 'existing', 'refused']),
      id: orNull(Type.String()),
      errors: Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
    }),
  ),
})
export type ImportAnswer = Static<typeof importAnswer>
