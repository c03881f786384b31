/**
 * Looks for work on behalf of all loops of a process, by one cheap question to the database at a time, and wakes those that have
 * some: an idle process asks three times a second instead of forty. Not for claiming work, and not for what a process knows of
 * by itself (that wakes the loop directly).
 */
import type { AskForWork, WorkQuestion } from '../db/ask-for-work.ts'
import type { Timers } from '../timers.ts'
import type { TurnResult } from './run-loop.ts'
import type { Waker } from './waiting.ts'

export type Watch = {
  /** Work is looked for so often, and so often the loop looks itself while the lookout sees nothing. */
  readonly everyMs: number
  /** True whenever a turn of the loop would find something; it may be true more often. */
  readonly due: WorkQuestion
  readonly waker: Waker
}

export type Lookout = {
  /** Looks for work for a loop, and wakes it. Returns how long the loop waits by itself, for its `idleMs`. Only before the first turn. */
  readonly watch: (watch: Watch) => () => number
  /** Asks what is due to be asked. Throws when the database does not answer. */
  readonly turn: () => Promise<TurnResult>
  /** How long until the next turn. */
  readonly idleMs: () => number
  /** Nobody looks any more: from now on the loops do so themselves. */
  readonly end: () => void
}

/** A loop that is watched over looks by itself no more often than this: a net below, nothing should ever fall into it. */
const safetyMs = 30_000
/** Each a little less often than the one before it: all at the same moment would open a connection each. */
const apartMs = 1_000
/** An answer that takes longer is none: one table that is slow to read must not hold up the others' work. */
const answerWithinMs = 1_000
/** With nothing to watch. */
const longestIdleMs = 1_000

type Post = Watch & { askedMs: number }

/**
 * Makes one. Until its first answer, and whenever an answer fails or takes over a second, it sees nothing: then every loop is
 * woken and looks for itself at its own pace, until an answer comes in time again.
 */
export const createLookout = ({
  prepare,
  nowMs,
  timers,
}: {
  /** Makes what asks these questions, `createAskForWork`. */
  readonly prepare: (questions: readonly WorkQuestion[]) => AskForWork
  /** Milliseconds that only ever grow, at the pace of time. */
  readonly nowMs: () => number
  readonly timers: Timers
}): Lookout => {
  const posts: Post[] = []
  let ask: AskForWork | undefined
  let seesNothing = true
  const end = (): void => {
    if (seesNothing) return
    seesNothing = true
    for (const { waker } of posts) waker.wake()
  }
  const idleMs = (): number => Math.min(longestIdleMs, ...posts.map(({ everyMs }) => everyMs))
  /** What would be too late at the next turn is asked in this one. */
  const isDue = ({ askedMs, everyMs }: Post): boolean => nowMs() + idleMs() - askedMs > everyMs
  return {
    watch: (watch) => {
      if (ask !== undefined) throw new Error('the lookout has begun: watch before its first turn')
      const { everyMs } = watch
      const restMs = Math.max(everyMs, safetyMs + posts.length * apartMs)
      posts.push({ ...watch, askedMs: -Infinity })
      return () => (seesNothing ? everyMs : restMs)
    },
    idleMs,
    end,
    turn: async () => {
      ask ??= prepare(posts.map(({ due }) => due))
      const wanted = posts.map(isDue)
      if (!wanted.includes(true)) return 'idle'
      const startedMs = nowMs()
      for (const [at, post] of posts.entries()) if (wanted[at] === true) post.askedMs = startedMs
      const cancel = timers.after(answerWithinMs, end)
      try {
        const answers = await ask(wanted)
        if (nowMs() - startedMs < answerWithinMs) seesNothing = false
        for (const [at, { waker }] of posts.entries()) if (answers[at] === true) waker.wake()
        return 'idle'
      } catch (error) {
        end()
        throw error
      } finally {
        cancel()
      }
    },
  }
}
