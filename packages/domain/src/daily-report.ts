/**
 * When a tenant's daily report is due and which day it is of. A report is of the local day before the morning on which it
 * was due, one a day; after an outage there is one for the newest day, which names those that had none. No I/O.
 */
// The polyfill's own code, as in `window.ts`.
import { Temporal } from 'temporal-polyfill/implementation'
import type { Instant } from './clock.ts'
import { nextDailyTime, zonedDailyTime } from './window.ts'

/** Days without a report that are still told: further back nobody asks. */
const mostMissed = 31

export type DueReport = {
  /** The local date to report, "2026-11-21"; undefined: that of the last due time was reported before. */
  readonly day: string | undefined
  /** Local dates before it that got no report, oldest first. */
  readonly missed: readonly string[]
  /** When the next one is due. */
  readonly next: Instant
}

/** What is due at `now`. `at`: "05:30" in `zone`. `lastDay`: the newest local date that was reported, or is not wanted. */
export const dueReport = (
  { at, lastDay }: { readonly at: string; readonly lastDay: string },
  now: Instant,
  zone: string,
): DueReport => {
  const next = nextDailyTime(at, now, zone)
  const last = Temporal.PlainDate.from(lastDay)
  const day = lastDueDate(at, now, zone).subtract({ days: 1 })
  if (Temporal.PlainDate.compare(day, last) <= 0) return { day: undefined, missed: [], next }
  const gap = Math.min(day.since(last, { largestUnit: 'days' }).days - 1, mostMissed)
  const missed = Array.from({ length: gap }, (_, n) => day.subtract({ days: gap - n }).toString())
  return { day: day.toString(), missed, next }
}

/** The newest local date whose `at` has come. */
const lastDueDate = (at: string, now: Instant, zone: string): Temporal.PlainDate => {
  // From tomorrow: a gap may move a time across midnight, and so may the date line.
  let date = localDate(now, zone).add({ days: 1 })
  while (zonedDailyTime(date.toString(), at, zone) > now) date = date.subtract({ days: 1 })
  return date
}

const localDate = (at: Instant, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(zone).toPlainDate()

/** The newest local date that needs no report when one is first wanted at `now`: the next report is the next morning's. */
export const lastUnwantedDay = (now: Instant, zone: string, at: string): string =>
  lastDueDate(at, now, zone).subtract({ days: 1 }).toString()

/** The local date of yesterday. */
export const yesterday = (now: Instant, zone: string): string =>
  localDate(now, zone).subtract({ days: 1 }).toString()

/** Is this a day that has ended, and not more than `days` ago? */
export const isReportable = (day: string, now: Instant, zone: string, days: number): boolean => {
  const today = localDate(now, zone)
  const { days: ago } = today.since(Temporal.PlainDate.from(day), { largestUnit: 'days' })
  return ago >= 1 && ago <= days
}

/** The instants at which a local day begins and ends: 23 to 25 hours apart, or what the zone makes of it. */
export const dayBounds = (
  day: string,
  zone: string,
): { readonly from: Instant; readonly until: Instant } => ({
  from: zonedDailyTime(day, '00:00', zone),
  until: zonedDailyTime(Temporal.PlainDate.from(day).add({ days: 1 }).toString(), '00:00', zone),
})
