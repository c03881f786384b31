/**
 * What one worker knows of the lanes: views, virtual time, rows held, where the next claim begins. A notebook, not a
 * truth: the truth is in the store, and the next lane scan corrects the notebook.
 */
import { breakerGate } from '@carillon/domain/breaker'
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import { firstWindow, nextWindow, startVt } from '@carillon/domain/lanes'
import { stateText } from './fold-states.ts'
import type { GrantedSlots } from './granted-slots.ts'
import { createRestingLanes } from './resting-lanes.ts'
import type { LaneTraits } from './sender.ts'
import {
  laneText,
  turnText,
  type ClaimedDelivery,
  type LaneClaim,
  type LaneKey,
  type LaneView,
  type Release,
  type SettledTurn,
} from './store.ts'

export type Lane = {
  readonly key: string
  view: LaneView
  /** The last scan saw it. One without pending rows is not seen, and what is known of its breaker and pause grows old. */
  isListed: boolean
  /** When this worker's own exchanges or settles last told it of the breaker. */
  breakerAt: Instant
  traits: LaneTraits
  vt: number
  /** Claimed and not begun, oldest first. */
  waiting: WaitingClaim[]
  inFlight: number
  /** Places kept for rows that are just being accepted (hand-over.ts). */
  reserved: number
  /** Exchanges that it may have at a time as things are (domain/lanes.ts, nextWindow). */
  window: number
  /** Its last exchange was worth its place; false also before the first. */
  isProven: boolean
  /** When an exchange last ended, or the first of those in flight began. */
  heardAt: Instant
  /** Rows may be due that were not claimed yet. */
  hot: boolean
  /** Claims look at rows due from here on. */
  from: Instant
  /** When the next row falls due, as far as known. */
  nextDue: Instant | undefined
  /** Exchanges finished since the last look, and when that was: for the rate. */
  finished: number
  measuredAt: Instant
  perSecond: number
  /** Slots of the rate limit that were granted and not spent, earliest first. */
  slots: readonly GrantedSlots[]
  /** The slot for which the dispatcher has set a timer. */
  slotTimerAt: Instant | undefined
  /** This worker holds the probe of the half-open breaker until then; the turn that it is made with, once a row is claimed for it. */
  probe: { readonly turn: string | undefined; readonly until: Instant } | undefined
}

/** A claimed row that waits for its exchange. `startBy`: begun later it would break a limit, so it goes back. */
export type WaitingClaim = ClaimedDelivery & { readonly startBy?: Instant }

/** What an exchange says of the breaker is in the store by then. */
const settledWithinMs = 2_000

/** Late rows (committed after younger ones were claimed) are still seen this far back; older ones by the lane scan. */
const lateMs = 250

export type LaneBook = {
  readonly lanes: Map<string, Lane>
  /** Rows claimed and not begun, over all lanes. */
  waiting: number
  /** Takes the lane scan in: new lanes, fresh views, lanes that are gone. Late rows pull `from` back. */
  readonly update: (views: readonly LaneView[], now: Instant) => void
  readonly find: (key: LaneKey) => Lane | undefined
  /** The same, and a lane that rests is taken up again: it had no work at the last scan, but had some a while ago. */
  readonly revive: (key: LaneKey, now: Instant) => Lane | undefined
  /** All lanes of an integration, whatever their priority. */
  readonly ofIntegration: (tenantId: string, integrationId: string) => readonly Lane[]
}

