/**
 * Fairness between lanes (a lane is one integration of one tenant) by virtual time: whoever got least, weighed, comes
 * next. Values in, values out; the worker keeps the state.
 */

/** What a worker knows of a lane. */
export type LaneShare = {
  readonly key: string
  /** Virtual time: how much the lane has had, divided by its weight. */
  readonly vt: number
  /** Relative share, > 0. */
  readonly weight: number
  /** Rows of the lane now held by this worker (waiting to start or in an exchange). */
  readonly held: number
  /** The most it may hold (the connector's concurrency). */
  readonly maxHeld: number
  /** It has yet to show that its exchanges end, or has been silent for a while. */
  readonly suspect: boolean
}

/** How much to claim for a lane, and the virtual time that it goes on with. */
export type LaneTake = { readonly key: string; readonly take: number; readonly vt: number }

/** While others are there, one lane may hold this part of the window at most (reliability.md rule 14: 75-90 %). */
const shareWhenOthersWait = 0.75
/** This part of the window is kept for lanes that hold nothing: a late-comer finds a place though others hang in all the rest. */
const reservedShare = 1 / 8

/** The places of a window of `capacity` that only a lane which holds nothing may take, and only one each. Tiny windows have none. */
export const reservedPlaces = (capacity: number): number =>
  capacity < 4 ? 0 : Math.max(1, Math.floor(capacity * reservedShare))

/**
 * Lanes of which nobody knows that their exchanges end may hold this part of the places together: twenty endpoints that
 * hang would else hold them all for 15 s, however small the share of each.
 */
const suspectShare = 1 / 2
const suspectCap = (capacity: number): number => Math.max(1, Math.floor(capacity * suspectShare))

/** The places that must be left free for a lane that wants one more and holds `own`. */
const keptFrom = (
  capacity: number,
  { own, suspect, suspects }: { own: number; suspect: boolean; suspects: number },
): number => {
  const reserved = reservedPlaces(capacity)
  if (own === 0) return 0
  // Lanes that answered fell silent with more than their part in hand. Who answers gives its places back soon: while it
  // holds little it may have half of the reserve.
  const isCrowded = suspects > suspectCap(capacity)
  return isCrowded && !suspect && own < reserved ? Math.ceil(reserved / 2) : reserved
}

/** The most places of a window of `capacity` that one lane may hold; `alone`: no other lane is there. */
export const laneCap = (capacity: number, alone: boolean): number =>
  Math.max(
    1,
    Math.min(
      capacity - reservedPlaces(capacity),
      alone ? capacity : Math.floor(capacity * shareWhenOthersWait),
    ),
  )

/**
 * Divides `room` free places of a window of `capacity` among lanes (those that hold or want places), one at a time to
 * whoever has had least by weight. Returns the takes (> 0 only), smallest virtual time first. Sum of takes <= room;
 * nothing but the reserve is left over while a lane wants more and is below its cap.
 */
export const shareOut = (
  lanes: readonly LaneShare[],
  { room, capacity }: { readonly room: number; readonly capacity: number },
): readonly LaneTake[] => {
  const claimants = claimantsOf(lanes, capacity)
  const served: Claimant[] = []
  let left = room
  const isBound = lanes.length > 1
  let suspects = lanes.reduce((n, { suspect, held }) => n + (suspect ? held : 0), 0)
  let next = claimants[0]
  while (left > 0 && next !== undefined) {
    const own = next.held + next.take
    const isOpen =
      left > keptFrom(capacity, { own, suspect: next.suspect, suspects }) &&
      (own === 0 || !next.suspect || !isBound || suspects < suspectCap(capacity))
    if (isOpen) {
      if (next.suspect) suspects += 1
      if (next.take === 0) served.push(next)
      next.take += 1
      next.vt += 1 / next.weight
      left -= 1
    }
    // Who has enough, or must leave the rest to others, is replaced by the last of the heap.
    if (!isOpen || next.take >= next.wants) replaceFirst(claimants)
    sink(claimants, 0)
    next = claimants[0]
  }
  return served.map(({ key, take, startVt: vt }) => ({ key, take, vt }))
}

