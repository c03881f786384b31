/** Requests and answers of the membership syncs' routes, as JSON Schema. */
import { Type, type Static } from 'typebox'
import { DurationText } from '@carillon/domain/duration'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const timeOrNull = Type.Union([time, Type.Null()])
const textOrNull = (description: string) =>
  Type.Union([Type.String(), Type.Null()], { description })

const schedule = Type.Object(
  {
    every: Type.Optional({
      ...DurationText,
      description: 'From 5m to 30d, counted from the last time.',
    }),
    cron: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'Minute, hour, day of month, month, day of week.',
      }),
    ),
    timeZone: Type.Optional(
      Type.String({ maxLength: 100, description: 'Of the cron pattern. Left out: the tenant’s.' }),
    ),
  },
  { description: 'When it runs by itself: every, or cron. Null: only by hand and by hints.' },
)
export type SyncSchedule = Static<typeof schedule>

const fields = {
  name: Type.String({ minLength: 1, maxLength: 200, description: 'For people.' }),
  from: Type.String({
    maxLength: 100,
    description: 'The integration whose members are read, such as one of novi.',
  }),
  to: Type.Object({
    integration: Type.String({
      maxLength: 100,
      description: 'One with lists, such as of mailman.',
    }),
    list: Type.String({ minLength: 3, maxLength: 250, description: 'members@example.org' }),
  }),
  onInactive: Type.Union([Type.Literal('unsubscribe'), Type.Literal('hold')], {
    description: 'What happens to who is on the list and not active any more.',
  }),
  strangers: Type.Union([Type.Literal('inactive'), Type.Literal('keep')], {
    description:
      'Addresses on the list that the source does not have: treated as inactive (default), or left alone.',
  }),
  filter: Type.Unknown({
    description:
      'Conditions on a member’s fields, in the language of rules: {"MemberType": "Individual"}. Who does not fit is not active for this list. {}: all.',
  }),
  guard: Type.Object(
    {
      maxRemovalsPercent: Type.Number({
        minimum: 0,
        maximum: 100,
        description: 'Of those who get the list’s mail.',
      }),
    },
    { description: 'When removals are held back. Default 20 %.' },
  ),
  schedule: Type.Union([schedule, Type.Null()]),
  enabled: Type.Boolean({ description: 'false: it runs neither by itself nor by hints.' }),
}

export const syncBody = Type.Object({
  name: fields.name,
  from: fields.from,
  to: fields.to,
  onInactive: Type.Optional(fields.onInactive),
  strangers: Type.Optional(fields.strangers),
  filter: Type.Optional(fields.filter),
  guard: Type.Optional(fields.guard),
  schedule: Type.Optional(fields.schedule),
  enabled: Type.Optional(fields.enabled),
})
export type SyncBody = Static<typeof syncBody>

export const syncPatchBody = Type.Partial(syncBody)
export type SyncPatchBody = Static<typeof syncPatchBody>

const counts = Type.Object({
  total: Type.Integer({
    description:
      'Records of the source and addresses on the list without one: the sum of subscribed, unsubscribed, held, unchanged, skipped, error and pending.',
  }),
  subscribed: Type.Integer(),
  unsubscribed: Type.Integer(),
  held: Type.Integer(),
  unchanged: Type.Integer(),
  skipped: Type.Integer(),
  error: Type.Integer(),
  pending: Type.Integer({ description: '0 when the run has ended.' }),
  unheld: Type.Integer({ description: 'Of subscribed: those who were held.' }),
  renamed: Type.Integer({ description: 'Of unchanged: those whose name was set.' }),
})