/** Makes an empty book. `traits` says how a lane may be served. */
export const createLaneBook = (traits: (view: LaneView) => LaneTraits): LaneBook => {
  const lanes = new Map<string, Lane>()
  const resting = createRestingLanes<Lane>()
  // Rows of one lane come in a row: comparing is several times cheaper than a text key for each.
  let last: Lane | undefined
  const find = (key: LaneKey): Lane | undefined => {
    if (last === undefined || !isSameLane(last.view, key)) last = lanes.get(laneText(key))
    return last
  }
  const update = (views: readonly LaneView[], now: Instant): void => {
    const seen = new Set<string>()
    const byIntegration = new Map<string, LaneView>()
    const active = [...lanes.values()].filter(isActive).map((lane) => lane.vt)
    for (const view of views) {
      const key = laneText(view)
      seen.add(key)
      byIntegration.set(stateText(view), view)
      const lane = lanes.get(key)
      if (lane === undefined)
        lanes.set(key, newLane(key, view, traits(view), startVt(0, active), now))
      else refresh(lane, view, traits(view), startVt(lane.vt, active), now)
    }
    for (const [key, lane] of lanes) {
      lane.isListed = seen.has(key)
      if (lane.isListed) continue
      // Nothing of it waits in the store, but perhaps of the same integration with another priority.
      const sibling = byIntegration.get(stateText(lane.view))
      if (!isActive(lane)) {
        lanes.delete(key)
        resting.add(lane, now)
      } else if (sibling !== undefined) noteHealth(lane, sibling, now)
    }
    last = undefined
  }
  const revive = (key: LaneKey, now: Instant): Lane | undefined => {
    const known = find(key)
    if (known !== undefined) return known
    const lane = resting.take(laneText(key), now)
    if (lane === undefined) return undefined
    const active = [...lanes.values()].filter(isActive).map((other) => other.vt)
    const vt = startVt(lane.vt, active)
    lanes.set(
      lane.key,
      Object.assign(lane, { vt, isListed: false, hot: false, nextDue: undefined }),
    )
    return lane
  }
  return {
    lanes,
    waiting: 0,
    update,
    find,
    revive,
    ofIntegration: (tenantId, integrationId) =>
      [0, 1].flatMap(
        (priority) => lanes.get(laneText({ tenantId, integrationId, priority })) ?? [],
      ),
  }
}

const isSameLane = (a: LaneKey, b: LaneKey): boolean =>
  a.integrationId === b.integrationId && a.tenantId === b.tenantId && a.priority === b.priority

/** Rows that a worker with these places may hold: what it starts within a tenth of a second, at least its places. */
export const capacityOf = (book: LaneBook, concurrency: number): number => {
  let rate = 0
  for (const lane of book.lanes.values()) rate += lane.perSecond
  return Math.max(concurrency, Math.ceil(rate * 0.1))
}

/** Has the lane work that is due, waiting here or in an exchange? */
export const isBusy = (lane: Lane): boolean => lane.hot || isActive(lane)

const isActive = (lane: Lane): boolean =>
  lane.inFlight > 0 || lane.waiting.length > 0 || lane.reserved > 0

const newLane = (
  key: string,
  view: LaneView,
  traits: LaneTraits,
  vt: number,
  now: Instant,
): Lane => ({
  key,
  view,
  isListed: true,
  breakerAt: instant(0),
  traits,
  vt,
  waiting: [],
  inFlight: 0,
  reserved: 0,
  window: Math.min(firstWindow, traits.concurrency),
  isProven: false,
  heardAt: instant(0),
  hot: view.dueAt <= now,
  from: view.dueAt,
  nextDue: view.dueAt,
  finished: 0,
  measuredAt: now,
  perSecond: 0,
  slots: [],
  slotTimerAt: undefined,
  probe: undefined,
})

const refresh = (
  lane: Lane,
  view: LaneView,
  traits: LaneTraits,
  vt: number,
  now: Instant,
): void => {
  // An idle lane earns no credit: it starts again at the smallest active virtual time.
  if (!isActive(lane)) lane.vt = vt
  noteHealth(lane, view, now)
  lane.view = { ...view, breaker: lane.view.breaker }
  lane.traits = traits
  lane.window = Math.min(lane.window, traits.concurrency)
  lane.from = instant(Math.min(lane.from, view.dueAt))
  lane.nextDue = view.dueAt
  if (view.dueAt <= now) lane.hot = true
}

