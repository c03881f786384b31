/** Requests and answers of bulk replays, as JSON Schema. */
import { Type, type Static } from 'typebox'
import { finalStates } from '@carillon/domain/delivery-status'
import { deliveryFilterSchema, deliverySchema } from '../schema.ts'
import { listQuery } from '../../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const states = finalStates.join('|')

const filter = {
  ...deliveryFilterSchema.properties,
  state: Type.Optional(
    Type.String({
      pattern: `^(?:${states})(?:,(?:${states}))*$`,
      description: `Final states, with commas between. Default: failed,expired.`,
    }),
  ),
}

const perSecond = Type.Integer({
  minimum: 1,
  maximum: 10_000,
  description:
    'So many are made a second. Default 100. The limits of the integrations hold besides.',
})

export const replayBody = Type.Object({
  ...filter,
  dryRun: Type.Optional(
    Type.Boolean({ description: 'Only say how many there are, and show some of them.' }),
  ),
  id: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'The id that a dry run gave: the same one twice sends nothing the second time.',
    }),
  ),
  perSecond: Type.Optional(perSecond),
})
export type ReplayBody = Static<typeof replayBody>

const replayPreviewSchema = Type.Object({
  id: Type.String({ description: '`rpl_…`: send it with the same filter to begin.' }),
  dryRun: Type.Literal(true),
  count: Type.Integer(),
  isExact: Type.Boolean({ description: 'false: more than a replay takes; narrow the filter.' }),
  sample: Type.Array(deliverySchema, { description: 'The newest ten.' }),
})
export type ReplayPreview = Static<typeof replayPreviewSchema>

export const replaySchema = Type.Object({
  id: Type.String(),
  filter: Type.Object(filter),
  state: Type.Enum(['running', 'done', 'canceled', 'failed']),
  error: Type.Union([Type.String(), Type.Null()]),
  perSecond,
  matched: Type.Integer({ description: 'How many fitted when it began.' }),
  made: Type.Integer({ description: 'New deliveries, each with `resendOf`.' }),
  skipped: Type.Integer({ description: 'Fitted, and were not sent again.' }),
  skips: Type.Record(Type.String(), Type.Integer(), {
    description: 'Why, and how many: already_resent, event_gone, campaign_over.',
  }),
  createdBy: Type.String(),
  createdAt: time,
  finishedAt: Type.Union([time, Type.Null()]),
})
export type ReplayView = Static<typeof replaySchema>

/** What `POST /deliveries/replay` answers: a preview when `dryRun` was asked for. */
export const replayAnswerSchema = Type.Union([replayPreviewSchema, replaySchema])

export const replayListQuery = Type.Object(listQuery)
export type ReplayListQuery = Static<typeof replayListQuery>
