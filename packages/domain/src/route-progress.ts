/**
 * Where a delivery stands on its route between turns, as a value that fits a queue row, and the steps that are left.
 * Not for what follows from a turn: that is `turn.ts`.
 */
import { instant, type Instant } from './clock.ts'

/** Where a delivery stands between turns. Numbers are small counts; `dead` and `marks` are bit masks. */
export type Progress = {
  readonly step: number
  readonly round: number
  /** Failures of the current step, for `after_retries`. */
  readonly stepTries: number
  /** Bit n: step n is of no use to this delivery any more. */
  readonly dead: number
  /** What has happened so far; see `mark`. */
  readonly marks: number
  /** When the soonest of the passed-over or deferred steps may be tried again. */
  readonly waitUntil: Instant | undefined
  readonly possibleDuplicate: boolean
  /** The new address of the current step's recipient; forgotten when the step is left. */
  readonly movedTo: string | undefined
  readonly crashes: number
}

/** Bits of `marks`: `failed`, `open` and `deferred` are of this round, `moved` is of this visit of the step, the others stay. */
export const mark = {
  failed: 1,
  open: 2,
  deferred: 4,
  rejected: 8,
  suppressed: 16,
  off: 32,
  noAddress: 64,
  moved: 128,
} as const

/** Progress of a delivery that was just accepted. */
export const freshProgress: Progress = {
  step: 0,
  round: 0,
  stepTries: 0,
  dead: 0,
  marks: 0,
  waitUntil: undefined,
  possibleDuplicate: false,
  movedTo: undefined,
  crashes: 0,
}

/** Has this bit of `mark` been set? */
export const hasMark = (progress: Progress, bit: number): boolean => (progress.marks & bit) !== 0

/** With a bit of `mark` set; `until`, where given, is when that step may be tried again: the soonest of the round is kept. */
export const marked = (progress: Progress, bit: number, until?: Instant): Progress => ({
  ...progress,
  marks: progress.marks | bit,
  waitUntil:
    until === undefined || progress.waitUntil === undefined
      ? (until ?? progress.waitUntil)
      : instant(Math.min(progress.waitUntil, until)),
})

/** With the current step dead, for the reason that the bit of `mark` says. */
export const killed = (progress: Progress, bit: number): Progress => ({
  ...progress,
  dead: progress.dead | (1 << progress.step),
  marks: progress.marks | bit,
})

/** At another step. What belongs to the step that is left (its tries, its new address) is forgotten; at the same step nothing is. */
export const atStep = (progress: Progress, step: number): Progress =>
  step === progress.step
    ? progress
    : { ...progress, step, stepTries: 0, movedTo: undefined, marks: progress.marks & ~mark.moved }

/** At the beginning of a round: what the last one brought is forgotten, what stays stays. */
export const newRound = (progress: Progress): Progress => ({
  ...progress,
  marks: progress.marks & ~(mark.failed | mark.open | mark.deferred),
  waitUntil: undefined,
})

/** The first live step at or after `from`, of a route with `steps` steps; undefined when there is none. */
export const liveStep = (progress: Progress, steps: number, from: number): number | undefined => {
  for (let step = from; step < steps; step += 1)
    if ((progress.dead & (1 << step)) === 0) return step
  return undefined
}
