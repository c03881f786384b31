/**
 * The engine's loop: claim, send, settle, for as many lanes as there are, fairly. It decides nothing about deliveries
 * (that is `domain/turn.ts`) and knows no SQL and no provider (those are the store and the sender).
 */
import { breakerGate, breakerSignal, recordSignal } from '@carillon/domain/breaker'
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import { mayBegin } from '@carillon/domain/deadline'
import { charge, shareOut } from '@carillon/domain/lanes'
import type { Outcome } from '@carillon/domain/outcome'
import { decideTurn, type TurnResult } from '@carillon/domain/turn'
import type { Timers } from '../platform/timers.ts'
import {
  claimGate,
  createLaneBook,
  heldLimit,
  noteClaim,
  slotsLeft,
  spendSlot,
  type Lane,
} from './lane-book.ts'
import type { Prepared, Sender } from './sender.ts'
import { createSettleQueue } from './settle-queue.ts'
import {
  turnText,
  type ClaimedDelivery,
  type DeliveryStore,
  type LaneClaim,
  type LaneKey,
  type LaneView,
  type Release,
  type SettledTurn,
  type SettleReport,
} from './store.ts'

export type WorkerLog = {
  readonly error: (facts: Record<string, unknown>, message: string) => void
  readonly warn: (facts: Record<string, unknown>, message: string) => void
}

export type WorkerOptions = {
  readonly store: DeliveryStore
  readonly sender: Sender
  /** The database's time as this process knows it, and how sure it is. */
  readonly now: () => Instant
  readonly clockIsTrusted: () => boolean
  readonly timers: Timers
  readonly random: () => number
  /** Names this worker in its leases. */
  readonly owner: string
  readonly log: WorkerLog
  /** Exchanges at the same time, over all lanes. */
  readonly concurrency: number
  readonly leaseMs: number
  /** How often the lanes are scanned when nobody wakes us. */
  readonly pollMs: number
  /** A turn of the loop went well: liveness is progress. */
  readonly onProgress: () => void
  readonly onSettled?: (turns: readonly SettledTurn[], report: SettleReport) => void
}

export type DeliveryWorker = {
  readonly start: () => void
  /** Something may be due: in these lanes, or anywhere. */
  readonly wake: (lanes?: readonly LaneKey[]) => void
  /** Stops claiming at once, gives back what was not begun, waits for what is in flight until the deadline, then aborts it. */
  readonly stop: (deadlineMs: number) => Promise<void>
  readonly stats: () => { readonly lanes: number; readonly waiting: number; readonly inFlight: number; readonly unsettled: number }
}

/** A probe of a half-open breaker that did not report within this is given to somebody else. */
const probeMs = 60_000
/** Rate-limit slots are taken this far ahead. */
const slotHorizonMs = 1_000

/** Makes a worker; `start` sets it going. */
export const createWorker = (options: WorkerOptions): DeliveryWorker => new Engine(options)

/** A thing with a lifetime and state that changes at every event: the one place where a class reads better. */
class Engine implements DeliveryWorker {
  readonly #o: WorkerOptions
  readonly #book
  readonly #settles
  readonly #abort = new AbortController()
  readonly #inFlight = new Map<string, ClaimedDelivery>()
  #waiting = 0
  #stopping = false
  #claiming = false
  #claimAgain = false
  #scanWanted = true
  #scannedAt = 0
  #pumpQueued = false
  #timer: (() => void) | undefined
  #renewTimer: (() => void) | undefined
  #onIdle: (() => void)[] = []