export const runSchema = Type.Object({
  id: Type.String({ description: '`run_…`' }),
  sync: Type.String({ description: '`msy_…`' }),
  mode: Type.String({ description: 'full, changed or members' }),
  origin: Type.String({ description: 'hand, schedule or hint' }),
  dryRun: Type.Boolean(),
  force: Type.Boolean(),
  state: Type.String({ description: 'running, finished, failed or canceled' }),
  phase: Type.String({ description: 'source, roster, decide, deliver, wait or ended' }),
  counts,
  progress: Type.Object({
    read: Type.Integer({ description: 'Records of the source; 0 some time after the end.' }),
    sourceTotal: Type.Union([Type.Integer(), Type.Null()]),
    onList: Type.Integer({ description: 'Addresses read of the list; 0 some time after the end.' }),
    changes: Type.Integer({ description: 'Changes that were found.' }),
    deliveries: Type.Integer({ description: 'Deliveries that were made for them.' }),
    ended: Type.Integer({ description: 'Of these: those that have ended.' }),
  }),
  blocked: textOrNull('The guard that holds the removals back.'),
  error: textOrNull('Why it failed.'),
  event: textOrNull('The event of its deliveries: GET /deliveries?event=…'),
  createdBy: Type.String(),
  startedAt: time,
  finishedAt: timeOrNull,
})
export type RunView = Static<typeof runSchema>

export const syncSchema = Type.Object({
  id: Type.String({ description: '`msy_…`' }),
  ...fields,
  nextRunAt: timeOrNull,
  createdBy: Type.String(),
  createdAt: time,
  updatedAt: time,
})
export type SyncView = Static<typeof syncSchema>

export const syncListQuery = Type.Object({ ...listQuery })
export type SyncListQuery = Static<typeof syncListQuery>
export const runListQuery = Type.Object({ ...listQuery })
export type RunListQuery = Static<typeof runListQuery>

export const runBody = Type.Object({
  dryRun: Type.Optional(
    Type.Boolean({ description: 'Read both sides, answer what would change, change nothing.' }),
  ),
  force: Type.Optional(Type.Boolean({ description: 'The guards do not count for this run.' })),
  mode: Type.Optional(
    Type.Union([Type.Literal('full'), Type.Literal('changed')], {
      description:
        'changed: only who has changed since the last run, where the source can say so; strangers are left alone.',
    }),
  ),
})
export type RunBody = Static<typeof runBody>

const emails = (description: string) => Type.Array(Type.String(), { description })

export const diffSchema = Type.Object({
  run: Type.String({ description: '`run_…`: its changes stay listed.' }),
  total: Type.Integer(),
  subscribe: emails('Addresses to be put on the list.'),
  unsubscribe: emails('To be taken off.'),
  hold: emails('To get no mail any more.'),
  unhold: emails('To get mail again.'),
  rename: emails('To get another display name.'),
  unchanged: Type.Integer(),
  skipped: Type.Array(
    Type.Object({
      reason: Type.String(),
      key: textOrNull('The record’s id at the source.'),
      email: textOrNull('Its address, if it has one.'),
    }),
  ),
  counts: Type.Object({
    subscribe: Type.Integer(),
    unsubscribe: Type.Integer(),
    hold: Type.Integer(),
    unhold: Type.Integer(),
    rename: Type.Integer(),
    unchanged: Type.Integer(),
    skipped: Type.Integer(),
  }),
  complete: Type.Boolean({
    description: 'false: the lists are cut; GET the run’s changes for all of them.',
  }),
  blocked: Type.Optional(
    Type.String({ description: 'The guard that would hold the removals back.' }),
  ),
})
export type DiffView = Static<typeof diffSchema>

export const changeSchema = Type.Object({
  change: Type.String({ description: 'subscribe, unsubscribe, hold, unhold, rename or skip' }),
  email: textOrNull('The address.'),
  name: Type.String(),
  key: textOrNull('Of a skipped record: its id at the source.'),
  reason: textOrNull('Why it was skipped.'),
  delivery: textOrNull('`dlv_…`; null: none was made.'),
})
export type ChangeView = Static<typeof changeSchema>

export const changeListQuery = Type.Object({
  ...listQuery,
  change: Type.Optional(
    Type.Union(
      ['subscribe', 'unsubscribe', 'hold', 'unhold', 'rename', 'skip'].map((one) =>
        Type.Literal(one),
      ),
    ),
  ),
})
export type ChangeListQuery = Static<typeof changeListQuery>

export const listsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      address: Type.String(),
      name: Type.String(),
      members: Type.Integer(),
    }),
  ),
})
export type ListsView = Static<typeof listsSchema>
