/**
 * The sending half of a worker: starts what was claimed, round the lanes, within the limits, and turns each result into a
 * turn to settle. No claiming, no SQL; what stands in an exchange's way is checked here once more, at the last moment.
 */
import { breakerSignal, recordSignal } from '@carillon/domain/breaker'
import { instant, type Instant } from '@carillon/domain/clock'
import { mayBegin } from '@carillon/domain/deadline'
import { charge, mayStart } from '@carillon/domain/lanes'
import type { Outcome } from '@carillon/domain/outcome'
import { isAtDeadStep } from '@carillon/domain/route-progress'
import { decideTurn, type Gate, type TurnResult } from '@carillon/domain/turn'
import { createRoster } from '../platform/roster.ts'
import type { Timers } from '../platform/timers.ts'
import { ExchangeEnd } from './exchange-signal.ts'
import { nextSlotAt, spendSlot } from './granted-slots.ts'
import {
  isBusy,
  isSuspect,
  noteFinished,
  type Lane,
  type LaneBook,
  type WaitingClaim,
} from './lane-book.ts'
import type { Prepared, Sender } from './sender.ts'
import type { SettleQueue } from './settle-queue.ts'
import { turnText, type ClaimedDelivery, type LaneView } from './store.ts'

export type DispatcherOptions = {
  readonly book: LaneBook
  readonly sender: Sender
  readonly now: () => Instant
  /** No deadline can be kept by a clock that is not: then nothing begins. */
  readonly clockIsTrusted: () => boolean
  readonly timers: Timers
  readonly random: () => number
  readonly concurrency: number
  /**
   * Where results go. Those that are not on record yet keep their places: a crash would repeat these exchanges too, and
   * what a crash can repeat is bounded by the places.
   */
  readonly settles: Pick<SettleQueue, 'add' | 'count'>
  /** There may be room for more claims. */
  readonly onRoom: () => void
  /** An exchange has ended. */
  readonly onFinished: () => void
  /** May an exchange still begin on this lease? */
  readonly isLive: (claim: ClaimedDelivery, now: Instant) => boolean
  /** Rows of the lane that may not begin as they are: they go back, and are claimed anew. */
  readonly onGiveBack: (lane: Lane, which: (claim: WaitingClaim) => boolean) => void
  /** A lane's breaker is open: what waits for it must be given back. */
  readonly onOpened: (lane: Lane, openUntil: Instant) => void
  /** A bug in a connector. */
  readonly onBug: (error: unknown, claim: ClaimedDelivery) => void
}

type Exchange = Extract<Prepared['next'], { kind: 'exchange' }>['exchange']

const isInTime = ({ createdAt, sendUntil }: ClaimedDelivery, now: Instant): boolean =>
  mayBegin({ now, createdAt, sendUntil })

export class Dispatcher {
  readonly #o: DispatcherOptions
  readonly #inFlight = createRoster<ExchangeEnd>()
  #stopped = false
  #pumpQueued = false
  /** Places that lanes hold which have not shown yet that they answer, as the pump goes. */
  #suspects = 0

  constructor(options: DispatcherOptions) {
    this.#o = options
  }

  /** Exchanges under way. */
  inFlight(): number {
    return this.#inFlight.size()
  }

  /** What they are of. */
  claimsInFlight(): readonly ClaimedDelivery[] {
    return this.#inFlight.map((end) => end.claim)
  }

  /** From now on nothing is begun. */
  stop(): void {
    this.#stopped = true
  }

  /** The worker gives up on what is in flight. */
  abort(reason: Error): void {
    this.#inFlight.each((end) => end.abort(reason))
  }