  constructor(options: WorkerOptions) {
    this.#o = options
    this.#book = createLaneBook(options.sender.traits)
    this.#settles = createSettleQueue({
      settle: options.store.settle,
      timers: options.timers,
      onSettled: (turns, report) => this.#afterSettle(turns, report),
      onError: (error, turns) => options.log.error({ err: error, turns }, 'settle failed, trying again'),
    })
  }

  readonly start = (): void => {
    this.#scheduleRenewal()
    this.#claimSoon()
  }

  readonly wake = (lanes?: readonly LaneKey[]): void => {
    if (lanes === undefined) this.#scanWanted = true
    for (const key of lanes ?? []) {
      const lane = this.#book.find(key)
      if (lane === undefined) this.#scanWanted = true
      else lane.hot = true
    }
    this.#claimSoon()
  }

  readonly stats = (): ReturnType<DeliveryWorker['stats']> => ({
    lanes: this.#book.lanes.size,
    waiting: this.#waiting,
    inFlight: this.#inFlight.size,
    unsettled: this.#settles.unsettled().length,
  })

  readonly stop = async (deadlineMs: number): Promise<void> => {
    this.#stopping = true
    this.#timer?.()
    const giveUp = new AbortController()
    const cancelAbort = this.#o.timers.after(deadlineMs, () => this.#abort.abort(new Error('the worker stops')))
    const cancelGiveUp = this.#o.timers.after(deadlineMs + 5_000, () => giveUp.abort())
    await this.#releaseWaiting()
    await this.#idle(giveUp.signal)
    await this.#settles.drained(giveUp.signal)
    this.#renewTimer?.()
    cancelAbort()
    cancelGiveUp()
  }

  async #releaseWaiting(): Promise<void> {
    const now = this.#o.now()
    const releases: Release[] = []
    for (const lane of this.#book.lanes.values()) releases.push(...this.#drop(lane, () => true, now, 'released'))
    await this.#release(releases)
  }

  async #idle(signal: AbortSignal): Promise<void> {
    if (this.#inFlight.size === 0 && !this.#claiming) return
    await new Promise<void>((resolve) => {
      this.#onIdle.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #noteIdle(): void {
    if (!this.#stopping || this.#inFlight.size > 0 || this.#claiming) return
    for (const resolve of this.#onIdle) resolve()
    this.#onIdle = []
  }

  // ---- claiming

  #claimSoon(): void {
    if (this.#stopping) return
    if (this.#claiming) {
      this.#claimAgain = true
      return
    }
    this.#claiming = true
    void this.#claimLoop()
  }

  async #claimLoop(): Promise<void> {
    try {
      do {
        this.#claimAgain = false
        // eslint-disable-next-line no-await-in-loop -- one claim after the other is the point
        await this.#claimTurn()
        this.#o.onProgress()
      } while (this.#claimAgain && !this.#stopping)
      this.#sleepUntilDue(this.#o.pollMs)
    } catch (error) {
      this.#o.log.error({ err: error }, 'claim failed, trying again')
      this.#scanWanted = true
      this.#sleepUntilDue(Math.min(1_000, this.#o.pollMs))
    } finally {
      this.#claiming = false
      if (this.#stopping) await this.#releaseWaiting()
      this.#noteIdle()
    }
  }

  async #claimTurn(): Promise<void> {
    if (this.#scanWanted || this.#o.now() - this.#scannedAt >= this.#o.pollMs) await this.#scan()
    if (!this.#o.clockIsTrusted()) return
    const now = this.#o.now()
    this.#heatDueLanes(now)
    const wishes = await this.#wishes(now)
    if (wishes.length === 0) return
    const claims = await this.#o.store.claim(wishes, { owner: this.#o.owner, leaseMs: this.#o.leaseMs })
    this.#takeIn(wishes, claims)
    await this.#loadAndQueue(claims)
    if ([...this.#book.lanes.values()].some((lane) => lane.hot) && this.#room() > 0) this.#claimAgain = true
  }

  async #scan(): Promise<void> {
    this.#scanWanted = false
    this.#scannedAt = this.#o.now()
    const views = await this.#o.store.findLanes()
    this.#book.update(views, this.#o.now())
  }

  #heatDueLanes(now: Instant): void {
    for (const lane of this.#book.lanes.values())
      if (lane.nextDue !== undefined && lane.nextDue <= now) {
        lane.hot = true
        lane.nextDue = undefined
      }
  }

  #capacity(): number {
    let rate = 0
    for (const lane of this.#book.lanes.values()) rate += lane.perSecond
    return Math.max(this.#o.concurrency, Math.ceil(rate * 0.1))
  }

  #room(): number {
    return this.#capacity() - this.#waiting - this.#inFlight.size
  }

  /** What to claim: transactional lanes first, each by its share; rate limits and breakers narrow it. */
  async #wishes(now: Instant): Promise<readonly LaneClaim[]> {
    const wishes: LaneClaim[] = []
    let room = this.#room()
    for (const priority of [0, 1]) {
      const lanes = [...this.#book.lanes.values()].filter(
        (lane) => lane.view.priority === priority && (lane.hot || lane.waiting.length > 0 || lane.inFlight > 0),
      )
      const takes = shareOut(
        lanes.map((lane) => ({
          key: lane.key,
          vt: lane.vt,
          weight: lane.traits.weight,
          held: lane.waiting.length + lane.inFlight,
          maxHeld: lane.hot ? heldLimit(lane, now) : 0,
        })),
        { room, capacity: this.#capacity() },
      )
      for (const { key, take } of takes) {
        const lane = this.#book.lanes.get(key)
        if (lane === undefined) continue
        // eslint-disable-next-line no-await-in-loop -- only rate-limited and half-open lanes ask the store, one row each
        const wish = await this.#wish(lane, take, now)
        if (wish === undefined) lane.hot = false
        else {
          wishes.push(wish)
          room -= wish.take
        }
      }
    }
    return wishes
  }

  async #wish(lane: Lane, take: number, now: Instant): Promise<LaneClaim | undefined> {
    const { tenantId, integrationId, priority } = lane.view
    const key = { tenantId, integrationId, priority, from: lane.from }
    const gate = claimGate(lane, now)
    if (gate === 'none') return undefined
    if (gate === 'probe' && (await this.#takeProbe(lane, now))) return { ...key, take: 1, onlyPassing: false }
    if (gate !== 'all') return { ...key, take, onlyPassing: true }
    if (lane.traits.rate === undefined) return { ...key, take, onlyPassing: false }
    const n = await this.#slotsFor(lane, take, now)
    return n === 0 ? undefined : { ...key, take: n, onlyPassing: false }
  }

  async #takeProbe(lane: Lane, now: Instant): Promise<boolean> {
    if (lane.view.breaker.state === 'closed') return false
    if (!(await this.#o.store.takeProbe(lane.view, probeMs))) return false
    lane.probing = true
    lane.view = {
      ...lane.view,
      breaker: { ...lane.view.breaker, state: 'half_open', openUntil: addMs(now, probeMs) },
    }
    return true
  }

  /** How many rows the rate limit lets us hold; takes new slots when the granted ones are spent. */
  async #slotsFor(lane: Lane, take: number, now: Instant): Promise<number> {
    const rate = lane.traits.rate
    if (rate === undefined) return take
    const spoken = lane.waiting.length
    if (slotsLeft(lane) <= spoken) {
      const slots = await this.#o.store.takeSlots(lane.view, rate, take, slotHorizonMs)
      if (slots.count > 0) lane.slots = [...lane.slots, slots]
      else lane.nextDue = instant(Math.max(now + 1, slots.firstAt - slotHorizonMs))
    }
    return Math.min(take, Math.max(0, slotsLeft(lane) - spoken))
  }

  #takeIn(wishes: readonly LaneClaim[], claims: readonly ClaimedDelivery[]): void {
    const byLane = Map.groupBy(claims, (claim) => this.#book.find(claim))
    for (const wish of wishes) {
      const lane = this.#book.find(wish)
      if (lane === undefined) continue
      const mine = byLane.get(lane) ?? []
      noteClaim(lane, mine, wish.take)
      if (wish.onlyPassing) lane.hot = mine.length >= wish.take
      if (lane.probing && mine.length === 0) lane.probing = false
    }
  }

  async #loadAndQueue(claims: readonly ClaimedDelivery[]): Promise<void> {
    if (claims.length === 0) return
    try {
      await this.#o.sender.load(claims)
    } catch (error) {
      await this.#release(claims.map((claim) => ({ claim, dueAt: addMs(this.#o.now(), 1_000), reason: 'released' })))
      throw error
    }
    for (const claim of await this.#withRecipientSlots(claims)) {
      const lane = this.#book.find(claim)
      lane?.waiting.push(claim)
      if (lane !== undefined) this.#waiting += 1
    }
    this.#pump()
  }

  /** Rows whose recipient may not be written to yet go back until then; it costs them no attempt. */
  async #withRecipientSlots(claims: readonly ClaimedDelivery[]): Promise<readonly ClaimedDelivery[]> {
    const wishes = claims.flatMap((claim) => {
      const prepared = this.#o.sender.prepare(claim)
      return prepared.recipientLimit === undefined || prepared.next.kind === 'gate'
        ? []
        : [{ claim, limit: prepared.recipientLimit }]
    })
    if (wishes.length === 0) return claims
    const slots = await this.#o.store.takeRecipientSlots(wishes)
    const now = this.#o.now()
    const later = wishes.flatMap(({ claim }, index): Release[] => {
      const dueAt = slots[index] ?? now
      return dueAt <= now ? [] : [{ claim, dueAt, reason: 'rate_limited' }]
    })
    await this.#release(later)
    const gone = new Set(later.map(({ claim }) => turnText(claim)))
    return claims.filter((claim) => !gone.has(turnText(claim)))
  }

  #sleepUntilDue(pollMs: number): void {
    if (this.#stopping) return
    const now = this.#o.now()
    let wakeMs = pollMs
    for (const lane of this.#book.lanes.values())
      if (lane.nextDue !== undefined) wakeMs = Math.min(wakeMs, Math.max(1, lane.nextDue - now))
    this.#timer?.()
    this.#timer = this.#o.timers.after(wakeMs, () => this.#claimSoon())
  }

  // ---- sending

  /** Starts what may start now: round the lanes, one row each, until nothing more fits. */
  #pump(): void {
    this.#pumpQueued = false
    if (this.#stopping) return
    const now = this.#o.now()
    let active = [...this.#book.lanes.values()].filter((lane) => lane.waiting.length > 0)
    while (active.length > 0 && this.#inFlight.size < this.#o.concurrency)
      active = active.filter((lane) => this.#inFlight.size < this.#o.concurrency && this.#startOne(lane, now))
    if (this.#room() > this.#capacity() / 2) this.#claimSoon()
  }

  #pumpSoon(): void {
    if (this.#pumpQueued) return
    this.#pumpQueued = true
    queueMicrotask(() => this.#pump())
  }

  /** Starts the lane's oldest row if it may; says whether it is worth asking the lane again. */
  #startOne(lane: Lane, now: Instant): boolean {
    const claim = lane.waiting[0]
    if (claim === undefined || lane.inFlight >= lane.traits.concurrency) return false
    if (!this.#spendSlot(lane, now)) return false
    lane.waiting.shift()
    this.#waiting -= 1
    lane.vt = charge(lane.vt, 1, lane.traits.weight)
    this.#begin(lane, claim, now)
    return lane.waiting.length > 0
  }

  #spendSlot(lane: Lane, now: Instant): boolean {
    if (lane.traits.rate === undefined) return true
    const slot = lane.slots[0]
    if (slot === undefined) return false
    if (slot.firstAt > now) {
      this.#o.timers.after(slot.firstAt - now, () => this.#pumpSoon())
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
    this.#inFlight.set(key, claim)
    lane.inFlight += 1
    const { signal, done } = this.#signalFor(claim, now)
    prepared.next.exchange(now, signal).then(
      (outcome) => this.#exchanged(lane, claim, prepared, now, outcome, done),
      (error: unknown) => {
        this.#o.log.error({ err: error, delivery: claim.deliveryId }, 'exchange threw: a bug in its connector')
        this.#exchanged(lane, claim, prepared, now, { kind: 'unknown', reason: `the connector failed: ${String(error)}` }, done)
      },
    )
  }

  /** What stands in the way right before the exchange: the deadline first, then the breaker, then the rest. */
  #gate(lane: Lane, claim: ClaimedDelivery, prepared: Prepared, now: Instant): TurnResult | undefined {
    if (!mayBegin({ now, createdAt: claim.createdAt, sendUntil: claim.sendUntil }))
      return { kind: 'gate', gate: { kind: 'deadline' } }
    if (prepared.next.kind === 'gate') return { kind: 'gate', gate: prepared.next.gate }
    const breaker = lane.view.breaker
    if (breaker.state === 'closed') return undefined
    if (lane.probing) return undefined
    return breakerGate(breaker, now) === 'closed'
      ? undefined
      : { kind: 'gate', gate: { kind: 'breaker_open', openUntil: instant(Math.max(breaker.openUntil, now + 1)) } }
  }

  /** The worker's signal, or one that also fires at the deadline when that is near. */
  #signalFor(claim: ClaimedDelivery, now: Instant): { readonly signal: AbortSignal; readonly done: () => void } {
    const leftMs = claim.sendUntil - now
    if (leftMs > this.#o.leaseMs) return { signal: this.#abort.signal, done: nothing }
    const controller = new AbortController()
    const stop = (): void => controller.abort(this.#abort.signal.reason)
    this.#abort.signal.addEventListener('abort', stop, { once: true })
    const cancel = this.#o.timers.after(leftMs, () => controller.abort(new Error('send_until reached')))
    return {
      signal: controller.signal,
      done: () => {
        cancel()
        this.#abort.signal.removeEventListener('abort', stop)
      },
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
    this.#inFlight.delete(turnText(claim))
    lane.inFlight -= 1
    lane.finished += 1
    this.#finish(lane, claim, prepared, startedAt, { kind: 'exchange', outcome })
    this.#noteSignal(lane, prepared, outcome)
    this.#pumpSoon()
    this.#noteIdle()
  }

  /** The breaker as this worker sees it, at once: the settled one comes some milliseconds later and overrules it. */
  #noteSignal(lane: Lane, { breakerPolicy }: Prepared, outcome: Outcome): void {
    const before = lane.view.breaker
    const breaker = recordSignal(before, breakerSignal(outcome), {
      policy: breakerPolicy,
      now: this.#o.now(),
      reason: outcome.kind === 'accepted' ? '' : outcome.reason,
    })
    if (breaker !== before) this.#noteBreaker(lane.view, breaker)
  }

  #noteBreaker({ tenantId, integrationId }: LaneView, breaker: LaneView['breaker']): void {
    for (const lane of this.#book.ofIntegration(tenantId, integrationId)) {
      const wasOpen = lane.view.breaker.state !== 'closed'
      lane.view = { ...lane.view, breaker }
      if (breaker.state === 'closed') lane.hot ||= wasOpen
      else this.#giveBackHolding(lane, breaker.openUntil)
    }
  }

  #finish(lane: Lane, claim: ClaimedDelivery, prepared: Prepared, startedAt: Instant, result: TurnResult): void {
    const now = this.#o.now()
    if (lane.probing) lane.probing = false
    const decision = decideTurn(prepared.policy, claim.progress, result, {
      now,
      random: this.#o.random(),
      sendUntil: claim.sendUntil,
      onUnknown: prepared.onUnknown,
      breakerOpenMs: prepared.breakerPolicy.openMs,
    })
    this.#settles.add({
      claim,
      startedAt,
      durationMs: Math.max(0, now - startedAt),
      outcome: result.kind === 'exchange' ? result.outcome : undefined,
      decision,
      nextIntegrationId:
        decision.kind === 'pending' ? prepared.integrationOf(decision.progress.step) : claim.integrationId,
      channel: prepared.channel,
      breakerPolicy: prepared.breakerPolicy,
    })
  }

  // ---- settling

  #afterSettle(turns: readonly SettledTurn[], report: SettleReport): void {
    this.#o.onProgress()
    for (const { tenantId, integrationId, breaker } of report.breakers) {
      const [lane] = this.#book.ofIntegration(tenantId, integrationId)
      if (lane !== undefined) this.#noteBreaker(lane.view, breaker)
    }
    for (const { tenantId, integrationId, until } of report.pauses)
      for (const lane of this.#book.ofIntegration(tenantId, integrationId)) {
        lane.view = { ...lane.view, pausedUntil: until }
        lane.nextDue = until
        void this.#releaseSafely(this.#drop(lane, () => true, until, 'rate_limited'))
      }
    this.#noteNextTurns(turns)
    this.#o.onSettled?.(turns, report)
    if (this.#stopping) this.#noteIdle()
    else this.#claimSoon()
  }

  /** A breaker opened: rows that wait for it go back untouched; those with another way stay and are handed on. */
  #giveBackHolding(lane: Lane, openUntil: Instant): void {
    const releases = this.#drop(lane, (claim) => claim.whenOpen === 'hold', openUntil, 'breaker_open')
    lane.nextDue = openUntil
    void this.#releaseSafely(releases)
    this.#pumpSoon()
  }

  /** Where the settled turns go next: that lane is looked at when they fall due. */
  #noteNextTurns(turns: readonly SettledTurn[]): void {
    const now = this.#o.now()
    for (const { claim, decision, nextIntegrationId } of turns) {
      if (decision.kind === 'final') continue
      const lane = this.#book.find({ ...claim, integrationId: nextIntegrationId })
      if (lane === undefined) this.#scanWanted ||= decision.dueAt <= addMs(now, this.#o.pollMs)
      else if (decision.dueAt <= now) lane.hot = true
      else lane.nextDue = instant(Math.min(lane.nextDue ?? decision.dueAt, decision.dueAt))
      if (lane !== undefined) lane.from = instant(Math.min(lane.from, decision.dueAt))
    }
  }

  #drop(
    lane: Lane,
    which: (claim: ClaimedDelivery) => boolean,
    dueAt: Instant,
    reason: Release['reason'],
  ): readonly Release[] {
    const dropped = lane.waiting.filter(which)
    lane.waiting = lane.waiting.filter((claim) => !which(claim))
    this.#waiting -= dropped.length
    lane.from = dropped.reduce((from, claim) => instant(Math.min(from, claim.dueAt)), lane.from)
    return dropped.map((claim) => ({ claim, dueAt, reason }))
  }

  async #release(releases: readonly Release[]): Promise<void> {
    if (releases.length > 0) await this.#o.store.release(releases)
  }

  /** A release that fails is no loss: the lease runs out. */
  async #releaseSafely(releases: readonly Release[]): Promise<void> {
    try {
      await this.#release(releases)
    } catch (error) {
      this.#o.log.warn({ err: error, rows: releases.length }, 'release failed, the leases will run out')
    }
  }

  // ---- leases

  #scheduleRenewal(): void {
    this.#renewTimer = this.#o.timers.after(this.#o.leaseMs / 3, () => void this.#renew())
  }

  async #renew(): Promise<void> {
    const now = this.#o.now()
    const held = [
      ...this.#inFlight.values(),
      ...[...this.#book.lanes.values()].flatMap((lane) => lane.waiting),
      ...this.#settles.unsettled().map((turn) => turn.claim),
    ]
    const old = held.filter((claim) => !('claimedAt' in claim) || now - Number(claim.claimedAt) > this.#o.leaseMs / 4)
    try {
      if (old.length > 0) this.#forgetLost(old, await this.#o.store.renew(old, this.#o.leaseMs))
    } catch (error) {
      this.#o.log.warn({ err: error, leases: old.length }, 'lease renewal failed')
    }
    this.#scheduleRenewal()
  }

  /** Rows that were reaped while we waited are somebody else's now: those not begun are not begun. */
  #forgetLost(renewed: readonly { readonly deliveryId: string; readonly fence: number }[], ours: ReadonlySet<string>): void {
    const lost = new Set(renewed.map(turnText).filter((turn) => !ours.has(turn)))
    if (lost.size === 0) return
    for (const lane of this.#book.lanes.values()) {
      const before = lane.waiting.length
      lane.waiting = lane.waiting.filter((claim) => !lost.has(turnText(claim)))
      this.#waiting -= before - lane.waiting.length
    }
  }
}

const nothing = (): void => undefined
