/**
 * Simulated time: a heap of events, ties broken by chance. After each event all microtasks drain before the next one
 * comes, so that code which awaits runs as far as it can (reliability.md §5). Knows nothing of deliveries.
 */
import { instant, type Instant } from '@carillon/domain/clock'
import type { Prng } from './prng.ts'

export type Kernel = {
  readonly now: () => Instant
  /** Calls `fn` after `ms` of simulated time. */
  readonly after: (ms: number, fn: () => void) => void
  /** Takes something into the trace that is compared between two runs of a seed. */
  readonly note: (text: () => string) => void
  /** Runs events until `done` says so or no event is left before `until`. `check` is called after each event. */
  readonly run: (options: {
    readonly until: Instant
    readonly done: () => boolean
    readonly check: () => void
  }) => Promise<void>
  readonly events: () => number
  /** Hash of all events' times and notes so far. */
  readonly hash: () => number
}

type Event = { readonly at: number; readonly tie: number; readonly fn: () => void }

export type KernelOptions = {
  readonly prng: Prng
  readonly startAt: Instant
  /** Called with each note: for a person to read. */
  readonly trace?: (at: Instant, text: string) => void
}

/** Makes a kernel whose time begins at `startAt`. */
export const createKernel = ({ prng, startAt, trace }: KernelOptions): Kernel => {
  const heap: Event[] = []
  let now = startAt
  let events = 0
  let hash = 0x811c9dc5
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ (value | 0), 0x01000193) >>> 0
  }
  return {
    now: () => now,
    after: (ms, fn) => push(heap, { at: now + Math.max(0, ms), tie: prng.next(), fn }),
    note: (text) => {
      const words = text()
      for (let at = 0; at < words.length; at += 1) mix(words.charCodeAt(at))
      trace?.(now, words)
    },
    run: async ({ until, done, check }) => {
      for (let event = heap[0]; event !== undefined && event.at <= until; event = heap[0]) {
        pop(heap)
        now = instant(event.at)
        events += 1
        mix(Math.round((event.at - startAt) * 1_000))
        event.fn()
        // oxlint-disable-next-line no-await-in-loop -- one event after the other is what makes a run repeatable
        await microtasksDrained()
        check()
        if (done()) return
      }
    },
    events: () => events,
    hash: () => hash,
  }
}

/** `await Promise.resolve()` would drain one generation only. */
const microtasksDrained = async (): Promise<void> => {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie)

const push = (heap: Event[], event: Event): void => {
  let hole = heap.push(event) - 1
  while (hole > 0) {
    const above = (hole - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || !isBefore(event, parent)) break
    heap[hole] = parent
    hole = above
  }
  heap[hole] = event
}

const pop = (heap: Event[]): void => {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let hole = 0
  for (;;) {
    const left = heap[2 * hole + 1]
    const right = heap[2 * hole + 2]
    if (left === undefined) break
    const [child, at] =
      right !== undefined && isBefore(right, left) ? [right, 2 * hole + 2] : [left, 2 * hole + 1]
    if (!isBefore(child, last)) break
    heap[hole] = child
    hole = at
  }
  heap[hole] = last
}
