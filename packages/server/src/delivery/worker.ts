/**
 * The engine's loop: claim, send, settle, for as many lanes as there are, fairly. It decides nothing about deliveries
 * (that is `domain/turn.ts`) and knows no SQL and no provider (those are the store and the sender).
 */
import { addMs, type Instant } from '@carillon/domain/clock'
import type { Timers } from '../platform/timers.ts'
import { Dispatcher } from './dispatcher.ts'
import { followChanges } from './follow-changes.ts'
import { HandOver, type ReserveRows } from './hand-over.ts'
import { createIdle } from './idle.ts'
import { keepLeases } from './keep-leases.ts'
import { createLaneBounds, scanLanes } from './lane-bounds.ts'
import {
  capacityOf,
  createLaneBook,
  dropAll,
  dropBlocked,
  dropWaiting,
  forgetWaiting,
  heatDueLanes,
  heatLanes,
  nextDueIn,
  noteClaims,
  noteDeadlines,
  noteNextTurns,
  type Lane,
  type WaitingClaim,
} from './lane-book.ts'
import { createReleases } from './releases.ts'
import { noteReport } from './note-report.ts'
import type { Sender } from './sender.ts'
import { createSettleQueue } from './settle-queue.ts'
import { takeRecipientSlots } from './recipient-slots.ts'
import { isWorthClaiming, waitsForBreaker, wishLanes } from './wish-lanes.ts'
import type {
  ClaimedDelivery,
  DeliveryStore,
  LaneKey,
  Lease,
  SettledTurn,
  SettleReport,
} from './store.ts'

type Say = (facts: Record<string, unknown>, message: string) => void
export type WorkerLog = { readonly error: Say; readonly warn: Say }

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
  /** Places for rows that this process is about to accept: stored leased to this worker, they need no claim. */
  readonly reserve: ReserveRows
  /** From now on nothing is claimed or begun, and what was not begun is given back. What is in flight goes on. */
  readonly retire: () => void
  /** Retires, waits for what is in flight until the deadline, then aborts it. */
  readonly stop: (deadlineMs: number) => Promise<void>
  readonly stats: () => {
    readonly lanes: number
    readonly waiting: number
    readonly inFlight: number
    readonly unsettled: number
  }
}

/** Makes a worker; `start` sets it going. */
export const createWorker = (options: WorkerOptions): DeliveryWorker => new Engine(options)

/** A thing with a lifetime, and state that changes at every event: a class reads better. */
class Engine implements DeliveryWorker {
  readonly #o: WorkerOptions
  readonly #book
  readonly #settles
  readonly #dispatcher
  #stopping = false
  #claiming = false
  #claimAgain = false
  #scanWanted = true
  #scannedAt = 0
  readonly #bounds = createLaneBounds()
  /** A claim or a release failed: until then rows may be leased in our name that we do not know of. */
  #disownUntil = 0
  #timer: (() => void) | undefined
  readonly #leases
  readonly #handOver
  readonly #releases
  readonly #idle = createIdle()