/** Breaker and pause as a scan saw them. */
const noteHealth = (lane: Lane, { breaker, pausedUntil }: LaneView, now: Instant): void => {
  // A scan may have looked before the settle that says what this worker has seen: it must not close what opened here.
  const isOlder = now - lane.breakerAt < settledWithinMs
  lane.view = { ...lane.view, pausedUntil, breaker: isOlder ? lane.view.breaker : breaker }
}

/** After a claim of several lanes: what each of them got. */
export const noteClaims = (
  book: LaneBook,
  wishes: readonly LaneClaim[],
  claims: readonly ClaimedDelivery[],
): void => {
  const byLane = Map.groupBy(claims, (claim) => book.find(claim))
  for (const wish of wishes) {
    const lane = book.find(wish)
    if (lane !== undefined) noteClaim(lane, byLane.get(lane) ?? [], wish)
  }
}

const noteClaim = (
  lane: Lane,
  claims: readonly ClaimedDelivery[],
  { take, onlyPassing }: LaneClaim,
): void => {
  lane.hot = claims.length >= take
  const [first] = claims
  if (lane.probe !== undefined && lane.probe.turn === undefined && !onlyPassing)
    lane.probe = first && { ...lane.probe, turn: turnText(first) }
  const last = claims.at(-1)
  if (last !== undefined) lane.from = instant(Math.max(lane.from, addMs(last.dueAt, -lateMs)))
}

/** Exchanges of a lane in flight, and none has ended for this long: it may well be that none will. */
const silentMs = 1_000

const isSilent = (lane: Lane, now: Instant): boolean =>
  lane.inFlight > 0 && now - lane.heardAt > silentMs

/** Has the lane yet to show that its exchanges end, or that they still do? Together such lanes get a part of the places only. */
export const isSuspect = (lane: Lane, now: Instant): boolean =>
  !lane.isProven || isSilent(lane, now)

/** After an exchange of the lane has ended. */
export const noteFinished = (
  lane: Lane,
  {
    now,
    startedAt,
    accepted,
  }: { readonly now: Instant; readonly startedAt: Instant; readonly accepted: boolean },
): void => {
  const { window, isWorth } = nextWindow(lane.window, lane.traits.concurrency, {
    tookMs: now - startedAt,
    accepted,
    own: lane.inFlight,
  })
  lane.window = window
  lane.isProven = isWorth
  lane.heardAt = now
  lane.inFlight -= 1
  lane.finished += 1
}

/** The most rows a lane may hold: what it can start within a tenth of a second at its measured rate. */
export const heldLimit = (lane: Lane, now: Instant): number => {
  const elapsed = now - lane.measuredAt
  if (elapsed >= 100) {
    const rate = (lane.finished * 1000) / elapsed
    lane.perSecond = lane.perSecond === 0 ? rate : lane.perSecond * 0.5 + rate * 0.5
    lane.finished = 0
    lane.measuredAt = now
  }
  // What waits here for places that hang could wait in the queue as well, where it takes no room from others.
  if (isSuspect(lane, now)) return lane.window
  return Math.max(
    Math.min(lane.traits.concurrency, 2 * lane.window),
    Math.ceil(lane.perSecond * 0.1),
  )
}

/** May rows of this lane be claimed now, and which? */
export const claimGate = (lane: Lane, now: Instant): 'all' | 'passing' | 'probe' | 'none' => {
  if (lane.view.pausedUntil !== undefined && lane.view.pausedUntil > now) return 'none'
  switch (breakerGate(lane.view.breaker, now)) {
    case 'closed':
      return 'all'
    case 'open':
      return 'passing'
    case 'probe':
      return 'probe'
  }
}

/** Lanes whose next row has fallen due may have work again. */
export const heatDueLanes = (book: LaneBook, now: Instant): void => {
  for (const lane of book.lanes.values())
    if (lane.nextDue !== undefined && lane.nextDue <= now) {
      lane.hot = true
      lane.nextDue = undefined
    }
}