/** A lane that may take more. `vt` runs ahead with what it is given here. */
type Claimant = {
  readonly key: string
  readonly weight: number
  readonly held: number
  readonly wants: number
  readonly suspect: boolean
  readonly startVt: number
  /** Its place among the lanes: decides between equals. */
  readonly index: number
  vt: number
  take: number
}

/** The lanes that may take more, as a binary heap by virtual time: linear where a sort is not, which 10,000 lanes feel. */
const claimantsOf = (lanes: readonly LaneShare[], capacity: number): Claimant[] => {
  const cap = laneCap(capacity, lanes.length <= 1)
  // A lane that was held back by its own limits has arrears of one window at most: else, once freed, it would shut the
  // others out until it had caught up with all that it could not have used.
  const oldest = lanes.reduce((most, { vt }) => Math.max(most, vt), -Infinity) - capacity
  const heap: Claimant[] = []
  for (const [index, { key, weight, held, maxHeld, suspect, ...lane }] of lanes.entries()) {
    const wants = Math.min(maxHeld, cap) - held
    const startVt = Math.max(lane.vt, oldest)
    if (wants > 0)
      heap.push({ key, weight, held, wants, suspect, startVt, index, vt: startVt, take: 0 })
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at)
  return heap
}

const isBefore = (a: Claimant, b: Claimant): boolean =>
  a.vt === b.vt ? a.index < b.index : a.vt < b.vt

const replaceFirst = (heap: Claimant[]): void => {
  const last = heap.pop()
  if (last !== undefined && heap.length > 0) heap[0] = last
}

/** Moves the entry at `at` down to where it belongs. */
const sink = (heap: Claimant[], at: number): void => {
  const entry = heap[at]
  if (entry === undefined) return
  let hole = at
  for (;;) {
    const child = earlierChild(heap, hole)
    const below = child === undefined ? undefined : heap[child]
    if (child === undefined || below === undefined || isBefore(entry, below)) break
    heap[hole] = below
    hole = child
  }
  heap[hole] = entry
}

const earlierChild = (heap: readonly Claimant[], at: number): number | undefined => {
  const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
  if (left === undefined) return undefined
  return right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1
}

/**
 * May a lane begin one more exchange? The same rule as for claiming, for the places of exchanges: `running` of `places`
 * are taken, `own` of them by this lane and `suspects` by those that are suspect. `alone`: no other lane has anything to
 * begin or running.
 */
export const mayStart = ({
  places,
  running,
  own,
  alone,
  suspect,
  suspects,
}: {
  readonly places: number
  readonly running: number
  readonly own: number
  readonly alone: boolean
  readonly suspect: boolean
  readonly suspects: number
}): boolean => {
  const free = places - running
  if (own === 0) return free > 0
  if (suspect && !alone && suspects >= suspectCap(places)) return false
  return free > keptFrom(places, { own, suspect, suspects }) && own < laneCap(places, alone)
}

/** Exchanges that a lane may have at a time before anything is known of it. */
export const firstWindow = 8
/** An exchange that took longer and brought nothing held its place in vain: connecting alone may take 5 s, an answer 15 s. */
const vainMs = 4_000

/**
 * How many exchanges a lane may have at a time, `max` at most, after one more has ended: one more for each that was worth
 * its place (where it used half of what it may have), half as many after one that was not. So lanes that hang give up the
 * places that all the others need, however many they are, and one that answers is at its `max` within some round trips;
 * one that needs few has few to lose when its endpoint stops answering. `own`: those it had, with the one that ended.
 */
export const nextWindow = (
  window: number,
  max: number,
  {
    tookMs,
    accepted,
    own,
  }: { readonly tookMs: number; readonly accepted: boolean; readonly own: number },
): { readonly window: number; readonly isWorth: boolean } => {
  if (!accepted && tookMs >= vainMs)
    return { window: Math.max(1, Math.floor(window / 2)), isWorth: false }
  const isUsed = 2 * own >= window
  return { window: isUsed ? Math.min(max, window + 1) : window, isWorth: true }
}

/** The virtual time of a lane after `n` rows. */
export const charge = (vt: number, n: number, weight: number): number => vt + n / weight

/** Where a lane that was idle begins: at the smallest active virtual time, so that idling earns no credit. */
export const startVt = (own: number, active: readonly number[]): number =>
  active.length === 0 ? own : Math.max(own, Math.min(...active))
