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
  /** Bit n: step n's provider took the message, and no receipt has said what became of it. Such a step is dead as well. */
  readonly accepted: number
  /** What has happened so far; see `mark`. */
  readonly marks: number
  /** When the soonest of the passed-over or deferred steps may be tried again. */
  readonly waitUntil: Instant | undefined
  readonly possibleDuplicate: boolean
  /** The new address of the current step's recipient; forgotten when the step is left. */
  readonly movedTo: string | undefined
  readonly crashes: number
}

/** The most steps a route may have: `dead` and `accepted` are bit masks of them. */
export const maxSteps = 16

/** All steps of any route, as in `dead`: nothing is sent any more. */
export const everyStep = 2 ** maxSteps - 1

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
  accepted: 0,
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

/** With the message accepted by the current step, which therefore never sends it again. */
export const acceptedHere = (progress: Progress): Progress => ({
  ...progress,
  dead: progress.dead | (1 << progress.step),
  accepted: progress.accepted | (1 << progress.step),
})

/** May the current step not be used any more? Then it is where the route waits for a receipt, or ends. */
export const isAtDeadStep = ({ dead, step }: Progress): boolean => (dead & (1 << step)) !== 0

/** Has the current step's provider taken the message? */
export const isAcceptedHere = ({ accepted, step }: Progress): boolean =>
  (accepted & (1 << step)) !== 0

/** After a crash of the worker: in doubt where something may have been sent, which at a dead step is nothing. */
export const crashed = (progress: Progress): Progress => ({
  ...progress,
  crashes: progress.crashes + 1,
  possibleDuplicate: progress.possibleDuplicate || !isAtDeadStep(progress),
})

/** The last step whose provider took the message; undefined: none did, or receipts say that none arrived. */
export const lastAccepted = ({ accepted }: Progress): number | undefined =>
  accepted === 0 ? undefined : 31 - Math.clz32(accepted)

/**
 * What a receipt that says "did not arrive" makes of the route: the step counts as refused. Takes the step that the message
 * went out by; returns the progress as it was where that step had not accepted it.
 */
export const notArrived = (progress: Progress, step: number): Progress =>
  (progress.accepted & (1 << step)) === 0
    ? progress
    : {
        ...progress,
        accepted: progress.accepted & ~(1 << step),
        marks: progress.marks | mark.rejected,
      }

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