  /** Deadlines as the store has them, by turn: an exchange whose end has come nearer is aborted there. */
  noteDeadlines(ends: ReadonlyMap<string, Instant>): void {
    this.#inFlight.each((end) => {
      const sendUntil = ends.get(turnText(end.claim))
      if (sendUntil !== undefined && sendUntil !== end.sendUntil) end.moveTo(sendUntil)
    })
  }

  /** Starts what may start now: round the lanes, one row each, until nothing more fits. */
  pump(): void {
    this.#pumpQueued = false
    if (this.#stopped || !this.#o.clockIsTrusted()) return
    const now = this.#o.now()
    const busy = [...this.#o.book.lanes.values()].filter(isBusy)
    this.#suspects = busy.reduce((n, lane) => n + (isSuspect(lane, now) ? lane.inFlight : 0), 0)
    let active = busy.filter((lane) => lane.waiting.length > 0)
    while (active.length > 0)
      active = active.filter((lane) => this.#startOne(lane, now, busy.length <= 1))
    this.#o.onRoom()
  }

  pumpSoon(): void {
    if (this.#pumpQueued) return
    this.#pumpQueued = true
    queueMicrotask(() => this.pump())
  }

  /** Rows that have waited here for too long: past their deadline they end, and what may not begin any more goes back. */
  review(): void {
    if (this.#stopped || !this.#o.clockIsTrusted()) return
    const now = this.#o.now()
    for (const lane of this.#o.book.lanes.values()) {
      for (const claim of lane.waiting.filter((claim) => !isInTime(claim, now)))
        this.#pass(lane, claim, now, { kind: 'deadline' })
      this.#o.onGiveBack(lane, (claim) => this.#isStale(claim, now))
    }
    this.pump()
  }

  #isStale(claim: WaitingClaim, now: Instant): boolean {
    return (claim.startBy ?? now) < now || !this.#o.isLive(claim, now)
  }

  /** Starts the lane's oldest row if it may, or says what stands in its way; true: the lane is worth asking again. */
  #startOne(lane: Lane, now: Instant, alone: boolean): boolean {
    const claim = lane.waiting[0]
    if (claim === undefined) return false
    if (this.#isStale(claim, now)) {
      this.#o.onGiveBack(lane, (other) => other === claim)
      return lane.waiting.length > 0
    }
    const gate = this.#gate(lane, claim, now)
    if (gate !== undefined) {
      this.#pass(lane, claim, now, gate)
      return lane.waiting.length > 0
    }
    const suspect = isSuspect(lane, now)
    if (!this.#mayStart(lane, { alone, suspect }) || !this.#hasSlot(lane, now)) return false
    const prepared = this.#o.sender.prepare(claim)
    this.#takeOff(lane, claim)
    const shut = prepared.next.kind === 'gate' ? prepared.next.gate : closed(prepared, now)
    if (shut !== undefined) this.#finish(lane, claim, prepared, now, { kind: 'gate', gate: shut })
    else if (prepared.next.kind === 'exchange') {
      lane.slots = spendSlot(lane.slots)
      lane.vt = charge(lane.vt, 1, lane.traits.weight)
      if (suspect) this.#suspects += 1
      this.#begin(lane, claim, { prepared, exchange: prepared.next.exchange, now })
    }
    return lane.waiting.length > 0
  }

  /** A lane that hangs must not hold every place: the next message of somebody else begins at once. */
  #mayStart(lane: Lane, its: { readonly alone: boolean; readonly suspect: boolean }): boolean {
    if (lane.inFlight >= lane.window) return false
    const { concurrency: places } = this.#o
    const running = this.inFlight() + this.#o.settles.count()
    return mayStart({ ...its, places, running, own: lane.inFlight, suspects: this.#suspects })
  }

  /** Has the lane a slot of its rate limit that may be spent now? Rows without any go back: they are claimed with new ones. */
  #hasSlot(lane: Lane, now: Instant): boolean {
    if (lane.traits.rate === undefined) return true
    const at = nextSlotAt(lane, now)
    if (at === undefined) this.#o.onGiveBack(lane, () => true)
    else if (at > now && lane.slotTimerAt !== at) {
      lane.slotTimerAt = at
      // Once per slot, and again when the timer was early.
      this.#o.timers.after(at - now, () => {
        lane.slotTimerAt = undefined
        this.pumpSoon()
      })
    }
    return at !== undefined && at <= now
  }

  #takeOff(lane: Lane, claim: WaitingClaim): void {
    if (lane.waiting[0] === claim) lane.waiting.shift()
    else lane.waiting = lane.waiting.filter((other) => other !== claim)
    this.#o.book.waiting -= 1
  }

  /** The row's turn is over without an exchange. */
  #pass(lane: Lane, claim: WaitingClaim, now: Instant, gate: Gate): void {
    this.#takeOff(lane, claim)
    this.#finish(lane, claim, this.#o.sender.prepare(claim), now, { kind: 'gate', gate })
  }

  #begin(
    lane: Lane,
    claim: ClaimedDelivery,
    { prepared, exchange, now }: { prepared: Prepared; exchange: Exchange; now: Instant },
  ): void {
    const end = new ExchangeEnd(claim, this.#o)
    this.#inFlight.add(end)
    if (lane.inFlight === 0) lane.heardAt = now
    lane.inFlight += 1
    exchange(now, end.signal).then(
      (outcome) => this.#exchanged(lane, end, prepared, now, outcome),
      (error: unknown) => {
        this.#o.onBug(error, claim)
        const reason = `the connector failed: ${String(error)}`
        this.#exchanged(lane, end, prepared, now, { kind: 'unknown', reason })
      },
    )
  }

  /** What stands in the way right before the exchange: a step that is over, the deadline, then the breaker. */
  #gate(lane: Lane, claim: ClaimedDelivery, now: Instant): Gate | undefined {
    if (isAtDeadStep(claim.progress)) return { kind: 'no_receipt' }
    if (!isInTime(claim, now)) return { kind: 'deadline' }
    const breaker = lane.view.breaker
    if (breaker.state === 'closed' || lane.probe?.turn === turnText(claim)) return undefined
    return { kind: 'breaker_open', openUntil: instant(Math.max(breaker.openUntil, now + 1)) }
  }

  #exchanged(
    lane: Lane,
    end: ExchangeEnd,
    prepared: Prepared,
    startedAt: Instant,
    outcome: Outcome,
  ): void {
    const { claim, sendUntil } = end
    end.done()
    this.#inFlight.remove(end)
    noteFinished(lane, {
      now: this.#o.now(),
      startedAt,
      accepted: outcome.kind === 'accepted',
    })
    const held = sendUntil === claim.sendUntil ? claim : { ...claim, sendUntil }
    this.#finish(lane, held, prepared, startedAt, { kind: 'exchange', outcome })
    this.#noteSignal(lane, prepared, outcome)
    this.pumpSoon()
    this.#o.onFinished()
  }

  /** The breaker as this worker sees it, at once: the settled one comes some milliseconds later and overrules it. */
  #noteSignal(lane: Lane, { breakerPolicy }: Prepared, outcome: Outcome): void {
    const before = lane.view.breaker
    const breaker = recordSignal(before, breakerSignal(outcome), {
      policy: breakerPolicy,
      now: this.#o.now(),
      reason: outcome.kind === 'accepted' ? '' : outcome.reason,
    })
    // One more failure of a closed breaker is no news that a scan could be too old for: that may know it to be open.
    const isNews = breaker.state !== before.state
    if (breaker !== before) this.noteBreaker(lane.view, breaker, isNews)
  }

  /** A probe that asked nobody is not made yet: the next row makes it. */
  #endProbe(lane: Lane, claim: ClaimedDelivery, { kind }: TurnResult): void {
    if (lane.probe === undefined || lane.probe.turn !== turnText(claim)) return
    lane.probe = kind === 'gate' ? { ...lane.probe, turn: undefined } : undefined
    if (kind === 'gate') lane.hot = true
  }

  /** The breaker of an integration. `isNews`: newer than what a scan under way will say. */
  noteBreaker(
    { tenantId, integrationId }: LaneView,
    breaker: LaneView['breaker'],
    isNews = true,
  ): void {
    for (const lane of this.#o.book.ofIntegration(tenantId, integrationId)) {
      const wasOpen = lane.view.breaker.state !== 'closed'
      lane.view = { ...lane.view, breaker }
      if (isNews) lane.breakerAt = this.#o.now()
      if (breaker.state === 'closed') lane.hot ||= wasOpen
      else this.#o.onOpened(lane, breaker.openUntil)
    }
  }

  #finish(
    lane: Lane,
    claim: ClaimedDelivery,
    prepared: Prepared,
    startedAt: Instant,
    result: TurnResult,
  ): void {
    const now = this.#o.now()
    this.#endProbe(lane, claim, result)
    const decision = decideTurn(prepared.policy, claim.progress, result, {
      now,
      random: this.#o.random(),
      sendUntil: claim.sendUntil,
      onUnknown: prepared.onUnknown,
      breakerOpenMs: prepared.breakerPolicy.openMs,
      attempts: claim.attemptCount,
      ...(prepared.opensAt === undefined ? {} : { opensAt: prepared.opensAt }),
    })
    this.#o.settles.add({
      claim,
      dueAt: claim.dueAt,
      startedAt,
      durationMs: Math.max(0, now - startedAt),
      outcome: result.kind === 'exchange' ? result.outcome : undefined,
      decision,
      nextIntegrationId:
        decision.kind === 'pending'
          ? prepared.integrationOf(decision.progress.step)
          : claim.integrationId,
      channel: prepared.channel,
      breakerPolicy: prepared.breakerPolicy,
    })
  }
}

/** The hours of a delivery, at the last moment. */
const closed = ({ opensAt }: Prepared, now: Instant): Gate | undefined => {
  if (opensAt === undefined) return undefined
  const at = opensAt(now)
  return at === now ? undefined : { kind: 'window_closed', opensAt: at }
}
