/**
 * Fairness between lanes (a lane is one integration of one tenant) by virtual time: whoever got least, weighed, comes
 * next. Work-conserving: nobody else waiting, the whole window is yours. Values in, values out; the worker keeps the state.
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
}

/** How much to claim for a lane. */
export type LaneTake = { readonly key: string; readonly take: number }

/** While others wait, one lane may hold this part of the window at most (reliability.md rule 14: 75-90 %). */
const shareWhenOthersWait = 0.75

/**
 * Divides `room` free places of a window of `capacity` among lanes that have work due.
 * Returns the takes (> 0 only), smallest virtual time first. Sum of takes <= room.
 * One lane gets at most a slice a turn while others wait, so that a late-comer is never behind a whole window of another.
 */
export const shareOut = (
  lanes: readonly LaneShare[],
  { room, capacity }: { readonly room: number; readonly capacity: number },
): readonly LaneTake[] => {
  const waiting = lanes.filter((lane) => lane.held < lane.maxHeld)
  const alone = lanes.length <= 1
  const cap = alone ? capacity : Math.max(1, Math.floor(capacity * shareWhenOthersWait))
  const order = [...waiting].sort((a, b) => a.vt - b.vt || (a.key < b.key ? -1 : 1))
  const takes: LaneTake[] = []
  let left = room
  for (const [index, lane] of order.entries()) {
    if (left <= 0) break
    const fair = alone ? left : Math.max(1, Math.ceil(left / (order.length - index)))
    const take = Math.min(fair, left, lane.maxHeld - lane.held, cap - lane.held)
    if (take <= 0) continue
    takes.push({ key: lane.key, take })
    left -= take
  }
  return takes
}

/** The virtual time of a lane after `n` rows. */
export const charge = (vt: number, n: number, weight: number): number => vt + n / weight

/** Where a lane that was idle begins: at the smallest active virtual time, so that idling earns no credit. */
export const startVt = (own: number, active: readonly number[]): number =>
  active.length === 0 ? own : Math.max(own, Math.min(...active))