  constructor(options: WorkerOptions) {
    this.#o = options
    this.#book = createLaneBook(options.sender.traits)
    this.#releases = createReleases({
      ...options,
      onFailed: () => this.#disownSoon(),
      onEnd: () => this.#noteIdle(),
    })
    this.#settles = createSettleQueue({
      ...options,
      settle: options.store.settle,
      onSettled: (turns, report) => this.#afterSettle(turns, report),
      isPassing: options.store.isPassing,
    })
    this.#dispatcher = new Dispatcher({
      ...options,
      book: this.#book,
      settles: this.#settles,
      onRoom: () => {
        if (this.#isRoomy()) this.#claimSoon()
      },
      onFinished: () => this.#noteIdle(),
      isLive: (claim, now) => this.#leases.isLive(claim, now),
      onGiveBack: (lane, which) => this.#giveBack(lane, which),
      onOpened: (lane, openUntil) => this.#giveBackHolding(lane, openUntil),
      onBug: (error, claim) =>
        options.log.error(
          { err: error, delivery: claim.deliveryId },
          'exchange threw: a bug in its connector',
        ),
    })
    this.#leases = keepLeases({
      renew: options.store.renew,
      timers: options.timers,
      now: options.now,
      leaseMs: options.leaseMs,
      held: () => this.#held(),
      onLost: (lost) => forgetWaiting(this.#book, lost),
      onDeadlines: (ends) => {
        noteDeadlines(this.#book, ends)
        this.#dispatcher.noteDeadlines(ends)
      },
      onRound: () => this.#dispatcher.review(),
      log: options.log,
    })
    this.#handOver = new HandOver({
      ...options,
      book: this.#book,
      isShut: () => this.#stopping || !options.clockIsTrusted(),
      room: () => this.#room(),
      capacity: () => this.#capacity(),
      queue: async (claims) => await this.#queueHanded(claims),
      giveBack: (releases) => void this.#releases.releaseSafely(releases).then(() => this.wake()),
      onUnknown: () => this.#disownSoon(),
      onEnd: () => this.#noteIdle(),
    })
  }

  readonly reserve: ReserveRows = (rows) => this.#handOver.reserve(rows)

  readonly start = (): void => {
    this.#leases.start()
    this.#claimSoon()
  }

  readonly wake = (lanes?: readonly LaneKey[]): void => {
    if (!heatLanes(this.#book, lanes)) this.#scanWanted = true
    this.#claimSoon()
  }

  readonly stats = (): ReturnType<DeliveryWorker['stats']> => ({
    lanes: this.#book.lanes.size,
    waiting: this.#book.waiting,
    inFlight: this.#dispatcher.inFlight(),
    unsettled: this.#settles.unsettled().length,
  })

  readonly retire = (): void => {
    if (this.#stopping) return
    this.#stopping = true
    this.#dispatcher.stop()
    this.#timer?.()
    void this.#releaseWaiting()
  }

  readonly stop = async (deadlineMs: number): Promise<void> => {
    this.retire()
    const giveUp = new AbortController()
    const cancelAbort = this.#o.timers.after(deadlineMs, () =>
      this.#dispatcher.abort(new Error('the worker stops')),
    )
    const cancelGiveUp = this.#o.timers.after(deadlineMs + 5_000, () => giveUp.abort())
    await this.#releaseWaiting()
    if (!this.#isIdle()) await this.#idle.wait(giveUp.signal)
    await this.#settles.drained(giveUp.signal)
    this.#leases.stop()
    cancelAbort()
    cancelGiveUp()
  }

  async #releaseWaiting(): Promise<void> {
    await this.#releases.releaseSafely(dropAll(this.#book, this.#o.now()), async () => {
      if (!this.#claiming) await this.#disown()
    })
  }

  #isIdle(): boolean {
    const isQuiet = !this.#claiming && this.#releases.underWay() === 0 && this.#handOver.isIdle()
    return isQuiet && this.#dispatcher.inFlight() === 0
  }

  #noteIdle(): void {
    if (this.#stopping && this.#isIdle()) this.#idle.reached()
  }

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
        // oxlint-disable-next-line no-await-in-loop -- one claim after the other is the point
        await this.#claimTurn()
        this.#o.onProgress()
      } while (this.#claimAgain && !this.#stopping)
      this.#sleepUntilDue(this.#o.pollMs)
    } catch (error) {
      this.#o.log.error({ err: error }, 'claim failed, trying again')
      this.#disownSoon()
      this.#sleepUntilDue(Math.min(1_000, this.#o.pollMs))
    } finally {
      this.#claiming = false
      if (this.#stopping) await this.#releaseWaiting()
      this.#noteIdle()
    }
  }

  async #claimTurn(): Promise<void> {
    // A timer that is a millisecond early must not cost a whole round.
    this.#scanWanted ||= this.#o.now() - this.#scannedAt >= this.#o.pollMs * 0.9
    if (this.#scanWanted) await this.#scan()
    const now = this.#o.now()
    // Also when nothing may be claimed: a lane that stays due would wake us every millisecond.
    heatDueLanes(this.#book, now)
    // Who can keep no deadline holds nothing that somebody else could send.
    if (!this.#o.clockIsTrusted()) await this.#releaseWaiting()
    if (!this.#o.clockIsTrusted() || !isWorthClaiming(this.#book, this.#isRoomy())) return
    const wishes = await wishLanes({
      lanes: [...this.#book.lanes.values()],
      store: this.#o.store,
      now,
      room: this.#room(),
      capacity: this.#capacity(),
    })
    if (wishes.length === 0) return
    const claims = await this.#o.store.claim(wishes, {
      owner: this.#o.owner,
      leaseMs: this.#o.leaseMs,
    })
    noteClaims(this.#book, wishes, claims)
    await this.#loadAndQueue(claims)
    if (isWorthClaiming(this.#book, this.#isRoomy())) this.#claimAgain = true
  }

  #isRoomy(): boolean {
    return this.#room() > this.#capacity() / 2
  }

  #disownSoon(): void {
    this.#scanWanted = true
    this.#disownUntil = this.#o.now() + this.#o.leaseMs
    this.#claimSoon()
  }

  /** For the time of a lease after a claim failed: a statement that nobody waits for any more may still be carried out. */
  async #disown(): Promise<void> {
    if (this.#o.now() >= this.#disownUntil) return
    await this.#handOver.disown((handed) =>
      this.#o.store.disown(this.#o.owner, [...this.#held(), ...handed]),
    )
  }

  async #scan(): Promise<void> {
    this.#scanWanted = false
    this.#scannedAt = this.#o.now()
    await this.#disown()
    this.#book.update(await scanLanes(this.#bounds, this.#book, this.#o), this.#o.now())
    // Another worker's exchange may have brought a pause, or a lane has stopped answering.
    void this.#releases.releaseSafely(dropBlocked(this.#book, this.#o.now()))
    void this.#releases.releaseSafely(await followChanges(this.#o, this.#book, this.#dispatcher))
  }

  #capacity(): number {
    return capacityOf(this.#book, this.#o.concurrency)
  }

  #room(): number {
    const held = this.#book.waiting + this.#dispatcher.inFlight() + this.#handOver.reserved
    return this.#capacity() - held
  }

  async #loadAndQueue(claims: readonly ClaimedDelivery[]): Promise<void> {
    if (claims.length === 0) return
    for (const claim of await this.#ready(claims)) {
      const lane = this.#book.find(claim)
      lane?.waiting.push(claim)
      if (lane !== undefined) this.#book.waiting += 1
    }
    this.#dispatcher.pump()
  }

  /** Loads what the claims need; when that fails nothing was begun, so they go back as they were. */
  async #ready(claims: readonly ClaimedDelivery[]): Promise<readonly WaitingClaim[]> {
    try {
      await this.#o.sender.load(claims)
      const { ready, later } = await takeRecipientSlots(claims, this.#o)
      await this.#releases.release(later)
      return ready
    } catch (error) {
      const dueAt = addMs(this.#o.now(), 1_000)
      await this.#releases.release(claims.map((claim) => ({ claim, dueAt, reason: 'released' })))
      throw error
    }
  }

  /** As after a claim, beside the loop. What can't be loaded has gone back, or its lease runs out. */
  async #queueHanded(claims: readonly ClaimedDelivery[]): Promise<void> {
    try {
      await this.#loadAndQueue(claims)
    } catch (error) {
      this.#o.log.error({ err: error, rows: claims.length }, 'loading what was accepted failed')
      this.#disownSoon()
    }
    if (this.#stopping) await this.#releaseWaiting()
  }

  #sleepUntilDue(pollMs: number): void {
    if (this.#stopping) return
    this.#timer?.()
    const wakeMs = nextDueIn(this.#book, this.#o.now(), pollMs)
    this.#timer = this.#o.timers.after(wakeMs, () => this.#claimSoon())
  }

  #afterSettle(turns: readonly SettledTurn[], report: SettleReport): void {
    this.#o.onProgress()
    this.#dispatcher.pumpSoon()
    noteReport(report, this.#book, this.#dispatcher)
    if (report.pauses.length > 0)
      void this.#releases.releaseSafely(dropBlocked(this.#book, this.#o.now()))
    this.#scanWanted ||= noteNextTurns(this.#book, turns, this.#o)
    this.#o.onSettled?.(turns, report)
    if (this.#stopping) this.#noteIdle()
    else this.#claimSoon()
  }

  /** A breaker opened: rows that wait for it go back untouched; those with another way stay and are handed on. */
  #giveBackHolding(lane: Lane, openUntil: Instant): void {
    const releases = dropWaiting(this.#book, lane, waitsForBreaker, openUntil, 'breaker_open')
    lane.nextDue = openUntil
    void this.#releases.releaseSafely(releases)
    this.#dispatcher.pumpSoon()
  }

  /** Rows that may not begin as they are (their lease or their slot is too old) go back and are claimed anew. */
  #giveBack(lane: Lane, which: (claim: WaitingClaim) => boolean): void {
    const releases = dropWaiting(this.#book, lane, which, this.#o.now(), 'released')
    if (releases.length === 0) return
    lane.nextDue = this.#o.now()
    void this.#releases.releaseSafely(releases).then(() => this.#claimSoon())
  }

  #held(): readonly Lease[] {
    return [
      ...this.#dispatcher.claimsInFlight(),
      ...[...this.#book.lanes.values()].flatMap((lane) => lane.waiting),
      ...this.#settles.unsettled().map((turn) => turn.claim),
    ]
  }
}