/** These lanes may have work. False: some are not known well enough (undefined: it may be anywhere), which a scan can tell. */
export const heatLanes = (book: LaneBook, keys: readonly LaneKey[] | undefined): boolean => {
  let areKnown = keys !== undefined
  for (const key of keys ?? []) {
    const lane = book.find(key)
    if (lane?.isListed === true) lane.hot = true
    else areKnown = false
  }
  return areKnown
}

/** Where settled turns go next: that lane is looked at when they fall due. True: it is one that only a scan can find, soon. */
export const noteNextTurns = (
  book: LaneBook,
  turns: readonly SettledTurn[],
  { now, pollMs }: { readonly now: () => Instant; readonly pollMs: number },
): boolean => {
  const at = now()
  let isUnknown = false
  for (const { claim, decision, nextIntegrationId } of turns) {
    if (decision.kind === 'final') continue
    const lane = book.find({ ...claim, integrationId: nextIntegrationId })
    if (lane?.isListed !== true) isUnknown ||= decision.dueAt <= addMs(at, pollMs)
    if (lane === undefined) continue
    if (decision.dueAt <= at) lane.hot = true
    else lane.nextDue = instant(Math.min(lane.nextDue ?? decision.dueAt, decision.dueAt))
    lane.from = instant(Math.min(lane.from, decision.dueAt))
  }
  return isUnknown
}

/** Takes rows that were not begun out of a lane; returns what to tell the store. The next claim looks far enough back to find them. */
export const dropWaiting = (
  book: LaneBook,
  lane: Lane,
  which: (claim: WaitingClaim) => boolean,
  dueAt: Instant,
  reason: Release['reason'],
): readonly Release[] => {
  const dropped = lane.waiting.filter(which)
  lane.waiting = lane.waiting.filter((claim) => !which(claim))
  book.waiting -= dropped.length
  lane.from = dropped.reduce((from, claim) => instant(Math.min(from, claim.dueAt)), lane.from)
  return dropped.map((claim) => ({ claim, dueAt, reason }))
}

/** All rows that were not begun: they are due again at once. */
export const dropAll = (book: LaneBook, now: Instant): readonly Release[] =>
  [...book.lanes.values()].flatMap((lane) => dropWaiting(book, lane, () => true, now, 'released'))

/**
 * Rows that can't begin here soon: of lanes that are paused (due when the pause ends), and of those that fell silent. What was claimed ahead while a lane was quick would else take the room from all the others.
 */
export const dropBlocked = (book: LaneBook, now: Instant): readonly Release[] =>
  [...book.lanes.values()].flatMap((lane) => {
    const until = lane.view.pausedUntil
    if (until !== undefined && until > now)
      return dropWaiting(book, lane, () => true, until, 'rate_limited')
    return isSilent(lane, now) ? dropWaiting(book, lane, () => true, now, 'released') : []
  })

/** In how many ms the next row falls due, as far as known: 1 at least, `most` at most. */
export const nextDueIn = (book: LaneBook, now: Instant, most: number): number => {
  let ms = most
  for (const { nextDue } of book.lanes.values())
    if (nextDue !== undefined) ms = Math.min(ms, Math.max(1, nextDue - now))
  return ms
}

/** Deadlines as the store has them, by turn: they may have been moved since the claim. */
export const noteDeadlines = (book: LaneBook, ends: ReadonlyMap<string, Instant>): void => {
  for (const lane of book.lanes.values())
    lane.waiting = lane.waiting.map((claim) => {
      const sendUntil = ends.get(turnText(claim)) ?? claim.sendUntil
      return sendUntil === claim.sendUntil ? claim : { ...claim, sendUntil }
    })
}

/** Rows that were reaped while they waited here are somebody else's now: those not begun are not begun. */
export const forgetWaiting = (book: LaneBook, lost: ReadonlySet<string>): void => {
  for (const lane of book.lanes.values()) {
    const before = lane.waiting.length
    lane.waiting = lane.waiting.filter((claim) => !lost.has(turnText(claim)))
    book.waiting -= before - lane.waiting.length
  }
}
