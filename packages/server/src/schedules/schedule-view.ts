/** Rows of schedules and runs as the API shows them. */
import { toIso } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { RunRow, ScheduleRow } from './queries.ts'
import type { RunView, ScheduleView } from './schema.ts'

/** A schedule. */
export const viewSchedule = (row: ScheduleRow): ScheduleView => ({
  id: printId('schedule', asId('schedule', row.id)),
  name: row.name,
  pattern: row.pattern,
  timeZone: row.time_zone,
  eventType: row.event_type,
  data: row.data,
  subscriptionId: row.subscription_id,
  collect: row.collect,
  missed: row.missed,
  enabled: row.enabled,
  nextRunAt: row.next_run_at === null ? null : toIso(row.next_run_at),
  createdBy: row.created_by,
  modifiedBy: row.modified_by,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

/** A run. */
export const viewRun = (row: RunRow): RunView => ({
  dueAt: toIso(row.due_at),
  ranAt: toIso(row.ran_at),
  byHand: row.by_hand,
  event: row.event_id === null ? null : printId('event', asId('event', row.event_id)),
  missed: row.missed,
  error: row.error,
})
