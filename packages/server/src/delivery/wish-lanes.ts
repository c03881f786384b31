/**
 * What a worker claims next: which lanes, how many rows of each. Transactional lanes first, each by its fair share;
 * rate limits and breakers narrow it. Asks the store for slots and probes, one row each; claims nothing itself.
 */
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import { shareOut, type LaneTake } from '@carillon/domain/lanes'
import { withoutStale } from '@carillon/domain/rate-limit'
import { slotsLeft } from './granted-slots.ts'
import { isAtDeadStep } from '@carillon/domain/route-progress'
import { claimGate, heldLimit, isBusy, isSuspect, type Lane, type LaneBook } from './lane-book.ts'
import type { ClaimedDelivery, DeliveryStore, LaneClaim } from './store.ts'

/** A probe of a half-open breaker that did not report within this is given to somebody else. */
const probeMs = 60_000
/** Rate-limit slots are taken this far ahead. */
const slotHorizonMs = 1_000

type Store = Pick<DeliveryStore, 'takeProbe' | 'takeSlots'>

export type WishOptions = {
  readonly lanes: readonly Lane[]
  readonly store: Store
  readonly now: Instant
  /** Free places, and how many there are in all. */
  readonly room: number
  readonly capacity: number
}

/** A small claim costs nearly as much as a large one: lanes that still have rows waiting here wait for more room. */
export const isWorthClaiming = ({ lanes }: LaneBook, isRoomy: boolean): boolean => {
  for (const lane of lanes.values())
    if (lane.hot && (isRoomy || lane.waiting.length === 0)) return true
  return false
}

/** The claims to make now. Lanes that may not be claimed at the moment stop being hot. */
export const wishLanes = async (options: WishOptions): Promise<readonly LaneClaim[]> => {
  const wishes: LaneClaim[] = []
  for (const priority of [0, 1]) {
    const taken = wishes.reduce((sum, wish) => sum + wish.take, 0)
    const takes = takesOf(priority, { ...options, room: options.room - taken })
    for (const { key, take, vt } of takes) {
      const lane = options.lanes.find((one) => one.key === key)
      if (lane === undefined) continue
      lane.vt = vt
      // oxlint-disable-next-line no-await-in-loop -- only rate-limited and half-open lanes ask the store, one row each
      const wish = await wishOf(lane, take, options)
      if (wish === undefined) lane.hot = false
      else wishes.push(wish)
    }
  }
  return wishes
}

const takesOf = (
  priority: number,
  { lanes, now, room, capacity }: WishOptions,
): readonly LaneTake[] =>
  shareOut(
    lanes
      .filter((lane) => lane.view.priority === priority && isBusy(lane))
      .map((lane) => ({
        key: lane.key,
        vt: lane.vt,
        weight: lane.traits.weight,
        held: lane.waiting.length + lane.inFlight,
        maxHeld: lane.hot ? heldLimit(lane, now) : 0,
        suspect: isSuspect(lane, now),
      })),
    { room, capacity },
  )

const wishOf = async (
  lane: Lane,
  take: number,
  { store, now }: WishOptions,
): Promise<LaneClaim | undefined> => {
  const { tenantId, integrationId, priority } = lane.view
  const key = { tenantId, integrationId, priority, from: lane.from }
  const gate = claimGate(lane, now)
  if (gate === 'none') return undefined
  // The row that was claimed for it could not be sent.
  if (holdsProbe(lane, now)) return { ...key, take: 1, onlyPassing: false }
  // A probe is an exchange like others: without a slot it could not begin, and nobody else could probe meanwhile.
  const canProbe = gate === 'probe' && (await takeSlots(lane, 1, store, now)) > 0
  if (canProbe && (await takeProbe(lane, store, now)))
    return { ...key, take: 1, onlyPassing: false }
  if (gate !== 'all') return { ...key, take, onlyPassing: true }
  const n = await takeSlots(lane, take, store, now)
  return n === 0 ? undefined : { ...key, take: n, onlyPassing: false }
}

const holdsProbe = ({ probe, view: { breaker } }: Lane, now: Instant): boolean =>
  breaker.state !== 'closed' && probe !== undefined && probe.turn === undefined && now < probe.until

const takeProbe = async (lane: Lane, store: Store, now: Instant): Promise<boolean> => {
  if (lane.view.breaker.state === 'closed') return false
  if (!(await store.takeProbe(lane.view, probeMs))) return false
  lane.probe = { turn: undefined, until: addMs(now, probeMs) }
  lane.view = {
    ...lane.view,
    breaker: { ...lane.view.breaker, state: 'half_open', openUntil: addMs(now, probeMs) },
  }
  return true
}

/** How many more rows the rate limit lets us hold; takes new slots when the granted ones are spoken for. */
const takeSlots = async (lane: Lane, take: number, store: Store, now: Instant): Promise<number> => {
  const { rate } = lane.traits
  if (rate === undefined) return take
  const spoken = lane.waiting.length
  lane.slots = withoutStale(rate, lane.slots, { now, spoken })
  if (slotsLeft(lane) <= spoken) {
    const slots = await store.takeSlots(lane.view, rate, take, slotHorizonMs)
    if (slots.count > 0) lane.slots = [...lane.slots, { ...slots, grantedAt: now }]
    else lane.nextDue = instant(Math.max(now + 1, slots.firstAt - slotHorizonMs))
  }
  return Math.min(take, Math.max(0, slotsLeft(lane) - spoken))
}

/** Does this row wait for an open breaker? One at a dead step sends nothing there. */
export const waitsForBreaker = ({ whenOpen, progress }: ClaimedDelivery): boolean =>
  whenOpen === 'hold' && !isAtDeadStep(progress)
