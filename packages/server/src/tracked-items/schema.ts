/** Requests and answers of the tracked items' routes, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'
import { localStates } from '@carillon/domain/sync-status'
import { listQuery } from '../platform/http/paging.ts'
import { mostReferenceChars, remoteIdPattern } from './check-item.ts'

const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)
const time = Type.String({ format: 'date-time' })
const text = Type.String()
const state = Type.Enum([...localStates])

const integration = Type.String({
  maxLength: 100,
  description: 'int_…, of a connector that tracks.',
})
const reference = Type.String({
  minLength: 1,
  maxLength: mostReferenceChars,
  description: 'Your name of what it is about, such as the number of a quote.',
})

export const itemBody = Type.Object({
  integration,
  remoteId: Type.String({
    pattern: remoteIdPattern,
    description: 'The other side’s id, such as tx_….',
  }),
  reference: Type.Optional(reference),
  metadata: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Anything that rules and templates need; at most 16 KB as JSON.',
    }),
  ),
})
export type ItemBody = Static<typeof itemBody>

const participant = Type.Object({
  order: Type.Integer(),
  name: orNull(text),
  email: orNull(text),
  status: Type.String({ description: 'The other side’s word.' }),
  url: orNull(text),
  viewedAt: orNull(time),
  signedAt: orNull(time),
  refusedAt: orNull(time),
})
export type ParticipantView = Static<typeof participant>

export const itemSchema = Type.Object({
  id: Type.String({ description: 'trk_…' }),
  integration: text,
  remoteId: text,
  reference: orNull(text),
  metadata: Type.Record(Type.String(), Type.Unknown()),
  name: orNull(text),
  remoteState: orNull(text, { description: 'The other side’s word; null: never seen.' }),
  localState: state,
  isStalled: orNull(Type.Boolean(), { description: 'Somebody holds it up.' }),
  refusal: orNull(Type.Object({ reason: text, participant: Type.Optional(text), at: time }), {
    description: 'Who refused, and why: known from a hook.',
  }),
  participants: Type.Array(participant),
  documents: Type.Array(Type.Object({ id: text, name: orNull(text), url: orNull(text) })),
  needsSync: Type.Boolean({ description: 'It is looked at again by itself.' }),
  lastSyncedAt: orNull(time),
  syncAttempts: Type.Integer(),
  lastError: orNull(text),
  sentAt: orNull(time),
  signedAt: orNull(time),
  refusedAt: orNull(time),
  expiredAt: orNull(time),
  canceledAt: orNull(time),
  createdAt: time,
  updatedAt: time,
})
export type ItemView = Static<typeof itemSchema>

export const itemListQuery = Type.Object({
  ...listQuery,
  state: Type.Optional(state),
  integration: Type.Optional(integration),
  needsSync: Type.Optional(Type.Boolean()),
  reference: Type.Optional(reference),
  remoteId: Type.Optional(Type.String({ maxLength: 200 })),
})
export type ItemListQuery = Static<typeof itemListQuery>

export const syncBody = Type.Object({
  force: Type.Optional(
    Type.Boolean({ description: 'Judge a final state again. Default: it is left alone.' }),
  ),
})

export const logSchema = Type.Object({
  item: orNull(text, {
    description: 'null: what came (a hook, an event) is about nothing that is followed.',
  }),
  integration: text,
  remoteId: text,
  at: time,
  type: Type.String({
    description: 'poll, manual, webhook:<what the other side said>, or event:<type>.',
  }),
  forced: Type.Boolean(),
  success: Type.Boolean(),
  before: orNull(state),
  after: orNull(state),
  changes: Type.Array(Type.Object({ field: text, before: orNull(text), after: orNull(text) })),
  note: orNull(text, { description: 'Why the state is not what the other side says.' }),
  error: orNull(text),
  durationMs: Type.Integer(),
  event: orNull(text, {
    description:
      'evt_…, of the change of state; where a rule could not follow what an event names, that event.',
  }),
})
export type LogView = Static<typeof logSchema>

export const logListQuery = Type.Object({
  ...listQuery,
  success: Type.Optional(Type.Boolean()),
})
export type LogListQuery = Static<typeof logListQuery>

export const wholeLogQuery = Type.Object({
  ...logListQuery.properties,
  integration: Type.Optional(integration),
})
export type WholeLogQuery = Static<typeof wholeLogQuery>

export const runBody = Type.Object({ integration })

export const runSchema = Type.Object({
  id: Type.String({ description: 'run_…' }),
  integration: text,
  startedAt: time,
  endedAt: orNull(time, { description: 'null: it is under way.' }),
  byHand: Type.Boolean(),
  totalFound: Type.Integer(),
  success: Type.Integer(),
  failed: Type.Integer(),
  skipped: Type.Integer(),
  statusChanges: Type.Integer(),
  error: orNull(text),
})
export type RunView = Static<typeof runSchema>

export const runListQuery = Type.Object({ ...listQuery, integration: Type.Optional(integration) })
export type RunListQuery = Static<typeof runListQuery>
