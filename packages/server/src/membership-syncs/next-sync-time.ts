/** When a sync is due by itself: reads what people say of it, and works the next time out. Not for making runs (`jobs.ts`). */
import { addMs, type Instant } from '@carillon/domain/clock'
import { parseDuration } from '@carillon/domain/duration'
import type { FieldError } from '@carillon/domain/errors'
import { nextRun } from '@carillon/domain/schedule'
import { parseZone } from '@carillon/domain/window'
import { readCronPattern } from '../schedules/cron-pattern.ts'
import type { SyncSchedule } from './schema.ts'

/** Sooner would only read both sides again and again; hooks tell of single changes. */
const soonestMs = 5 * 60_000
const latestMs = 30 * 86_400_000

/** What is wrong with it. */
export const scheduleErrors = (schedule: SyncSchedule | null): readonly FieldError[] => {
  if (schedule === null) return []
  const { every, cron, timeZone } = schedule
  if ((every === undefined) === (cron === undefined)) {
    return [{ pointer: '/schedule', detail: 'Say either "every" or "cron".' }]
  }
  return [...everyErrors(every), ...cronErrors(cron), ...zoneErrors(timeZone)]
}

const everyErrors = (every: string | undefined): readonly FieldError[] => {
  if (every === undefined) return []
  const ms = parseDuration(every)
  const pointer = '/schedule/every'
  if (typeof ms !== 'number') return [{ pointer, detail: `"${every}" ${ms.error}.` }]
  return ms < soonestMs || ms > latestMs ? [{ pointer, detail: 'Must be from 5m to 30d.' }] : []
}

const cronErrors = (cron: string | undefined): readonly FieldError[] => {
  const read = cron === undefined ? undefined : readCronPattern(cron)
  return read === undefined || read.ok ? [] : [{ pointer: '/schedule/cron', detail: read.reason }]
}

const zoneErrors = (zone: string | undefined): readonly FieldError[] => {
  const read = zone === undefined ? undefined : parseZone(zone)
  return read === undefined || read.ok
    ? []
    : [{ pointer: '/schedule/timeZone', detail: read.reason }]
}

/** The next time after `now`, or null: it has no schedule. `zone`: the tenant's. */
export const nextSyncTime = (
  schedule: SyncSchedule | null,
  now: Instant,
  zone: string,
): Instant | null => {
  if (schedule === null) return null
  const { every, cron, timeZone } = schedule
  if (every !== undefined) {
    const ms = parseDuration(every)
    return typeof ms === 'number' ? addMs(now, ms) : null
  }
  const read = cron === undefined ? undefined : readCronPattern(cron)
  return read?.ok === true ? (nextRun(read.pattern, now, timeZone ?? zone) ?? null) : null
}
