/**
 * When a schedule is due: local times of a pattern as points in time, and what becomes of runs that were missed. The
 * pattern itself is read elsewhere; here it is a function from one local time to the next. Zones: `window.ts`.
 *
 * A fixed time ("at 02:30") that does not exist on a day is taken at the end of the gap, one that exists twice at the
 * first occurrence: once a day, every day. An interval ("every 15 minutes") follows the time that passes: nothing in a
 * gap, and both hours of an overlap.
 */
import type { Instant } from './clock.ts'
import { instantsOfWallClock, wallClockMs } from './window.ts'

export type LocalPattern = {
  /** The first local time after this one (see `wallClockMs`), in whole seconds; undefined: there is none any more. */
  readonly nextLocal: (afterLocalMs: number) => number | undefined
  /** Its hours are open or stepped ("*"): it follows the time that passes. */
  readonly isInterval: boolean
}

/** No zone has ever moved its clock by more than a day (the date line) at once. */
const largestShiftMs = 25 * 3_600_000
/** Overlaps are of an hour or less, but for the date line's day, which is an overlap of dates and not of a clock time. */
const largestOverlapMs = 3 * 3_600_000

/**
 * The first instant after `after` at which the pattern is due in the zone; undefined when there is none any more. The
 * result is strictly later than `after`, so that repeating it walks through all runs, each once.
 */
export const nextRun = (
  pattern: LocalPattern,
  after: Instant,
  zone: string,
): Instant | undefined => {
  const here = wallClockMs(after, zone)
  let local = pattern.nextLocal(here - (pattern.isInterval ? largestOverlapMs : largestShiftMs))
  let best: Instant | undefined
  let bestLocal = Infinity
  while (local !== undefined && local <= bestLocal + largestOverlapMs) {
    const at = earliestAfter(local, { pattern, after, zone })
    if (at !== undefined && (best === undefined || at < best)) {
      best = at
      bestLocal = local
    }
    local = pattern.nextLocal(local)
  }
  return best
}

const earliestAfter = (
  local: number,
  {
    pattern,
    after,
    zone,
  }: { readonly pattern: LocalPattern; readonly after: Instant; readonly zone: string },
): Instant | undefined => {
  const { instants, gapEnd } = instantsOfWallClock(local, zone)
  const candidates = pattern.isInterval
    ? instants
    : [instants[0] ?? gapEnd].filter((at) => at !== undefined)
  return candidates.find((at) => at > after)
}

/**
 * - `skip`: what was missed is not made up for.
 * - `once`: however many were missed, one run makes up for them.
 * - `all`: each one is run, the newest hundred at most.
 */
export const missedPolicies = ['skip', 'once', 'all'] as const
export type MissedPolicy = (typeof missedPolicies)[number]

/** Not later than this after its time a run counts as punctual. */
const punctualMs = 60_000
const mostMadeUp = 100

export type DueRuns = {
  /** The times to run for, oldest first. */
  readonly run: readonly Instant[]
  /** The times that are passed over, as far as they are still told one by one; `missed` is their number. */
  readonly missed: number
  /** When it is due next; undefined: never again. */
  readonly next: Instant | undefined
}

/** What is to be done at `now` with a schedule that was due at `dueAt` (<= now). */
export const dueRuns = (
  pattern: LocalPattern,
  {
    dueAt,
    now,
    zone,
    missed,
  }: {
    readonly dueAt: Instant
    readonly now: Instant
    readonly zone: string
    readonly missed: MissedPolicy
  },
): DueRuns => {
  const times: Instant[] = []
  let passed = 0
  let at: Instant | undefined = dueAt
  while (at !== undefined && at <= now) {
    times.push(at)
    // Only the newest are kept: a schedule by the second that slept for a year must not fill the memory.
    if (times.length > mostMadeUp) {
      times.shift()
      passed += 1
    }
    at = nextRun(pattern, at, zone)
  }
  const run = times.filter((time, index) => isRun(missed, now - time, index === times.length - 1))
  return { run, missed: passed + times.length - run.length, next: at }
}

const isRun = (missed: MissedPolicy, lateMs: number, isNewest: boolean): boolean => {
  switch (missed) {
    case 'all':
      return true
    case 'once':
      return isNewest
    case 'skip':
      return isNewest && lateMs <= punctualMs
  }
}
