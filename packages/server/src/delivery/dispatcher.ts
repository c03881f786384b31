/**
 * The sending half of a worker: starts what was claimed, round the lanes, within the limits, and turns each result into a
 * turn to settle. No claiming, no SQL; what stands in an exchange's way is checked here once more, at the last moment.
 */
import { breakerGate, breakerSignal, recordSignal } from '@carillon/domain/breaker'
import { instant, type Instant } from '@carillon/domain/clock'
import { mayBegin } from '@carillon/domain/deadline'
import { charge, mayStart } from '@carillon/domain/lanes'
import type { Outcome } from '@carillon/domain/outcome'
import { decideTurn, type TurnResult } from '@carillon/domain/turn'
import type { Timers } from '../platform/timers.ts'
import { exchangeSignal } from './exchange-signal.ts'
import { isBusy, spendSlot, type Lane, type LaneBook } from './lane-book.ts'
import type { Prepared, Sender } from './sender.ts'
import { turnText, type ClaimedDelivery, type LaneView, type SettledTurn } from './store.ts'

export type DispatcherOptions = {
  readonly book: LaneBook
  readonly sender: Sender
  readonly now: () => Instant
  readonly timers: Timers
  readonly random: () => number
  readonly concurrency: number
  /** Aborted when the worker gives up on what is in flight. */
  readonly signal: AbortSignal
  readonly settle: (turn: SettledTurn) => void
  /** There may be room for more claims. */
  readonly onRoom: () => void
  /** An exchange has ended. */
  readonly onFinished: () => void
  /** A lane's breaker is open: what waits for it must be given back. */
  readonly onOpened: (lane: Lane, openUntil: Instant) => void
  /** A bug in a connector. */
  readonly onBug: (error: unknown, claim: ClaimedDelivery) => void
}

/** Longer than the longest total timeout of an exchange (SMTP: 60 s). */
const longestExchangeMs = 90_000

export class Dispatcher {
  readonly #o: DispatcherOptions
  readonly inFlight = new Map<string, ClaimedDelivery>()
  #stopped = false
  #pumpQueued = false

  constructor(options: DispatcherOptions) {
    this.#o = options
  }

  /** From now on nothing is begun. */
  stop(): void {
    this.#stopped = true
  }

  /** Starts what may start now: round the lanes, one row each, until nothing more fits. */
  pump(): void {
    this.#pumpQueued = false
    if (this.#stopped) return
    const now = this.#o.now()
    const busy = [...this.#o.book.lanes.values()].filter(isBusy)
    let active = busy.filter((lane) => lane.waiting.length > 0)
    while (active.length > 0)
      active = active.filter(
        (lane) => this.#mayStart(lane, busy.length <= 1) && this.#startOne(lane, now),
      )
    this.#o.onRoom()
  }

  pumpSoon(): void {
    if (this.#pumpQueued) return
    this.#pumpQueued = true
    queueMicrotask(() => this.pump())
  }

  /** A lane that hangs must not hold every place: the next message of somebody else begins at once. */
  #mayStart(lane: Lane, alone: boolean): boolean {
    const { concurrency: places } = this.#o
    return mayStart({ places, running: this.inFlight.size, own: lane.inFlight, alone })
  }

  /** Starts the lane's oldest row if it may; says whether it is worth asking the lane again. */
  #startOne(lane: Lane, now: Instant): boolean {
    const claim = lane.waiting[0]
    if (claim === undefined || lane.inFlight >= lane.traits.concurrency) return false
    if (!this.#spendSlot(lane, now)) return false
    lane.waiting.shift()
    this.#o.book.waiting -= 1
    lane.vt = charge(lane.vt, 1, lane.traits.weight)
    this.#begin(lane, claim, now)
    return lane.waiting.length > 0
  }

  #spendSlot(lane: Lane, now: Instant): boolean {
    if (lane.traits.rate === undefined) return true
    const slot = lane.slots[0]
    if (slot === undefined) return false
    if (slot.firstAt > now) {
      this.#o.timers.after(slot.firstAt - now, () => this.pumpSoon())
      return false
    }
    lane.slots = spendSlot(lane.slots)
    return true
  }

  #begin(lane: Lane, claim: ClaimedDelivery, now: Instant): void {
    const prepared = this.#o.sender.prepare(claim)
    const result = this.#gate(lane, claim, prepared, now)
    if (result !== undefined) {
      this.#finish(lane, claim, prepared, now, result)
      return
    }
    if (prepared.next.kind !== 'exchange') return
    const key = turnText(claim)
    this.inFlight.set(key, claim)
    lane.inFlight += 1
    const { signal, done } = exchangeSignal(this.#o.signal, {
      leftMs: claim.sendUntil - now,
      longestMs: longestExchangeMs,
      timers: this.#o.timers,
    })
    prepared.next.exchange(now, signal).then(
      (outcome) => this.#exchanged(lane, claim, prepared, now, outcome, done),
      (error: unknown) => {
        this.#o.onBug(error, claim)
        this.#exchanged(
          lane,
          claim,
          prepared,
          now,
          { kind: 'unknown', reason: `the connector failed: ${String(error)}` },
          done,
        )
      },
    )
  }

  /** What stands in the way right before the exchange: the deadline first, then the breaker, then the rest. */
  #gate(
    lane: Lane,
    claim: ClaimedDelivery,
    prepared: Prepared,
    now: Instant,
  ): TurnResult | undefined {
    if (!mayBegin({ now, createdAt: claim.createdAt, sendUntil: claim.sendUntil }))
      return { kind: 'gate', gate: { kind: 'deadline' } }
    if (prepared.next.kind === 'gate') return { kind: 'gate', gate: prepared.next.gate }
    const breaker = lane.view.breaker
    if (breaker.state === 'closed') return undefined
    if (lane.probing) return undefined
    return breakerGate(breaker, now) === 'closed'
      ? undefined
      : {
          kind: 'gate',
          gate: { kind: 'breaker_open', openUntil: instant(Math.max(breaker.openUntil, now + 1)) },
        }
  }

  #exchanged(
    lane: Lane,
    claim: ClaimedDelivery,
    prepared: Prepared,
    startedAt: Instant,
    outcome: Outcome,
    done: () => void,
  ): void {
    done()
    this.inFlight.delete(turnText(claim))
    lane.inFlight -= 1
    lane.finished += 1
    this.#finish(lane, claim, prepared, startedAt, { kind: 'exchange', outcome })
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
    if (breaker !== before) this.noteBreaker(lane.view, breaker)
  }

  noteBreaker({ tenantId, integrationId }: LaneView, breaker: LaneView['breaker']): void {
    for (const lane of this.#o.book.ofIntegration(tenantId, integrationId)) {
      const wasOpen = lane.view.breaker.state !== 'closed'
      lane.view = { ...lane.view, breaker }
      lane.breakerAt = this.#o.now()
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
    if (lane.probing) lane.probing = false
    const decision = decideTurn(prepared.policy, claim.progress, result, {
      now,
      random: this.#o.random(),
      sendUntil: claim.sendUntil,
      onUnknown: prepared.onUnknown,
      breakerOpenMs: prepared.breakerPolicy.openMs,
      attempts: claim.attemptCount,
    })
    this.#o.settle({
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
