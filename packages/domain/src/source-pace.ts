/**
 * When a source is asked again: after a turn that went well, one that failed, one that made no sense. Pure; the clock and
 * the randomness are the caller's. Not for what a turn reads.
 */

/** - `running`: somebody has its lease. `stopped`: until its settings change, or somebody starts it. */
export type SourceState = 'idle' | 'running' | 'backing_off' | 'stopped'

/** How a turn ended. */
export type SourceTurn =
  | { readonly kind: 'ok'; readonly more: boolean }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number | undefined }
  | { readonly kind: 'stop'; readonly reason: string }

export type SourcePace = {
  readonly state: Exclude<SourceState, 'running'>
  /** In a row. */
  readonly failures: number
  /** Until the next turn; undefined: there is none by itself. */
  readonly waitMs: number | undefined
}

const second = 1_000
/** The first wait after a failure is between one and two seconds. */
const firstBackoffMs = 2 * second
const longestBackoffMs = 300 * second
/** What the other side may ask for: a wrong header must not park a source for a month. */
const longestAskedMs = 86_400 * second
const shortestEveryMs = second
const longestEveryMs = 7 * 86_400 * second
/** Of the interval, in both directions: sources that were made together are not asked together for ever. */
const jitter = 0.1

/** The interval between two turns, in ms: within a second and a week, and up to a tenth off by `random` (0 to 1). */
export const jitteredMs = (everyMs: number, random: number): number => {
  const within = Math.min(longestEveryMs, Math.max(shortestEveryMs, everyMs))
  return Math.max(shortestEveryMs, within * (1 - jitter + 2 * jitter * random))
}

/** The wait after the n-th failure in a row (n from 1): doubles from 1-2 s to 2.5-5 min, half of it by `random` (0 to 1). */
export const backoffMs = (failures: number, random: number): number => {
  const doublings = Math.min(Math.max(failures, 1) - 1, 20)
  return Math.min(longestBackoffMs, firstBackoffMs * 2 ** doublings) * (0.5 + random / 2)
}

/** What follows from a turn. `everyMs`: the source's own interval; `failures`: those in a row before this turn. */
export const afterTurn = (
  turn: SourceTurn,
  given: { readonly failures: number; readonly everyMs: number; readonly random: number },
): SourcePace => {
  switch (turn.kind) {
    case 'ok':
      return {
        state: 'idle',
        failures: 0,
        waitMs: turn.more ? 0 : jitteredMs(given.everyMs, given.random),
      }
    case 'retry': {
      const failures = given.failures + 1
      const asked = Math.min(longestAskedMs, turn.afterMs ?? 0)
      const waitMs = Math.max(asked, backoffMs(failures, given.random))
      return { state: 'backing_off', failures, waitMs }
    }
    case 'stop':
      return { state: 'stopped', failures: given.failures + 1, waitMs: undefined }
  }
}
