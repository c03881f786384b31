/** Requests and answers of the sources' routes, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

const state = Type.Enum(['idle', 'running', 'backing_off', 'stopped'], {
  description:
    'stopped: until its settings or secrets change, or somebody starts it. backing_off: it failed and is tried again.',
})

export const sourceSchema = Type.Object({
  integration: Type.String(),
  connector: Type.String(),
  ways: Type.Array(Type.Enum(['run', 'poll', 'hook']), {
    description: 'How events come: listened for, asked for in turns, or by calls of its hook.',
  }),
  hookUrl: orNull(Type.String()),
  enabled: Type.Boolean(),
  state,
  reason: orNull(Type.String(), { description: 'Why it stopped or backs off.' }),
  stoppedByHand: Type.Boolean(),
  everySeconds: orNull(Type.Number(), { description: 'Between polls.' }),
  nextRunAt: orNull(time),
  failures: Type.Integer({ description: 'In a row.' }),
  cursor: Type.Unknown({
    description: 'Where it has got to, as its connector writes it; null: at the start.',
  }),
  run: orNull(Type.String(), { description: 'The run of now, `run_…`.' }),
  lastRunAt: orNull(time),
  lastEventAt: orNull(time),
  lastOkAt: orNull(time, { description: 'When the other side last answered as it should.' }),
  quarantined: Type.Integer({
    description: 'Things that could not be read; 1000: so many or more.',
  }),
})
export type SourceView = Static<typeof sourceSchema>

export const sourceItemSchema = Type.Object({
  kind: Type.Enum(['integration', 'schedule']),
  id: Type.String({ description: '`int_…` or `sch_…`.' }),
  name: Type.String(),
  connector: orNull(Type.String()),
  ways: Type.Array(Type.Enum(['run', 'poll', 'hook', 'schedule'])),
  enabled: Type.Boolean(),
  state,
  reason: orNull(Type.String()),
  nextRunAt: orNull(time),
  lastEventAt: orNull(time),
})
export type SourceItem = Static<typeof sourceItemSchema>

export const sourceListQuery = Type.Object({ ...listQuery })
export type SourceListQuery = Static<typeof sourceListQuery>

export const runSchema = Type.Object({
  id: Type.String({ description: '`run_…`' }),
  startedAt: time,
  endedAt: orNull(time),
  outcome: orNull(Type.Enum(['ok', 'retry', 'stop', 'stopped', 'lost']), {
    description:
      'null: it runs. retry: it failed and is tried again. stop: it failed for good. stopped: by somebody, or with its worker. lost: its worker died.',
  }),
  error: orNull(Type.String()),
  events: Type.Integer({ description: 'New ones.' }),
  duplicates: Type.Integer({ description: 'Events that were known.' }),
  unreadable: Type.Integer({ description: 'Things that went into quarantine.' }),
  byHand: orNull(Type.String(), { description: 'Who asked for it; null: it was due.' }),
})
export type RunView = Static<typeof runSchema>

export const runListQuery = Type.Object({ ...listQuery })
export type RunListQuery = Static<typeof runListQuery>

export const askedSchema = Type.Object({
  id: Type.String({ description: '`run_…`: it is among the runs as soon as it begins.' }),
  state: Type.Enum(['requested', 'queued'], {
    description: 'queued: another run is under way, and this one follows it.',
  }),
})
export type AskedView = Static<typeof askedSchema>

export const startQuery = Type.Object({
  fromStart: Type.Optional(
    Type.Boolean({
      description:
        'Forget where it has got to and read everything again; what is known stays known.',
    }),
  ),
})
export const quarantineSchema = Type.Object({
  id: Type.String({ description: '`qtn_…`' }),
  itemId: Type.String({ description: "The source's own id of it." }),
  reason: Type.String(),
  bytes: Type.Integer({ description: 'Its size; 0: there is nothing to download.' }),
  receivedAt: time,
  triedAt: orNull(time, { description: 'When it was last tried again, without success.' }),
})
export type QuarantineView = Static<typeof quarantineSchema>

export const quarantineListQuery = Type.Object({ ...listQuery })
export type QuarantineListQuery = Static<typeof quarantineListQuery>

const event = Type.Object({
  id: Type.String(),
  source: Type.String(),
  type: Type.String(),
  subject: orNull(Type.String()),
  time: orNull(time),
  data: Type.Unknown(),
})

const unreadable = Type.Object({ id: Type.String(), reason: Type.String() })

export const retriedSchema = Type.Object({
  ok: Type.Boolean({ description: 'It was read, and is not in quarantine any more.' }),
  events: Type.Array(Type.Object({ id: Type.String(), duplicate: Type.Boolean() })),
  reason: orNull(Type.String(), { description: 'Why it still can not be read.' }),
})
export type RetriedView = Static<typeof retriedSchema>

export const mapBody = Type.Object({
  sample: Type.Unknown({
    description: 'What would come: the body of a call, or the answer of the API. Text stays text.',
  }),
  settings: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Settings to try instead of the stored ones.',
    }),
  ),
})
export type MapBody = Static<typeof mapBody>

export const mappedSchema = Type.Object({
  events: Type.Array(event, { description: 'What would be accepted. Nothing was.' }),
  unreadable: Type.Array(unreadable, { description: 'What would go into quarantine.' }),
})
export type MappedView = Static<typeof mappedSchema>
