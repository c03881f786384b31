/**
 * GCRA (the generic cell rate algorithm) on one number: the theoretical arrival time, `tat`. Slots are handed out with
 * their own times, so that workers which spend them later than they got them can't overshoot together. The SQL in
 * `delivery/queries` mirrors `takeSlots`; a test holds both to the same answers.
 */
import { addMs, instant, type Instant } from './clock.ts'

/** `n` messages per `perMs`, at most `burst` at once (>= 1). */
export type RateLimit = { readonly n: number; readonly perMs: number; readonly burst: number }

export type SlotGrant = {
  /** When the first slot may be spent; the following ones come `intervalMs` apart. */
  readonly firstAt: Instant
  readonly count: number
  readonly intervalMs: number
  /** The new theoretical arrival time. */
  readonly tat: Instant
}

/** Milliseconds between two messages at the full rate. */
export const intervalMs = (limit: RateLimit): number => limit.perMs / limit.n

/**
 * Takes up to `wanted` slots that can be spent until `now + horizonMs`. `tat` undefined: never used before.
 * Returns the grant (count may be 0: then `firstAt` is when to ask again).
 */
export const takeSlots = (
  limit: RateLimit,
  tat: Instant | undefined,
  {
    now,
    wanted,
    horizonMs,
  }: { readonly now: Instant; readonly wanted: number; readonly horizonMs: number },
): SlotGrant => {
  const step = intervalMs(limit)
  // An idle limiter may let `burst` through at once: its arrival time lags up to (burst - 1) steps behind now.
  const earliest = now - (limit.burst - 1) * step
  const first = instant(Math.max(tat ?? earliest, earliest))
  const room = Math.floor((now + horizonMs - first) / step) + 1
  const count = Math.max(0, Math.min(wanted, room))
  return { firstAt: first, count, intervalMs: step, tat: instant(first + count * step) }
}

/** Granted slots that are left: `count` of them from `firstAt` on, `intervalMs` apart. */
export type SlotRun = Pick<SlotGrant, 'firstAt' | 'count' | 'intervalMs'>

/**
 * What is left of granted slots, earliest first, when at `now` only `spoken` rows wait for one: those that are spare and
 * whose time is longer past than the burst allows are lost. Kept, they would be a burst of their own an hour later.
 */
export const withoutStale = <Run extends SlotRun>(
  limit: RateLimit,
  runs: readonly Run[],
  { now, spoken }: { readonly now: Instant; readonly spoken: number },
): readonly Run[] => {
  const oldest = now - (limit.burst - 1) * intervalMs(limit)
  let spare = runs.reduce((sum, { count }) => sum + count, 0) - spoken
  return runs.flatMap((run) => {
    const stale = Math.max(0, Math.ceil((oldest - run.firstAt) / run.intervalMs))
    const lost = Math.max(0, Math.min(stale, run.count, spare))
    spare -= lost
    if (lost === run.count) return []
    return [{ ...run, firstAt: addMs(run.firstAt, lost * run.intervalMs), count: run.count - lost }]
  })
}
