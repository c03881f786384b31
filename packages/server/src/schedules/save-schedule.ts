/** Makes, changes and deletes schedules: everything checked, and the next run worked out. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { toIso } from '@carillon/domain/clock'
import { appError, type FieldError } from '@carillon/domain/errors'
import { asId, printId, type Id, type TenantId } from '@carillon/domain/ids'
import { nextRun, type LocalPattern } from '@carillon/domain/schedule'
import { parseZone } from '@carillon/domain/window'
import { notFound } from '../platform/http/path-id.ts'
import type { Principal } from '../platform/http/principal.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { findPublishTarget } from '../rules/find-publish-target.ts'
import { readCronPattern } from './cron-pattern.ts'
import { findSchedule } from './list-schedules.ts'
import * as sql from './queries.ts'
import { viewSchedule } from './schedule-view.ts'
import type {
  PreviewAnswer,
  PreviewBody,
  ScheduleBody,
  SchedulePatchBody,
  ScheduleView,
} from './schema.ts'

export type SaveContext = {
  readonly client: PoolClient
  readonly tenantId: TenantId
  readonly principal: Principal
  readonly now: Instant
}

/** The job looks at all of them; and nobody keeps an eye on more. */
const maxSchedules = 500
const longestData = 64 * 1_024

/**
 * Makes a schedule. Throws `validation_failed` with pointers, `forbidden` for `collect`, `conflict` when there are too many,
 * or one of this name.
 */
export const createSchedule = async (
  context: SaveContext,
  id: Id<'schedule'>,
  body: ScheduleBody,
): Promise<ScheduleView> => {
  const { client, tenantId } = context
  if ((await sql.countSchedules(client, tenantId)) >= maxSchedules) {
    throw appError('conflict', {
      detail: `This tenant has ${maxSchedules} schedules, which is the most: delete some.`,
    })
  }
  await requireFreeName(context, id, body.name)
  return await save(context, id, body)
}

/** In lists, logs and reports a schedule is its name. */
const requireFreeName = async (
  { client, tenantId }: SaveContext,
  id: Id<'schedule'>,
  name: string,
): Promise<void> => {
  const other = await sql.findScheduleOfName(client, tenantId, { name, id })
  if (other === undefined) return
  const printed = printId('schedule', asId('schedule', other))
  const detail = `There is a schedule "${name}" already (${printed}): change that one, or give another name.`
  throw appError('conflict', { detail })
}

/** Replaces a schedule, or changes parts of it; the next run is worked out anew. Throws as `createSchedule`, and `not_found`. */
export const updateSchedule = async (
  context: SaveContext,
  id: Id<'schedule'>,
  change:
    | { readonly kind: 'replace'; readonly body: ScheduleBody }
    | { readonly kind: 'patch'; readonly body: SchedulePatchBody },
): Promise<ScheduleView> => {
  const row = await sql.lockScheduleRow(context.client, context.tenantId, id)
  if (row === undefined) throw notFound()
  const body =
    change.kind === 'replace' ? change.body : { ...bodyOf(viewSchedule(row)), ...change.body }
  // Those that shared a name before can be changed all the same.
  if (body.name !== row.name) await requireFreeName(context, id, body.name)
  return await save(context, id, body)
}

/** Deletes a schedule with its runs. Throws `not_found`. */
export const deleteSchedule = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'schedule'>,
): Promise<void> => {
  if (!(await sql.deleteScheduleRow(client, tenantId, id))) throw notFound()
}

/** When a pattern would be due, from now on. Throws `validation_failed`. */
export const previewSchedule = async (
  { client, tenantId, now }: Omit<SaveContext, 'principal'>,
  { pattern: text, timeZone, count = 10 }: PreviewBody,
): Promise<PreviewAnswer> => {
  const errors: FieldError[] = []
  const zone = zoneOf(timeZone ?? (await sql.findTenantZone(client, tenantId)), errors)
  const pattern = patternOf(text, errors)
  requireValid(errors)
  return {
    timeZone: zone,
    runs: pattern === undefined ? [] : [...runsAfter(pattern, now, { zone, count })],
  }
}

function* runsAfter(
  pattern: LocalPattern,
  after: Instant,
  { zone, count }: { readonly zone: string; readonly count: number },
): Generator<string> {
  let at: Instant | undefined = after
  for (let n = 0; n < count; n += 1) {
    at = nextRun(pattern, at, zone)
    if (at === undefined) return
    yield toIso(at)
  }
}

const bodyOf = ({
  id: _id,
  nextRunAt: _next,
  createdBy: _by,
  modifiedBy: _last,
  createdAt: _at,
  updatedAt: _changed,
  ...body
}: ScheduleView): ScheduleBody => body

const patternOf = (text: string, errors: FieldError[]) => {
  const read = readCronPattern(text)
  if (read.ok) return read.pattern
  errors.push({ pointer: '/pattern', detail: read.reason })
  return undefined
}

const zoneOf = (text: string, errors: FieldError[]): string => {
  const parsed = parseZone(text)
  if (parsed.ok) return parsed.zone
  errors.push({ pointer: '/timeZone', detail: parsed.reason })
  return 'UTC'
}

const save = async (
  context: SaveContext,
  id: Id<'schedule'>,
  body: ScheduleBody,
): Promise<ScheduleView> => {
  const { client, tenantId, principal, now } = context
  const { data = {}, collect = null, enabled = true } = body
  if (collect === 'all_error_lines' && !principal.platformAdmin) {
    throw appError('forbidden', {
      detail:
        'Only a platform admin may collect the error lines of the whole installation: use error_lines.',
    })
  }
  const errors: FieldError[] = []
  const zone = zoneOf(body.timeZone ?? (await sql.findTenantZone(client, tenantId)), errors)
  const pattern = patternOf(body.pattern, errors)
  if (JSON.stringify(data).length > longestData)
    errors.push({ pointer: '/data', detail: 'Is longer than 64 KiB as JSON: shorten it.' })
  const subscription = await subscriptionOf(context, body, errors)
  requireValid(errors)
  const next = pattern === undefined || !enabled ? undefined : nextRun(pattern, now, zone)
  await sql.saveScheduleRow(client, tenantId, id, {
    name: body.name,
    pattern: body.pattern.trim(),
    time_zone: zone,
    event_type: body.eventType ?? 'schedule.due',
    data,
    subscription,
    collect,
    missed: body.missed ?? 'once',
    enabled,
    nextRunAt: next === undefined ? null : toIso(next),
    by: principal.actor,
  })
  return await findSchedule(client, tenantId, id)
}

const subscriptionOf = async (
  { client, tenantId }: SaveContext,
  { subscriptionId }: ScheduleBody,
  errors: FieldError[],
): Promise<string | null> => {
  if (subscriptionId === undefined || subscriptionId === null) return null
  const action = { type: 'publish', subscriptionId } as const
  const found = await findPublishTarget(client, tenantId, { action, pointer: '' })
  if (found.ok) return found.target.id
  errors.push(...found.errors)
  return null
}
