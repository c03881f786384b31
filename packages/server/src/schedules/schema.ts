/** Schedules as the API takes and shows them. */
import { Type, type Static } from 'typebox'
import { missedPolicies } from '@carillon/domain/schedule'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const timeOrNull = Type.Union([time, Type.Null()])

const fields = {
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]*$' }),
  pattern: Type.String({
    maxLength: 100,
    description:
      'Minute, hour, day of month, month, day of week, such as `30 5 * * 1-5`; or `@daily`, `@hourly` ...',
  }),
  timeZone: Type.String({
    maxLength: 64,
    description: "IANA name. Default: the tenant's.",
  }),
  eventType: Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    description: 'Of the event that a run makes; rules may match it. Default: `schedule.due`.',
  }),
  data: Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), {
    description: "The event's data: what functions get as eventParameters. Default: {}.",
  }),
  subscriptionId: Type.Union([Type.String({ maxLength: 100 }), Type.Null()], {
    description: 'Publishes each run to the registrations of this subscription.',
  }),
  collect: Type.Union([Type.Literal('error_lines'), Type.Literal('all_error_lines'), Type.Null()], {
    description:
      "`error_lines`: the data gets `errors` (the log's error lines of the last day that name this tenant), `timestamp`, `since` and `total`. `all_error_lines`: those of the whole installation, for platform admins only.",
  }),
  missed: Type.Enum([...missedPolicies], {
    description:
      'Runs that were due while nothing ran: `skip` them, make up for all by `once` (default), or run `all` (100 at most).',
  }),
  enabled: Type.Boolean(),
}

const { name, pattern, ...optional } = fields
const optionalFields = {
  timeZone: Type.Optional(optional.timeZone),
  eventType: Type.Optional(optional.eventType),
  data: Type.Optional(optional.data),
  subscriptionId: Type.Optional(optional.subscriptionId),
  collect: Type.Optional(optional.collect),
  missed: Type.Optional(optional.missed),
  enabled: Type.Optional(optional.enabled),
}

export const scheduleBody = Type.Object({ name, pattern, ...optionalFields })
export type ScheduleBody = Static<typeof scheduleBody>

export const schedulePatchBody = Type.Object({
  name: Type.Optional(name),
  pattern: Type.Optional(pattern),
  ...optionalFields,
})
export type SchedulePatchBody = Static<typeof schedulePatchBody>

export const scheduleSchema = Type.Object({
  id: Type.String({ description: '`sch_…`' }),
  ...fields,
  nextRunAt: timeOrNull,
  createdBy: Type.String(),
  modifiedBy: Type.String(),
  createdAt: time,
  updatedAt: time,
})
export type ScheduleView = Static<typeof scheduleSchema>

export const scheduleListQuery = Type.Object({
  ...listQuery,
  enabled: Type.Optional(Type.Boolean()),
  subscriptionId: Type.Optional(Type.String({ maxLength: 100 })),
})
export type ScheduleListQuery = Static<typeof scheduleListQuery>

export const runSchema = Type.Object({
  dueAt: time,
  ranAt: time,
  byHand: Type.Boolean(),
  event: Type.Union([Type.String(), Type.Null()]),
  missed: Type.Integer({ description: 'Times that were passed over just before this run.' }),
  error: Type.Union([Type.String(), Type.Null()]),
})
export type RunView = Static<typeof runSchema>

export const runListQuery = Type.Object({ ...listQuery })
export type RunListQuery = Static<typeof runListQuery>

export const previewBody = Type.Object({
  pattern: fields.pattern,
  timeZone: Type.Optional(fields.timeZone),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 10 })),
})
export type PreviewBody = Static<typeof previewBody>

export const previewAnswer = Type.Object({
  timeZone: Type.String(),
  runs: Type.Array(time, { description: 'The next times at which it is due.' }),
})
export type PreviewAnswer = Static<typeof previewAnswer>
